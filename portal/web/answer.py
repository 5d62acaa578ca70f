"""The answer page: a held sender says which case it is, by the link of their receipt.

No sign-in. It repeats what the sender wrote, and suggests only cases that their firm may send to;
looking uses nothing up, whoever looks.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import Response

from config import problems
from portal import answer_link, receipt_number
from portal.answer_link import Question
from portal.decision import DocumentsDiffer, Filing
from portal.firm_cases import case_of, cases_of, filed_before
from portal.piece import Piece, pieces_of
from portal.tables import packages
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale
from portal.web.visitor import LongForm

router = APIRouter()

_MOST_SUGGESTED = 6


class NoCaseGiven(Exception):
    """The answer names no case."""

    code = "case_missing"


class NotTheirs(Exception):
    """A case that the firm may not send to, or that is not there: the same to the sender."""

    code = "answer_not_taken"

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = number


# HEAD as well: the scanners of mail systems try links before their readers do.
@router.api_route("/answer/{token}", methods=["GET", "HEAD"])
def question(desk: AtDesk, token: str) -> Response:
    """Show the question."""
    with desk.database.read() as connection:
        asked = answer_link.asked(connection, token, now=desk.clock())
        return _page(desk, connection, asked, token)


@router.post("/answer/{token}")
def answer(desk: AtDesk, token: str, form: LongForm) -> Response:
    """Take the answer, or show the question again with what is to be mended."""
    if not hmac.compare_digest(
        answer_link.form_token(token).encode(), form.get("csrf", "").encode()
    ):
        raise FormStale
    with desk.database.write() as connection:
        now = desk.clock()
        asked = answer_link.asked(connection, token, now=now)
        answer_link.throttle(connection, asked, now=now, most=desk.triage.answer_tries_an_hour)
        pieces = _placed(connection, asked)
        try:
            filings = tuple(_filings(desk, connection, asked, pieces, form))
        except (NoCaseGiven, NotTheirs, DocumentsDiffer) as fault:
            answer_link.refuse(connection, asked, now=now)
            row = problems.problem(fault.code)
            fields = {"value": fault.number} if isinstance(fault, NotTheirs) else {}
            said = (row.title.format(**fields), row.fix.format(**fields))
            return _page(desk, connection, asked, token, form=form, problem=said, status=row.http)
        answer_link.answer(connection, asked, filings, now=now, undo=desk.undo)
    return desk.pages.render("answer_thanks.html", receipt=asked.receipt)


def _filings(
    desk: Desk,
    connection: sa.Connection,
    asked: Question,
    pieces: list[Piece],
    form: Mapping[str, str],
) -> list[Filing]:
    """Read the answer, each case through the firm guard.

    Raises NoCaseGiven, NotTheirs and DocumentsDiffer.
    """
    if form.get("answer") == "each":
        written = {piece.path: form.get(f"case-{piece.id}", "").strip() for piece in pieces}
        if not written or not all(written.values()):
            raise DocumentsDiffer
        return [
            Filing(_theirs(desk, connection, asked, text), (path,))
            for path, text in written.items()
        ]
    # A number that was written goes before a case that was chosen: it came last.
    text = form.get("other", "").strip() or form.get("case", "").strip()
    if not text:
        raise NoCaseGiven
    return [Filing(_theirs(desk, connection, asked, text))]


def _theirs(desk: Desk, connection: sa.Connection, asked: Question, text: str) -> str:
    """Return a case number of the firm's. Another firm's, and none at all, are not told apart."""
    number = desk.case_number(text) or text[:40]
    case = case_of(connection, asked.firm_id, number, desk.today)
    if case is None:
        raise NotTheirs(text[:40])
    return case.number


def _page(
    desk: Desk,
    connection: sa.Connection,
    asked: Question,
    token: str,
    *,
    form: Mapping[str, str] | None = None,
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    said = connection.execute(
        sa.select(packages.c.subject, packages.c.candidates).where(
            packages.c.letter_id == asked.letter_id
        )
    ).one()
    numbered = [one for one in said.candidates if one["number"]]
    # A thread is ours to know by its token, and no number that they wrote.
    written = list(dict.fromkeys(one["text"] for one in numbered if one["found_in"] != "thread"))
    numbers = [one["number"] for one in numbered]
    theirs = cases_of(connection, asked.firm_id, numbers, desk.today)
    before = filed_before(connection, asked.firm_id, asked.sender, desk.today, most=_MOST_SUGGESTED)
    suggested = list(dict.fromkeys([*(one.number for one in theirs), *before]))
    return desk.pages.render(
        "answer.html",
        status,
        token=token,
        csrf=answer_link.form_token(token),
        receipt=receipt_number.shown(asked.receipt),
        subject=said.subject,
        written=written,
        suggested=suggested[:_MOST_SUGGESTED],
        pieces=_placed(connection, asked),
        form=form or {},
        problem=problem,
    )


def _placed(connection: sa.Connection, asked: Question) -> list[Piece]:
    return [one for one in pieces_of(connection, asked.letter_id).values() if one.is_placed]

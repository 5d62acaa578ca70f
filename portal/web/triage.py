"""Triage: one waiting letter at a time, with the likeliest cases, and what a person can decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from config import problems
from portal import events, hiding, receipt_number, rights
from portal.claim import Claim, claim
from portal.decision import (
    WAITING,
    DocumentsDiffer,
    Filing,
    Kind,
    NoSuchCase,
    RestrictedShared,
    decide,
    pending,
)
from portal.dossier import Dossier, NotThere
from portal.guess import guesses, look_up
from portal.rights import Filing as Seen
from portal.spoken import Spoken
from portal.waiting import line
from portal.web import found as packages
from portal.web.desk import AtDesk, Desk
from portal.web.visitor import OwnLongForm, SignedIn, Visitor

router = APIRouter()

_SEE_OTHER = 303
_KINDS: Mapping[str, Kind] = {
    "file": "file",
    "each": "file",
    "ask": "ask",
    "not_submission": "not_submission",
}


@router.get("/triage")
def first(desk: AtDesk, visitor: SignedIn) -> Response:
    """Go to the letter that is to be taken next, or say that none waits."""
    _operations_only(desk, visitor)
    with desk.database.read() as connection:
        waiting = line(connection, visitor.viewer, now=desk.clock())
    if waiting.first is not None:
        return RedirectResponse(f"/p/{receipt_number.shown(waiting.first)}/triage", _SEE_OTHER)
    return desk.pages.render("triage_empty.html", visitor=visitor, taken=len(waiting.taken))


@router.get("/p/{receipt}/triage")
def one(request: Request, desk: AtDesk, visitor: SignedIn, receipt: str) -> Response:
    """Show a waiting letter. Opening it claims it, unless somebody else works on it."""
    letter = _waiting_letter(desk, visitor, receipt)
    if letter.state not in WAITING:
        return RedirectResponse(f"/p/{receipt_number.shown(letter.receipt)}/decided", _SEE_OTHER)
    find = request.query_params.get("find", "").strip()[:40]
    now = desk.clock()
    length = timedelta(minutes=desk.triage.claim_minutes)
    with desk.database.write() as connection:
        decided = pending(connection, letter.letter_id)
        if decided is None:
            held = claim(
                connection, letter.letter_id, visitor.viewer.account_id, now=now, length=length
            )
            _viewed(connection, desk, visitor, letter)
    if decided is not None:
        return RedirectResponse(f"/p/{receipt_number.shown(letter.receipt)}/decided", _SEE_OTHER)
    return _page(desk, visitor, letter, held, find=find)


@router.post("/p/{receipt}/triage")
def decision(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnLongForm) -> Response:
    """Take a decision."""
    letter = _waiting_letter(desk, visitor, receipt)
    kind = _KINDS.get(form.get("decision", ""))
    if kind is None:
        raise DocumentsDiffer
    try:
        with desk.database.write() as connection:
            decide(
                connection,
                letter.letter_id,
                kind,
                account_id=visitor.viewer.account_id,
                filings=_filings(desk, letter, form),
                now=desk.clock(),
                undo=desk.undo,
            )
    except (NoSuchCase, DocumentsDiffer, RestrictedShared) as fault:
        return _again(desk, visitor, letter, fault)
    return RedirectResponse(f"/p/{receipt_number.shown(letter.receipt)}/decided", _SEE_OTHER)


def _again(
    desk: Desk,
    visitor: Visitor,
    letter: Dossier,
    fault: NoSuchCase | DocumentsDiffer | RestrictedShared,
) -> Response:
    """Show the page again, with what is to be mended."""
    row = problems.problem(fault.code)
    fields = {"value": fault.number} if isinstance(fault, NoSuchCase) else {}
    said = (row.title.format(**fields), row.fix.format(**fields))
    now, length = desk.clock(), timedelta(minutes=desk.triage.claim_minutes)
    with desk.database.write() as connection:
        held = claim(
            connection, letter.letter_id, visitor.viewer.account_id, now=now, length=length
        )
    return _page(desk, visitor, letter, held, problem=said, status=row.http)


def _page(
    desk: Desk,
    visitor: Visitor,
    letter: Dossier,
    held: Claim,
    *,
    find: str = "",
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    # Only what may be a number: a name in the address of a page would stay in its history.
    sought = desk.case_number(find) or "".join(one for one in find if one.isdigit() or one == "-")
    with desk.database.read() as connection:
        best = guesses(connection, letter, letter.firm_id, desk.today)
        found = look_up(connection, sought)
        waiting = line(connection, visitor.viewer, now=desk.clock())
        asked = hiding.asked_of(connection, letter.letter_id)
    before, behind = waiting.beside(letter.receipt)
    return desk.pages.render(
        "triage.html",
        status,
        visitor=visitor,
        package=letter,
        spoken=Spoken(letter),
        guesses=best,
        choices=[*best, *(case for case in found if case.number not in {b.number for b in best})],
        found=found,
        find=find,
        held=held,
        mine=held.account_id == visitor.viewer.account_id,
        before=before,
        behind=behind,
        left=waiting.left,
        placed=[piece for piece in letter.pieces if piece.is_placed],
        can_ask=letter.firm_id is not None and not letter.quiet,
        erasures=asked,
        may_show=hiding.may_show(visitor.viewer, letter),
        problem=problem,
        seconds=desk.triage.undo_seconds,
    )


def _filings(desk: Desk, letter: Dossier, form: Mapping[str, str]) -> tuple[Filing, ...]:
    """Read which case, or which document to which case."""
    if form["decision"] == "each":
        chosen = {
            piece.path: form.get(f"case-{piece.id}", "")
            for piece in letter.pieces
            if piece.is_placed
        }
        if not all(chosen.values()):
            raise DocumentsDiffer
        return tuple(Filing(_number(desk, case), (path,)) for path, case in chosen.items())
    if form["decision"] == "file":
        return (Filing(_number(desk, form.get("case", ""))),)
    return ()


def _number(desk: Desk, text: str) -> str:
    """Return a case number in our form; what is none is looked for as it is, and not found."""
    return desk.case_number(text) or text.strip()[:40]


def _waiting_letter(desk: Desk, visitor: Visitor, receipt: str) -> Dossier:
    """Return a letter that this visitor may decide about. Raises NotThere, and records that."""
    letter = packages.look_up(desk, visitor, receipt)
    filed = (Seen(one.consultant_id, one.restricted) for one in letter.submissions)
    if not rights.may_decide(visitor.viewer, filed):
        packages.refuse(desk, visitor, letter.letter_id)
        raise NotThere(letter.letter_id)
    return letter


def _operations_only(desk: Desk, visitor: Visitor) -> None:
    if not visitor.viewer.works_in_operations:
        packages.refuse(desk, visitor, None)
        raise NotThere


def _viewed(connection: sa.Connection, desk: Desk, visitor: Visitor, letter: Dossier) -> None:
    events.record(
        connection,
        letter_id=letter.letter_id,
        actor=visitor.actor,
        kind=events.PACKAGE_VIEWED,
        detail={},
        at=desk.clock(),
    )

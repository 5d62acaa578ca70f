"""Decided: what a person has just decided about a letter, while it can be taken back."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from portal import decision as record
from portal import receipt_number, rights, vocabulary
from portal.decision import Decision
from portal.dossier import NotThere
from portal.guess import consultants_of, without_consultant
from portal.tables import letters, outbox
from portal.undo import UndoOver, can_undo, undo
from portal.waiting import line
from portal.web.desk import AtDesk, Desk
from portal.web.found import refuse
from portal.web.visitor import OwnForm, SignedIn, Visitor

router = APIRouter()

_MOST_DIGITS = 10


@router.get("/p/{receipt}/decided")
def decided(desk: AtDesk, visitor: SignedIn, receipt: str) -> Response:
    """Show the latest decision about a letter."""
    letter, decision = _look_up(desk, visitor, receipt)
    now = desk.clock()
    with desk.database.read() as connection:
        waiting = line(connection, visitor.viewer, now=now)
        numbers = [one.case for one in decision.filings]
        consultants = consultants_of(connection, set(numbers))
        nobodys = without_consultant(connection, numbers)
        # Whoever was written to before is written to again.
        tells_sender = not letter.quiet and (
            connection.execute(
                sa.select(outbox.c.id)
                .where(outbox.c.letter_id == letter.id, outbox.c.recipient == letter.sender)
                .limit(1)
            ).first()
            is not None
        )
    return desk.pages.render(
        "decided.html",
        visitor=visitor,
        receipt=letter.receipt,
        decision=decision,
        numbers=numbers,
        nobodys=nobodys,
        told=[
            *(consultants if not letter.quiet else ()),
            *(["the sender"] if tells_sender else []),
        ],
        open=can_undo(decision, now),
        state=vocabulary.state(letter.state, 0),
        shelf=letter.state == record.SHELVED,
        seconds=max(0, round((decision.undo_until - now).total_seconds())),
        next=waiting.first,
        left=waiting.left,
        shown=letter.shown,
    )


@router.post("/p/{receipt}/undo")
def take_back(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnForm) -> Response:
    """Take a decision back, and go to the letter again."""
    letter, _ = _look_up(desk, visitor, receipt)
    number = form.get("decision", "")
    is_number = number.isdecimal() and len(number) < _MOST_DIGITS
    with desk.database.write() as connection:
        asked = record.find(connection, int(number)) if is_number else None
        if asked is None or asked.letter_id != letter.id:
            raise UndoOver
        # The clock is read within: a wait for the transaction must not stretch the window.
        undo(connection, asked.id, account_id=visitor.viewer.account_id, now=desk.clock())
    if asked.kind == "after_all":
        return RedirectResponse("/not-submissions", 303)
    return RedirectResponse(f"/p/{receipt_number.shown(letter.receipt)}/triage", 303)


def _look_up(
    desk: Desk, visitor: Visitor, receipt: str
) -> tuple[sa.Row[tuple[object, ...]], Decision]:
    """Return the letter and its latest decision.

    Operations see it with the letter; whoever decided sees it even where the letter has gone out of
    their sight with it, to a restricted case. Raises NotThere, and records that.
    """
    number = receipt_number.parsed(receipt) or ""
    viewer = visitor.viewer
    with desk.database.read() as connection:
        letter = connection.execute(
            sa.select(
                letters.c.id,
                letters.c.receipt,
                letters.c.sender,
                letters.c.quiet,
                letters.c.state,
                rights.visible(viewer).label("shown"),
            ).where(letters.c.receipt == number)
        ).one_or_none()
        decision = record.latest(connection, letter.id) if letter is not None else None
    if (
        letter is not None
        and decision is not None
        and viewer.works_in_operations
        and (letter.shown or decision.account_id == viewer.account_id)
    ):
        return letter, decision
    letter_id = None if letter is None else letter.id
    refuse(desk, visitor, letter_id)
    raise NotThere(letter_id)

"""The password of a locked document: given by staff or by the sender, used, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from portal import events, receipt_number, unlocking
from portal.dossier import Dossier, NotThere
from portal.piece import Piece
from portal.unlocking import NotUnlocked, WrongPassword
from portal.vocabulary import problem
from portal.web import sender_page
from portal.web.desk import AtDesk, Desk
from portal.web.found import look_up, refuse
from portal.web.visitor import Form, OwnForm, SignedIn

router = APIRouter()

PartId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@dataclass(frozen=True)
class _Wrong:
    """Why a document was not opened: a problem's code, and the document's name."""

    code: str
    name: str


@router.post("/p/{receipt}/documents/{part}/password")
def staff(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId, form: OwnForm) -> Response:
    """Take a password from staff."""
    found = look_up(desk, visitor, receipt)
    try:
        wrong = _opened(desk, found, unlocking.locked(found), part, form, visitor.actor)
    except NotThere:
        refuse(desk, visitor, found.letter_id)
        raise
    if wrong is None:
        return _back(found)
    back = f"/p/{receipt_number.shown(found.receipt)}#locked"
    return desk.pages.problem(wrong.code, visitor=visitor, back=back, name=wrong.name)


@router.post("/p/{receipt}/locked/{part}/password")
def sender(request: Request, desk: AtDesk, receipt: str, part: PartId, form: Form) -> Response:
    """Take a password from the sender."""
    found = sender_page.of_form(request, desk, receipt, form)
    if found is None:
        return sender_page.show(request, desk, receipt)
    theirs = sender_page.locked(desk, found)
    wrong = _opened(desk, found, theirs, part, form, events.SENDER)
    if wrong is not None:
        said = problem(wrong.code, {"name": wrong.name})
        return sender_page.page(request, desk, found, wrong=said)
    return _back(found)


def _opened(
    desk: Desk,
    found: Dossier,
    locked: Sequence[Piece],
    part: int,
    form: Mapping[str, str],
    actor: str,
) -> _Wrong | None:
    """Open one of the documents that are `locked` for who asks, or say why not.

    Raises NotThere and TooManyTries.
    """
    piece = next((one for one in locked if one.id == part), None)
    if piece is None or piece.original is None:
        raise NotThere(found.letter_id)
    now = desk.clock()
    with desk.database.read() as connection:
        unlocking.throttle(connection, found.letter_id, now=now)
    try:
        password = form.get("password", "")[: unlocking.MOST_CHARACTERS]
        made = desk.unlock(piece.original, password, found.letter_id)
    except (NotUnlocked, WrongPassword) as fault:
        with desk.database.write() as connection:
            unlocking.throttle(connection, found.letter_id, now=now)
            events.record(
                connection,
                letter_id=found.letter_id,
                actor=actor,
                kind=events.UNLOCKING_REFUSED,
                detail={"part": part},
                at=now,
            )
        return _Wrong(fault.code, piece.original_name or piece.filed_name or "")
    with desk.database.write() as connection:
        # Asked again, one after the other: many may have been tried at the same moment.
        unlocking.throttle(connection, found.letter_id, now=now)
        unlocking.take(connection, found, piece, made, actor=actor, now=now)
    return None


def _back(found: Dossier) -> Response:
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}#documents", 303)

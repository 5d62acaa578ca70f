"""The password of a locked document: typed by staff or by the sender, or tried by staff as a mail
says it; used, and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import events, mailed_password, receipt_number, unlocking
from portal.dossier import Dossier, NotThere
from portal.piece import Piece
from portal.unlocking import NotUnlocked, WrongPassword
from portal.vocabulary import problem
from portal.web import sender_page
from portal.web.desk import AtDesk, Desk
from portal.web.documents import PartId
from portal.web.found import look_up, refuse
from portal.web.visitor import Form, OwnForm, SignedIn, Visitor

router = APIRouter()


@dataclass(frozen=True)
class _Given:
    """What is tried, by whom, and the letter that it was read from where nobody typed it."""

    passwords: Callable[[], Sequence[str]] = field(repr=False)
    actor: str
    mail: int | None = None


@dataclass(frozen=True)
class _Wrong:
    """Why a document was not opened: a problem's code, and the document's name."""

    code: str
    name: str


@router.post("/p/{receipt}/documents/{part}/password")
def staff(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId, form: OwnForm) -> Response:
    """Take a password from staff."""
    found = look_up(desk, visitor, receipt)
    given = _Given(_typed(form), visitor.actor)
    return _by_staff(desk, visitor, found, part, given)


@router.post("/p/{receipt}/documents/{part}/mailed-password")
def mailed(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId, form: OwnForm) -> Response:
    """Try what a mail says, for staff who are offered it. The mail is named, and no password."""
    found = look_up(desk, visitor, receipt)
    number = receipt_number.parsed(form.get("mail", ""))
    with desk.database.read() as connection:
        offered = mailed_password.offers(connection, visitor.viewer, found)
    mail = next((one for one in offered if one.receipt == number), None)
    if mail is None:
        refuse(desk, visitor, found.letter_id)
        raise NotThere(found.letter_id)
    letter_id = mail.letter_id
    given = _Given(lambda: desk.said(letter_id), visitor.actor, letter_id)
    return _by_staff(desk, visitor, found, part, given)


@router.post("/p/{receipt}/locked/{part}/password")
def sender(request: Request, desk: AtDesk, receipt: str, part: PartId, form: Form) -> Response:
    """Take a password from the sender."""
    found = sender_page.of_form(request, desk, receipt, form)
    if found is None:
        return sender_page.show(request, desk, receipt)
    theirs = sender_page.locked(desk, found)
    wrong = _opened(desk, found, theirs, part, _Given(_typed(form), events.SENDER))
    if wrong is not None:
        said = problem(wrong.code, {"name": wrong.name})
        return sender_page.page(request, desk, found, wrong=said)
    return _back(found)


def _by_staff(desk: Desk, visitor: Visitor, found: Dossier, part: int, given: _Given) -> Response:
    try:
        wrong = _opened(desk, found, unlocking.locked(found), part, given)
    except NotThere:
        refuse(desk, visitor, found.letter_id)
        raise
    if wrong is None:
        return _back(found)
    back = f"/p/{receipt_number.shown(found.receipt)}#locked"
    return desk.pages.problem(wrong.code, visitor=visitor, back=back, name=wrong.name)


def _opened(
    desk: Desk, found: Dossier, locked: Sequence[Piece], part: int, given: _Given
) -> _Wrong | None:
    """Open one of the documents that are `locked` for who asks, or say why not.

    Each wrong password counts, and nothing else: one that opens what nobody may see is not wrong.
    Raises NotThere and TooManyTries.
    """
    piece = next((one for one in locked if one.id == part), None)
    if piece is None or piece.original is None:
        raise NotThere(found.letter_id)
    with desk.database.read() as connection:
        unlocking.throttle(connection, found.letter_id, now=desk.clock())
    code = WrongPassword.code if given.mail is None else mailed_password.WRONG
    for password in given.passwords():
        try:
            made = desk.unlock(piece.original, password, found.letter_id)
        except WrongPassword:
            _count(desk, found, part, given)
            continue
        except NotUnlocked as fault:
            code = fault.code
            break
        with desk.database.write() as connection:
            # Asked again, one after the other: many may have been tried at the same moment.
            now = desk.clock()
            unlocking.throttle(connection, found.letter_id, now=now)
            unlocking.take(
                connection, found, piece, made, actor=given.actor, now=now, said_by=given.mail
            )
        return None
    return _Wrong(code, piece.original_name or piece.filed_name or "")


def _count(desk: Desk, found: Dossier, part: int, given: _Given) -> None:
    now = desk.clock()
    with desk.database.write() as connection:
        unlocking.throttle(connection, found.letter_id, now=now)
        events.record(
            connection,
            letter_id=found.letter_id,
            actor=given.actor,
            kind=events.UNLOCKING_REFUSED,
            detail={"part": part},
            at=now,
        )


def _typed(form: Mapping[str, str]) -> Callable[[], Sequence[str]]:
    password = form.get("password", "")[: unlocking.MOST_CHARACTERS]
    return lambda: (password,)


def _back(found: Dossier) -> Response:
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}#documents", 303)

"""Contributors: who may send to one case until a day, let in and ended by our staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import RedirectResponse, Response

from portal import contributors
from portal.contributors import NotLetIn, Wanted
from portal.decision import WAITING
from portal.dossier import NotThere
from portal.vocabulary import problem
from portal.web.desk import AtDesk, Desk
from portal.web.found import look_up, refuse
from portal.web.visitor import OwnForm, SignedIn, Visitor

router = APIRouter()

ContributorId = Annotated[int, Path(ge=1, le=2**31 - 1)]
_MOST_TYPED = 254
_SEE_OTHER = 303


@router.get("/contributors")
def listed(desk: AtDesk, visitor: SignedIn) -> Response:
    """Show who was let in to the cases that the visitor may open, and how to let somebody in."""
    return _page(desk, visitor, {})


@router.post("/contributors")
def let_in(desk: AtDesk, visitor: SignedIn, form: OwnForm) -> Response:
    """Let an address send to a case."""
    return _let_in(desk, visitor, form, form.get("email", ""), None)


@router.post("/p/{receipt}/contributors")
def let_sender_in(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnForm) -> Response:
    """Let the sender of a letter that waits send to a case. The letter itself is decided apart."""
    letter = look_up(desk, visitor, receipt)
    if letter.state not in WAITING or letter.firm_id is not None or not letter.sender:
        refuse(desk, visitor, letter.letter_id)
        raise NotThere(letter.letter_id)
    return _let_in(desk, visitor, form, letter.sender, letter.letter_id)


@router.post("/contributors/{contributor_id}/end")
def end(desk: AtDesk, visitor: SignedIn, contributor_id: ContributorId, form: OwnForm) -> Response:
    """End a right at once."""
    del form  # read for its token
    try:
        with desk.database.write() as connection:
            contributors.end(connection, visitor.viewer, contributor_id, now=desk.clock())
    except NotThere:
        refuse(desk, visitor, None)
        raise
    return RedirectResponse("/contributors", _SEE_OTHER)


@router.post("/contributors/{contributor_id}/undo")
def take_back(
    desk: AtDesk, visitor: SignedIn, contributor_id: ContributorId, form: OwnForm
) -> Response:
    """Take an end back."""
    del form  # read for its token
    try:
        with desk.database.write() as connection:
            contributors.take_back(
                connection, visitor.viewer, contributor_id, now=desk.clock(), undo=desk.undo
            )
    except NotThere:
        refuse(desk, visitor, None)
        raise
    return RedirectResponse("/contributors", _SEE_OTHER)


def _let_in(
    desk: Desk, visitor: Visitor, form: Mapping[str, str], email: str, letter_id: int | None
) -> Response:
    typed = {
        "email": email.strip()[:_MOST_TYPED],
        "case": form.get("case", "").strip()[:40],
        "until": form.get("until", "").strip()[:20],
    }
    wanted = Wanted(
        typed["email"], desk.case_number(typed["case"]) or typed["case"], typed["until"]
    )
    try:
        with desk.database.write() as connection:
            contributors.let_in(
                connection,
                visitor.viewer,
                wanted,
                letter_id=letter_id,
                today=desk.today,
                now=desk.clock(),
            )
    except NotLetIn as fault:
        return _page(desk, visitor, typed, problem(fault.code, fault.fields))
    return RedirectResponse("/contributors", _SEE_OTHER)


def _page(
    desk: Desk,
    visitor: Visitor,
    typed: Mapping[str, str],
    wrong: tuple[str, str] | None = None,
) -> Response:
    now, today = desk.clock(), desk.today
    with desk.database.read() as connection:
        rows = contributors.shown(connection, visitor.viewer, today=today, now=now)
    return desk.pages.render(
        "contributors.html",
        200 if wrong is None else 422,
        visitor=visitor,
        contributors=rows,
        typed=typed,
        problem=wrong,
        example=desk.case_example,
        today=today,
        now=now,
        undo=desk.undo,
    )

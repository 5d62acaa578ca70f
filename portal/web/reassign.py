"""Handing a package to another consultant, by a form on its page."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from portal import receipt_number
from portal.dossier import NotThere, dossier
from portal.reassigning import Overtaken, reassign
from portal.reassignment import Move
from portal.web.desk import AtDesk
from portal.web.faults import FormStale
from portal.web.found import look_up, refuse
from portal.web.visitor import OwnForm, SignedIn

router = APIRouter()

_SEE_OTHER = 303


@router.post("/p/{receipt}/reassign")
def hand_on(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnForm) -> Response:
    """Hand a submission to another consultant; whoever may not see it any more goes to the list."""
    found = look_up(desk, visitor, receipt)
    try:
        with desk.database.write() as connection:
            wish = _wish(form, found.letter_id)
            reassign(connection, visitor.viewer, found, wish, now=desk.clock())
    except NotThere:
        refuse(desk, visitor, found.letter_id)
        raise
    except Overtaken as fault:
        raise FormStale from fault
    try:
        with desk.database.read() as connection:
            dossier(connection, visitor.viewer, found.receipt)
    except NotThere:
        return RedirectResponse("/packages", _SEE_OTHER)
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}", _SEE_OTHER)


def _wish(form: Mapping[str, str], letter_id: int) -> Move:
    """Read the form. Raises FormStale for one that no page of ours sends."""
    try:
        return Move(
            submission_id=int(form["submission"]),
            letter_id=letter_id,
            from_id=int(form["from"]) if form["from"] else None,
            to_id=int(form["to"]),
        )
    except (KeyError, ValueError) as error:
        raise FormStale from error

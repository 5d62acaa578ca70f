"""Saying that nothing more will come of a letter filed except some, by a form on its page."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from portal import receipt_number
from portal.closing import NotClosable, close, reopen
from portal.web.desk import AtDesk
from portal.web.faults import FormStale
from portal.web.found import look_up
from portal.web.visitor import OwnForm, SignedIn

router = APIRouter()

_SEE_OTHER = 303
_DONE = {"close": close, "reopen": reopen}


@router.post("/p/{receipt}/closing")
def closing(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnForm) -> Response:
    """Close a letter, or open it again. Raises FormStale where it is not as the page had said."""
    found = look_up(desk, visitor, receipt)
    act = _DONE.get(form.get("closing", ""))
    if act is None:
        raise FormStale
    try:
        with desk.database.write() as connection:
            act(connection, visitor.viewer, found, now=desk.clock())
    except NotClosable as fault:
        raise FormStale from fault
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}", _SEE_OTHER)

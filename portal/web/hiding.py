"""Bringing back a document that was hidden since its sender asked to delete it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from portal import hiding, receipt_number
from portal.hiding import NotHidden
from portal.web.desk import AtDesk
from portal.web.documents import PartId
from portal.web.faults import FormStale
from portal.web.found import look_up
from portal.web.visitor import OwnForm, SignedIn

router = APIRouter()


@router.post("/p/{receipt}/documents/{part}/show")
def show(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId, form: OwnForm) -> Response:
    """Show a document again. Raises FormStale where it is not as the page had said."""
    del form
    found = look_up(desk, visitor, receipt)
    try:
        with desk.database.write() as connection:
            hiding.show(connection, visitor.viewer, found, part, now=desk.clock())
    except NotHidden as fault:
        raise FormStale from fault
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}", 303)

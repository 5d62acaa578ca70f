"""The shelf of what is no submission, and the press that files a letter of it after all."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import events, receipt_number, rights
from portal.decision import AlreadyDecided, decide, latest
from portal.dossier import NotThere
from portal.not_submissions import Filter, not_submissions
from portal.rights import Filing
from portal.web import found as packages
from portal.web.desk import AtDesk
from portal.web.found import refuse
from portal.web.visitor import OwnForm, SignedIn

router = APIRouter()

_SEE_OTHER = 303


@router.get("/not-submissions")
def shelf(request: Request, desk: AtDesk, visitor: SignedIn) -> Response:
    """Show what was set aside. It quotes letters, so whose were shown is recorded."""
    if not visitor.viewer.works_in_operations:
        refuse(desk, visitor, None)
        raise NotThere
    asked = Filter.read(request.query_params)
    with desk.database.read() as connection:
        listed = not_submissions(connection, visitor.viewer, asked)
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=None,
            actor=visitor.actor,
            kind=events.SHELF_VIEWED,
            detail={"letters": sorted(row.letter_id for row in listed.rows)},
            at=desk.clock(),
        )

    def address(**changes: object) -> str:
        query = urlencode(asked.query(**changes))
        return f"/not-submissions?{query}" if query else "/not-submissions"

    return desk.pages.render(
        "not_submissions.html", visitor=visitor, asked=asked, listed=listed, address=address
    )


@router.post("/p/{receipt}/after-all")
def after_all(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnForm) -> Response:
    """Put a letter on the road again, to be filed. A second press changes nothing."""
    del form  # its token was looked at; there is nothing else in it
    letter = packages.look_up(desk, visitor, receipt)
    seen = (Filing(one.consultant_id, one.restricted) for one in letter.submissions)
    if not rights.may_decide(visitor.viewer, seen):
        refuse(desk, visitor, letter.letter_id)
        raise NotThere(letter.letter_id)
    shown = receipt_number.shown(letter.receipt)
    try:
        with desk.database.write() as connection:
            decide(
                connection,
                letter.letter_id,
                "after_all",
                account_id=visitor.viewer.account_id,
                now=desk.clock(),
                undo=desk.undo,
            )
    except AlreadyDecided:
        with desk.database.read() as connection:
            newest = latest(connection, letter.letter_id)
        if newest is None or newest.kind != "after_all" or newest.undone_at is not None:
            raise
    return RedirectResponse(f"/p/{shown}/decided", _SEE_OTHER)

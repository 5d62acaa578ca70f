"""The outbox: receipts and notices as they were sent, for operations."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal import events
from portal.dossier import NotThere
from portal.outbox import mails
from portal.web.desk import AtDesk
from portal.web.found import refuse
from portal.web.visitor import SignedIn
from portal.wish import Wish

router = APIRouter()


@router.get("/outbox")
def outbox(request: Request, desk: AtDesk, visitor: SignedIn) -> Response:
    """Show what was sent. It quotes packages, so whose mails were shown is recorded."""
    if not visitor.viewer.works_in_operations:
        refuse(desk, visitor, None)
        raise NotThere
    page = Wish.read(request.query_params, visitor.viewer).page
    with desk.database.read() as connection:
        shown = mails(connection, visitor.viewer, page)
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=None,
            actor=visitor.actor,
            kind=events.OUTBOX_VIEWED,
            detail={
                "letters": sorted(
                    {mail.letter_id for mail in shown.rows if mail.letter_id is not None}
                ),
                "digests": sorted(mail.id for mail in shown.rows if mail.letter_id is None),
            },
            at=desk.clock(),
        )
    return desk.pages.render("outbox.html", visitor=visitor, mails=shown)

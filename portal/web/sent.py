"""What the sender sees: the mails to a letter's sender, read only."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from portal import events
from portal.dossier import NotThere
from portal.outbox import to_sender
from portal.web.desk import AtDesk
from portal.web.found import look_up, refuse
from portal.web.visitor import SignedIn

router = APIRouter()


@router.get("/p/{receipt}/sender")
def sender(desk: AtDesk, visitor: SignedIn, receipt: str) -> Response:
    """Show the mails to operations. They quote the package, so that is recorded."""
    letter = look_up(desk, visitor, receipt)
    if not visitor.viewer.works_in_operations:
        refuse(desk, visitor, letter.letter_id)
        raise NotThere(letter.letter_id)
    with desk.database.write() as connection:
        mails = to_sender(connection, letter.letter_id, letter.sender)
        events.record(
            connection,
            letter_id=letter.letter_id,
            actor=visitor.actor,
            kind=events.SENT_MAILS_VIEWED,
            detail={},
            at=desk.clock(),
        )
    return desk.pages.render("sent.html", visitor=visitor, package=letter, mails=mails)

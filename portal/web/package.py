"""One package: the letter with its submissions, its history and its hashes."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import (
    binder,
    events,
    following,
    hiding,
    mailed_password,
    receipt_number,
    text_layers,
    thumbnails,
    unlocking,
    upload_link,
)
from portal.closing import may_close, may_reopen
from portal.dossier import mark_read
from portal.forwarding import came_directly
from portal.handout import everything, original_of
from portal.history import history
from portal.reassigning import offer
from portal.spoken import Spoken
from portal.web import sender_page
from portal.web.desk import AtDesk
from portal.web.faults import SignedOut
from portal.web.found import look_up
from portal.web.visitor import visitor_of

router = APIRouter()


@router.api_route("/p/{receipt}", methods=["GET", "HEAD"])
def package(request: Request, desk: AtDesk, receipt: str) -> Response:
    """Show a package to staff, or to its sender.

    Its consultant, or their cover, has read it then. By HEAD it is shown to nobody: that is no
    view, and nothing is read.
    """
    number = receipt_number.parsed(receipt)
    if number is not None and receipt != receipt_number.shown(number):
        return RedirectResponse(f"/p/{receipt_number.shown(number)}", 307)
    try:
        visitor = visitor_of(request, desk)
    except SignedOut:
        return sender_page.show(request, desk, receipt)
    found = look_up(desk, visitor, receipt)
    now = desk.clock()
    with desk.database.write() as connection:
        if request.method == "GET":
            events.record(
                connection,
                letter_id=found.letter_id,
                actor=visitor.actor,
                kind=events.PACKAGE_VIEWED,
                detail={},
                at=now,
            )
            mark_read(connection, visitor.viewer, found.letter_id, now=now)
        lines = history(connection, visitor.viewer, found)
        reassigning = offer(connection, visitor.viewer, found)
        locked = unlocking.locked(found)
        mailed = mailed_password.offers(connection, visitor.viewer, found) if locked else ()
        links = upload_link.of(connection, visitor.viewer, found)
        pictured = {piece.pictured for piece in found.pieces if piece.pictured is not None}
        undrawable = thumbnails.undrawable(connection, pictured, desk.thumbnail.settings)
        readable = text_layers.of(connection, pictured)
        completes = upload_link.completes(connection, found.letter_id)
        bound = binder.find(connection, found)
        packages_beside = following.beside(connection, visitor.viewer, found.letter_id)
        asked = hiding.asked_of(connection, found.letter_id)
        passed_on = found.forwarded
        directly = (
            came_directly(connection, visitor.viewer, found.letter_id, passed_on)
            if passed_on is not None
            else ()
        )
    closing = "close" if may_close(visitor.viewer, found) else None
    if may_reopen(visitor.viewer, found):
        closing = "reopen"
    return desk.pages.render(
        "package.html",
        visitor=visitor,
        package=found,
        spoken=Spoken(found),
        history=lines,
        locked=locked,
        mailed=mailed,
        most_password=unlocking.MOST_CHARACTERS,
        can_download=any(everything(found)),
        can_bind=bool(binder.documents(found)),
        binder=bound,
        original_of=original_of,
        reassigning=reassigning,
        closing=closing,
        links=links,
        link_cases=upload_link.cases_for(visitor.viewer, found),
        completes=completes,
        directly=directly,
        erasures=asked,
        beside=packages_beside,
        may_show=hiding.may_show(visitor.viewer, found),
        undrawable=undrawable,
        readable=readable,
        now=now,
    )

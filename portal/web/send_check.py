"""The check: everything as it will be filed, and the one button that sends it."""

from __future__ import annotations

import contextlib

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import details, link_draft
from portal import draft as drafting
from portal.dividing import divided
from portal.draft import DraftChanged, NoDraft
from portal.six_digits import TooManyCodes
from portal.upload import AddressNotProven, NotWhole
from portal.upload_link import UploadLinkGone
from portal.vault import DiskFull, VaultFault
from portal.web.code_mail import mail_code
from portal.web.desk import AtDesk, Desk
from portal.web.letter_form import Sitting, mends, receiver, require_theirs, show, sit_down
from portal.web.sender import owner_of
from portal.web.visitor import Form

router = APIRouter()


@router.api_route("/send/check", methods=["GET", "HEAD"])
def check(request: Request, desk: AtDesk) -> Response:
    """Show what will be sent."""
    sitting = sit_down(request, desk)
    if was_sent(request, desk):
        return RedirectResponse("/send/done?again=1", 303)
    if sitting.draft is None:
        return RedirectResponse("/send", 303)
    found = mends(desk, sitting)
    kept = (row for row in sitting.rows if row.foreseen.prospect != "refused")
    return show(
        desk,
        sitting,
        "send_check.html",
        mends=found,
        # The ids of the form's controls are on its own page.
        mends_at="/send",
        receiver=receiver(desk, sitting),
        deadline=details.deadline(sitting.fields),
        case=desk.case_number(sitting.fields.get("case", "")),
        parts=len(divided([row.upload.length for row in kept], desk.submission_bytes)),
        submission_bytes=desk.submission_bytes,
    )


@router.post("/send/check")
def send(request: Request, desk: AtDesk, form: Form) -> Response:
    """Send it; to a stranger send the code first, which is asked for on the next page."""
    sitting = sit_down(request, desk)
    if was_sent(request, desk):
        return RedirectResponse("/send/done?again=1", 303)
    require_theirs(sitting, form)
    if sitting.draft is None or mends(desk, sitting):
        return RedirectResponse("/send/check", 303)
    if not sitting.is_proven:
        with contextlib.suppress(TooManyCodes):  # that page says so, where one is asked for there
            mail_code(request, desk, sitting, sitting.draft, anew=False)
        return RedirectResponse("/send/code?then=send", 303)
    return sent(desk, sitting)


def sent(desk: Desk, sitting: Sitting) -> Response:
    """Send a draft that nothing keeps from it, and go where its receipt is."""
    assert sitting.draft is not None, "whoever sends has looked"
    try:
        desk.send(sitting.draft.id)
    except AddressNotProven:
        return RedirectResponse("/send/code?then=send", 303)  # another tab has changed the address
    except NoDraft:
        return RedirectResponse("/send", 303)
    except (DraftChanged, NotWhole):
        # Another tab has been quicker: the page shows the draft as it is now, or what it lacks.
        return RedirectResponse("/send/check", 303)
    except UploadLinkGone:
        # Said once; the draft stays, and is sent without the link by whoever presses again.
        with desk.database.write() as connection:
            link_draft.let_go(connection, sitting.draft.id)
        raise
    except VaultFault as fault:
        structlog.get_logger().error("sending.failed", fault=type(fault).__name__)
        code = "no_room" if isinstance(fault, DiskFull) else "service_problem"
        return desk.pages.problem(code, visitor=sitting.visitor, public=True)
    return RedirectResponse("/send/done", 303)


def was_sent(request: Request, desk: Desk) -> bool:
    """Say whether this browser's draft was sent already, in another tab or a moment ago."""
    owner = owner_of(request, desk)
    with desk.database.read() as connection:
        try:
            drafting.find(connection, owner)
        except NoDraft:
            try:
                drafting.find_sent(connection, owner)
            except NoDraft:
                return False
            return True
    return False

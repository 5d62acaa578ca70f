"""The form: documents about a case, sent by anybody, at /send.

It works without a script: files come with the form, Remove leads to a page. With one they are on
their way as soon as they are chosen, and the same form shows them.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import upload as uploading
from portal.draft import TooManyDrafts
from portal.upload import AddressNotProven, DraftFull, FileTooLarge, NoUpload
from portal.vault import DiskFull, VaultFault
from portal.vocabulary import size
from portal.web.desk import AtDesk, Desk
from portal.web.letter_form import Mend, Sitting, keep, mend, mends, require_theirs, show, sit_down
from portal.web.line import LineEnded
from portal.web.multipart import FormNotUnderstood, SentForm, receive_multipart
from portal.web.sender import draft_of, keep_draft, network_of
from portal.web.visitor import Form

router = APIRouter()

_FILES = "files"


@router.api_route("/send", methods=["GET", "HEAD"])
def form(request: Request, desk: AtDesk) -> Response:
    """Show the form, with everything that is in it already."""
    return _page(desk, sit_down(request, desk))


@router.post("/send")
async def take(request: Request, desk: AtDesk) -> Response:
    """Keep what was typed and chosen, and go where the button that was pressed leads."""
    sitting = await desk.lines.apart(partial(sit_down, request, desk))
    try:
        draft, owner = await desk.lines.apart(
            partial(draft_of, sitting.owner, desk, network_of(request))
        )
    except TooManyDrafts as fault:
        return await _refused(desk, sitting, mend("message", fault.code), 429)
    form = SentForm()
    wrong: Mend | None = None
    try:
        await receive_multipart(request, desk, draft, owner, form)
    except FileTooLarge as fault:
        said = {"name": fault.name, "size": size(fault.octets), "phone": desk.service.phone}
        wrong = mend(_FILES, fault.code, **said)
    except AddressNotProven as fault:
        wrong = mend(_FILES, fault.code, limit=size(desk.sending.unproven_bytes))
    except DraftFull as fault:
        wrong = mend(_FILES, fault.code)
    except (FormNotUnderstood, LineEnded) as fault:
        wrong = mend(_FILES, fault.code)
    except VaultFault as fault:
        structlog.get_logger().error("upload.failed", fault=type(fault).__name__)
        code = "no_room" if isinstance(fault, DiskFull) else "service_problem"
        wrong = mend(_FILES, code)
    # The token comes before every file; what came without it is nobody's.
    if form.fields:
        require_theirs(sitting, form.fields)
        await desk.lines.apart(partial(keep, desk, draft, form.fields))
    sitting = await desk.lines.apart(partial(sit_down, request, desk))
    if wrong is not None:
        return await _refused(desk, sitting, wrong, 422)
    return await desk.lines.apart(partial(_pressed, desk, sitting, form.fields.get("do", "")))


def _pressed(desk: Desk, sitting: Sitting, button: str) -> Response:
    if button.startswith("remove-"):
        return _to(f"/send/remove/{quote(button.removeprefix('remove-'))}", desk, sitting)
    if button == "code":
        return _to("/send/code", desk, sitting)
    if button != "go":
        return _to("/send#your-files", desk, sitting)
    found = mends(desk, sitting)
    if found:
        return _page(desk, sitting, *found, status=422)
    return _to("/send/check", desk, sitting)


@router.api_route("/send/remove/{public_id}", methods=["GET", "HEAD"])
def ask(request: Request, desk: AtDesk, public_id: str) -> Response:
    """Ask whether a file is to be removed."""
    sitting = sit_down(request, desk)
    row = next((one for one in sitting.rows if one.upload.public_id == public_id), None)
    if row is None:
        return desk.pages.problem("not_allowed", visitor=sitting.visitor, public=True)
    return show(desk, sitting, "send_remove.html", row=row)


@router.post("/send/remove/{public_id}")
def remove(request: Request, desk: AtDesk, public_id: str, form: Form) -> Response:
    """Remove a file, and go back to the list."""
    sitting = sit_down(request, desk)
    require_theirs(sitting, form)
    # Pressed twice, or in another tab: gone is what it was to be. Somebody else's is no other case.
    with suppress(NoUpload):
        uploading.remove(desk.database, desk.vault, public_id, sitting.owner, desk.clock())
    return _to("/send#your-files", desk, sitting)


def _page(desk: Desk, sitting: Sitting, *found: Mend, status: int = 200) -> Response:
    return show(
        desk,
        sitting,
        "send.html",
        status,
        mends=found,
        wrong={one.at: one for one in found},
        asks_for_code=any(one.at == _FILES for one in found) and not sitting.is_proven,
    )


async def _refused(desk: Desk, sitting: Sitting, wrong: Mend, status: int) -> Response:
    answer = await desk.lines.apart(partial(_page, desk, sitting, wrong, status=status))
    # What was not read of a large body would keep the line from hearing this.
    answer.headers["Connection"] = "close"
    return answer


def _to(address: str, desk: Desk, sitting: Sitting) -> Response:
    answer = RedirectResponse(address, 303)
    keep_draft(answer, desk, sitting.owner)
    return answer

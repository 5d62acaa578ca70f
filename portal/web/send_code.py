"""The code page: a stranger shows that the address is theirs, by what was sent to it.

Before the files where they are large, otherwise before sending: then the code sends it as well.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import code, details
from portal.draft import Draft
from portal.six_digits import TooManyCodes
from portal.web.code_mail import mail_code
from portal.web.desk import AtDesk, Desk
from portal.web.letter_form import Mend, Sitting, mend, mends, require_theirs, show, sit_down
from portal.web.send_check import sent, was_sent
from portal.web.visitor import Form

router = APIRouter()


@router.api_route("/send/code", methods=["GET", "HEAD"])
def ask(request: Request, desk: AtDesk, then: str = "") -> Response:
    """Show where the code went, or what is needed to send one."""
    sitting = sit_down(request, desk)
    if was_sent(request, desk):
        return RedirectResponse("/send/done?again=1", 303)
    if sitting.draft is None or sitting.is_proven:
        return RedirectResponse("/send/check" if then == "send" else "/send", 303)
    return _page(desk, sitting, sitting.draft, then)


@router.post("/send/code")
def enter(request: Request, desk: AtDesk, form: Form) -> Response:
    """Send a code, or take the one that was typed."""
    sitting = sit_down(request, desk)
    if was_sent(request, desk):
        return RedirectResponse("/send/done?again=1", 303)
    require_theirs(sitting, form)
    draft, then = sitting.draft, "send" if form.get("then") == "send" else ""
    if draft is None:
        return RedirectResponse("/send", 303)
    if sitting.is_proven:
        return _gone_on(desk, sitting, then)
    if form.get("do") == "new":
        return _sent_anew(request, desk, sitting, draft, then)
    with desk.database.write() as connection:
        problem = code.enter(
            connection,
            draft,
            sitting.owner.token or "",
            form.get("code", ""),
            sending=desk.sending,
            now=desk.clock(),
        )
    if problem is not None:
        return _page(desk, sitting, draft, then, mend("code", problem), status=422)
    return _gone_on(desk, sitting, then)


def _gone_on(desk: Desk, sitting: Sitting, then: str) -> Response:
    if not then:
        return RedirectResponse("/send#your-files", 303)
    if mends(desk, sitting):
        return RedirectResponse("/send/check", 303)
    return sent(desk, sitting)


def _sent_anew(request: Request, desk: Desk, sitting: Sitting, draft: Draft, then: str) -> Response:
    if not details.is_address(draft.fields.get("email", "")):
        return RedirectResponse(_address(then), 303)
    try:
        mail_code(request, desk, sitting, draft)
    except TooManyCodes as fault:
        return _page(desk, sitting, draft, then, mend("code", fault.code), status=429)
    return RedirectResponse(_address(then), 303)


def _page(
    desk: Desk, sitting: Sitting, draft: Draft, then: str, *found: Mend, status: int = 200
) -> Response:
    with desk.database.read() as connection:
        waiting = code.waiting(connection, draft, now=desk.clock())
    email = draft.fields.get("email", "")
    return show(
        desk,
        sitting,
        "send_code.html",
        status,
        waiting=waiting,
        email=email,
        can_send=details.is_address(email),
        then="send" if then == "send" else "",
        mends=found,
        wrong={one.at: one for one in found},
    )


def _address(then: str) -> str:
    return "/send/code?then=send" if then else "/send/code"

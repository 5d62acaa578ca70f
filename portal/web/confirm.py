"""The page on which whoever reads the mail of an address says which letters they have sent.

The code that came by mail shows them, counted and not named; a press confirms those that are
chosen. Looking at the page confirms nothing, and whatever is typed that is not the code is answered
in one way.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from portal import address_code, confirmation
from portal import draft as drafting
from portal.address_code import TooManyTries
from portal.confirmation import Unconfirmed
from portal.sign_in import new_token
from portal.six_digits import WRONG, TooManyCodes
from portal.vocabulary import problem
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale
from portal.web.sender import network_of
from portal.web.visitor import LongForm, cookie_name, set_cookie

router = APIRouter()

_MOST_ADDRESS = 254
_MOST_CODE = 20


@dataclass(frozen=True)
class _Typed:
    """What the form brings."""

    email: str
    code: str

    @staticmethod
    def of(form: Mapping[str, str]) -> _Typed:
        email = form.get("email", "").strip().lower()
        return _Typed(email[:_MOST_ADDRESS], form.get("code", "")[:_MOST_CODE])


# HEAD as well: the scanners of mail systems try links before their readers do.
@router.api_route("/confirm", methods=["GET", "HEAD"])
def ask(request: Request, desk: AtDesk) -> Response:
    """Ask for the address and the code."""
    return _page(request, desk, _Typed("", ""))


@router.post("/confirm")
def confirm(request: Request, desk: AtDesk, form: LongForm) -> Response:
    """Send another code, show what the code is for, or confirm what was chosen of it."""
    token = request.cookies.get(cookie_name(desk, "confirm"), "")
    given = form.get("csrf", "").encode()
    if not token or not hmac.compare_digest(drafting.form_token(token).encode(), given):
        raise FormStale
    typed = _Typed.of(form)
    if form.get("do") == "new":
        return _another(request, desk, typed)
    network, now = network_of(request), desk.clock()
    letters: tuple[Unconfirmed, ...] = ()
    chosen: list[int] = []
    try:
        with desk.database.write() as connection:
            address_code.throttle(connection, typed.email, network, desk.sending, now)
            code_id = address_code.enter(
                connection, typed.email, network, typed.code, sending=desk.sending, now=now
            )
            if code_id is not None:
                letters = confirmation.waiting(connection, typed.email)
                chosen = [one.letter_id for one in letters if f"letter-{one.receipt}" in form]
            if code_id is not None and chosen:
                address_code.use(connection, code_id, now=now)
                confirmation.confirm(connection, typed.email, chosen, "code", now=now)
    except TooManyTries as fault:
        return _page(request, desk, typed, wrong=fault.code, status=429)
    if code_id is None:
        return _page(request, desk, typed, wrong=WRONG, status=422)
    if chosen:
        return desk.pages.render("confirm_done.html", count=len(chosen))
    nothing = "nothing_confirmed" if letters and form.get("do") == "confirm" else None
    return _page(
        request, desk, typed, letters=letters, wrong=nothing, status=422 if nothing else 200
    )


def _another(request: Request, desk: Desk, typed: _Typed) -> Response:
    try:
        with desk.database.write() as connection:
            address_code.send(
                connection,
                typed.email,
                sending=desk.sending,
                organisation=desk.service.organisation,
                network=network_of(request),
                now=desk.clock(),
            )
    except TooManyCodes as fault:
        return _page(request, desk, typed, wrong=fault.code, status=429)
    return _page(request, desk, typed, asked=True)


def _page(
    request: Request,
    desk: Desk,
    typed: _Typed,
    *,
    letters: tuple[Unconfirmed, ...] | None = None,
    asked: bool = False,
    wrong: str | None = None,
    status: int = 200,
) -> Response:
    """Show the question, or what the code is for: `letters`, which may be none any more."""
    token = request.cookies.get(cookie_name(desk, "confirm")) or new_token()
    page = desk.pages.render(
        "confirm.html" if letters is None else "confirm_letters.html",
        status,
        csrf=drafting.form_token(token),
        typed=typed,
        letters=letters,
        asked=asked,
        problem=None if wrong is None else problem(wrong, {}),
        minutes=desk.sending.code_minutes,
    )
    set_cookie(page, desk, "confirm", token)
    return page

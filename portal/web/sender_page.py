"""The page of a package for its sender: who reads what its receipt goes to opens it by a code."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import draft as drafting
from portal import erasure, events, letter_code, receipt_number
from portal.dossier import Dossier, senders
from portal.draft import NoDraft
from portal.sign_in import new_token
from portal.six_digits import TooManyCodes
from portal.spoken import ToSender
from portal.vocabulary import problem
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale
from portal.web.sender import network_of, owner_of
from portal.web.visitor import Form, cookie_name, set_cookie

router = APIRouter()

_MOST_ADDRESS = 254


def show(request: Request, desk: Desk, receipt: str) -> Response:
    """Show the package to a browser that has the right to it, and to any other how to get it."""
    found = _theirs(request, desk, receipt)
    return _way_in(request, desk, receipt) if found is None else _page(request, desk, found)


@router.post("/p/{receipt}/code")
def code(request: Request, desk: AtDesk, receipt: str, form: Form) -> Response:
    """Send a code, or take the one that was typed."""
    token = _token_of_form(request, desk, form)
    number = receipt_number.parsed(receipt) or ""
    if form.get("do") == "enter":
        with desk.database.write() as connection:
            wrong = letter_code.enter(
                connection,
                number,
                token,
                form.get("code", ""),
                sending=desk.sending,
                now=desk.clock(),
            )
        if wrong is None:
            return RedirectResponse(f"/p/{receipt_number.shown(number)}", 303)
        return _way_in(request, desk, receipt, asked=True, wrong=wrong, status=422)
    email = form.get("email", "")[:_MOST_ADDRESS]
    try:
        with desk.database.write() as connection:
            letter_code.send(
                connection,
                number,
                email,
                token,
                sending=desk.sending,
                organisation=desk.service.organisation,
                network=network_of(request),
                now=desk.clock(),
            )
    except TooManyCodes as fault:
        return _way_in(request, desk, receipt, wrong=fault.code, status=429)
    return _way_in(request, desk, receipt, asked=True)


@router.post("/p/{receipt}/erasure")
def ask_to_delete(request: Request, desk: AtDesk, receipt: str, form: Form) -> Response:
    """Record that the sender asks to delete it, once. Nothing is deleted by that."""
    _token_of_form(request, desk, form)
    found = _theirs(request, desk, receipt)
    if found is None:
        return _way_in(request, desk, receipt)
    # A browser counts the end of a line as one character, and sends two (HTML, 4.10.5.3.1).
    reason = form.get("reason", "").replace("\r\n", "\n").strip()
    if not reason or len(reason) > erasure.MOST_CHARACTERS:
        return _page(request, desk, found, wrong=reason)
    with desk.database.write() as connection:
        erasure.ask(connection, found.letter_id, reason, now=desk.clock())
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}", 303)


def _theirs(request: Request, desk: Desk, receipt: str) -> Dossier | None:
    number = receipt_number.parsed(receipt) or ""
    token, now = _token(request, desk), desk.clock()
    with desk.database.read() as connection:
        may = token is not None and letter_code.may_open(connection, number, token, now=now)
        if may or _has_sent(request, desk, connection, number, now):
            return senders(connection, number)
    return None


def _has_sent(
    request: Request, desk: Desk, connection: sa.Connection, number: str, now: datetime
) -> bool:
    """Say whether this browser sent it by the form, and showed within a day whose address it is."""
    try:
        sent = drafting.find_sent(connection, owner_of(request, desk))
    except NoDraft:
        return False
    proven = sent.email_proven_at
    return sent.receipt == number and proven is not None and proven > now - letter_code.HOLDS_FOR


def _way_in(
    request: Request,
    desk: Desk,
    receipt: str,
    *,
    asked: bool = False,
    wrong: str | None = None,
    status: int = 200,
) -> Response:
    number = receipt_number.parsed(receipt)
    return _answer(
        request,
        desk,
        "package_code.html",
        status,
        receipt=receipt if number is None else receipt_number.shown(number),
        asked=asked,
        problem=None if wrong is None else problem(wrong, {}),
        minutes=desk.sending.code_minutes,
    )


def _page(request: Request, desk: Desk, found: Dossier, *, wrong: str | None = None) -> Response:
    """Show it. `wrong` is a reason that cannot be taken as it is."""
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=found.letter_id,
            actor=events.SENDER,
            kind=events.PACKAGE_VIEWED,
            detail={},
            at=desk.clock(),
        )
        asked = erasure.request_of(connection, found.letter_id)
    most = erasure.MOST_CHARACTERS
    return _answer(
        request,
        desk,
        "package_sender.html",
        200 if wrong is None else 422,
        package=found,
        spoken=ToSender(found),
        erasure=asked,
        typed=wrong,
        problem=None if wrong is None else problem("erasure_reason", {"n": most}),
        most=most,
    )


def _answer(
    request: Request, desk: Desk, template: str, status: int, **context: object
) -> Response:
    token = _token(request, desk) or new_token()
    page = desk.pages.render(template, status, csrf=drafting.form_token(token), **context)
    set_cookie(page, desk, "letter", token)
    return page


def _token(request: Request, desk: Desk) -> str | None:
    return request.cookies.get(cookie_name(desk, "letter"))


def _token_of_form(request: Request, desk: Desk, form: Form) -> str:
    token = _token(request, desk)
    if token is None or not drafting.is_form_token(token, form.get("csrf", "")):
        raise FormStale
    return token

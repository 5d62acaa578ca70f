"""The page of a package for its sender: who reads what its receipt goes to opens it by a code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import (
    answer_link,
    erasure,
    events,
    firm_contributors,
    letter_code,
    mailed_receipt,
    moments,
    receipt_number,
    unlocking,
)
from portal import draft as drafting
from portal.dossier import Dossier, NotThere, senders
from portal.draft import NoDraft
from portal.firm_contributors import Offer
from portal.piece import Piece
from portal.sign_in import new_token
from portal.six_digits import TooManyCodes
from portal.spoken import ToSender
from portal.vocabulary import problem
from portal.web.desk import AtDesk, Desk
from portal.web.download import attachment
from portal.web.faults import FormStale, SignedOut
from portal.web.found import look_up, refuse
from portal.web.sender import draft_of, keep_draft, network_of, owner_of
from portal.web.visitor import Form, cookie_name, set_cookie, visitor_of

router = APIRouter()

_MOST_ADDRESS = 254


def show(request: Request, desk: Desk, receipt: str) -> Response:
    """Show the package to a browser that has the right to it, and to any other how to get it."""
    found = _theirs(request, desk, receipt)
    return _way_in(request, desk, receipt) if found is None else page(request, desk, found)


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


@router.api_route("/p/{receipt}/status", methods=["GET", "HEAD"])
def status(request: Request, desk: AtDesk, receipt: str) -> Response:
    """Return the live part of the page alone, for a page that asks for it again and again.

    It holds a state and no names, so that it is asked for is no event.
    """
    found = _theirs(request, desk, receipt)
    if found is None:
        raise NotThere
    return desk.pages.render("_sender_status.html", **_standing(desk, found))


@router.get("/p/{receipt}/receipt.pdf")
def paper(request: Request, desk: AtDesk, receipt: str) -> Response:
    """Download the last receipt as a PDF: the words of the mail."""
    try:
        visitor = visitor_of(request, desk)
    except SignedOut:
        found, actor = _theirs(request, desk, receipt), events.SENDER
        if found is None:
            return _way_in(request, desk, receipt)
    else:
        found, actor = look_up(desk, visitor, receipt), visitor.actor
        if not visitor.viewer.works_in_operations:
            refuse(desk, visitor, found.letter_id)
            raise NotThere(found.letter_id)
    with desk.database.read() as connection:
        mailed = mailed_receipt.find(connection, found.letter_id, now=desk.clock())
    if mailed is None or mailed.html is None:
        raise NotThere(found.letter_id)
    name = f"Receipt {receipt_number.shown(found.receipt)}.pdf"
    answer = attachment(desk.vault, desk.printer(mailed.html, mailed.subject, name))
    _note(desk, found, actor, events.RECEIPT_DOWNLOADED)
    return answer


@router.post("/p/{receipt}/answer")
def answer(request: Request, desk: AtDesk, receipt: str, form: Form) -> Response:
    """Lead the sender of a letter that waits to the page that asks which case it is."""
    found = of_form(request, desk, receipt, form)
    if found is None:
        return _way_in(request, desk, receipt)
    token = new_token()
    with desk.database.write() as connection:
        if not answer_link.renew(connection, found.letter_id, token, now=desk.clock()):
            raise answer_link.Settled
    return RedirectResponse(f"/answer/{token}", 303)


@router.post("/p/{receipt}/more")
def more(request: Request, desk: AtDesk, receipt: str, form: Form) -> Response:
    """Go to the form, with the case filled in where the receipt named it and none is typed yet."""
    found = of_form(request, desk, receipt, form)
    if found is None:
        return _way_in(request, desk, receipt)
    with desk.database.read() as connection:
        mailed = mailed_receipt.find(connection, found.letter_id, now=desk.clock())
    told = () if mailed is None else mailed.text.split()
    cases = {one.case for one in found.submissions if one.case in told}
    draft, owner = draft_of(owner_of(request, desk), desk, network_of(request))
    if len(cases) == 1 and not draft.fields.get("case"):
        filled = dict(draft.fields) | {"way": "number", "case": cases.pop()}
        with desk.database.write() as connection:
            drafting.write(connection, draft.id, filled, now=desk.clock())
    to_form = RedirectResponse("/send", 303)
    keep_draft(to_form, desk, owner)
    return to_form


@router.post("/p/{receipt}/erasure")
def ask_to_delete(request: Request, desk: AtDesk, receipt: str, form: Form) -> Response:
    """Record that the sender asks to delete it, once. Nothing is deleted by that."""
    found = of_form(request, desk, receipt, form)
    if found is None:
        return _way_in(request, desk, receipt)
    # A browser counts the end of a line as one character, and sends two (HTML, 4.10.5.3.1).
    reason = form.get("reason", "").replace("\r\n", "\n").strip()
    if not reason or len(reason) > erasure.MOST_CHARACTERS:
        wrong = problem("erasure_reason", {"n": erasure.MOST_CHARACTERS})
        return page(request, desk, found, wrong=wrong, typed=reason)
    with desk.database.write() as connection:
        erasure.ask(connection, found.letter_id, reason, now=desk.clock())
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}", 303)


def of_form(request: Request, desk: Desk, receipt: str, form: Mapping[str, str]) -> Dossier | None:
    """Return the package of a form of its page; None without the right. Raises FormStale."""
    _token_of_form(request, desk, form)
    return _theirs(request, desk, receipt)


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


def page(
    request: Request,
    desk: Desk,
    found: Dossier,
    *,
    wrong: tuple[str, str] | None = None,
    typed: str | None = None,
    asked: tuple[str, str] | None = None,
) -> Response:
    """Show the package. `typed` is a reason for deletion that cannot be taken as it is, `asked` an
    address and a day that nobody can be let in by.

    HEAD shows nothing to anybody, and is no view.
    """
    if request.method != "HEAD":
        _note(desk, found, events.SENDER, events.PACKAGE_VIEWED)
    with desk.database.read() as connection:
        erasure_asked = erasure.request_of(connection, found.letter_id)
        let_in = offered(connection, desk, found)
        mailed = mailed_receipt.find(connection, found.letter_id, now=desk.clock())
    return _answer(
        request,
        desk,
        "package_sender.html",
        200 if wrong is None else 422,
        **_standing(desk, found),
        erasure=erasure_asked,
        let_in=let_in,
        asked=asked,
        today=desk.today,
        mailed=mailed,
        locked=locked(desk, found),
        typed=typed,
        problem=wrong,
        most=erasure.MOST_CHARACTERS,
        most_password=unlocking.MOST_CHARACTERS,
    )


def locked(desk: Desk, found: Dossier) -> tuple[Piece, ...]:
    """Return the documents whose password the sender is asked for: none where they are counted."""
    return unlocking.locked(found) if ToSender(found, desk.encrypted).names else ()


def offered(connection: sa.Connection, desk: Desk, found: Dossier) -> Offer | None:
    """Return the case that the sender may let somebody in to; None where files are counted."""
    names = ToSender(found, desk.encrypted).names
    return firm_contributors.offer(connection, found, desk.today) if names else None


def _standing(desk: Desk, found: Dossier) -> dict[str, Any]:
    """Return what the live part of the page is made of."""
    waits = found.state in {"with_us", "needs_you"}
    zone = ZoneInfo(desk.service.time_zone)
    with desk.database.read() as connection:
        may_answer = waits and answer_link.is_open(connection, found.letter_id, now=desk.clock())
    return {
        "package": found,
        "spoken": ToSender(found, desk.encrypted),
        "may_answer": may_answer,
        "by": moments.by(desk.calendar.promise(found.state_since), zone) if waits else None,
    }


def _note(desk: Desk, found: Dossier, actor: str, kind: str) -> None:
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=found.letter_id,
            actor=actor,
            kind=kind,
            detail={},
            at=desk.clock(),
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

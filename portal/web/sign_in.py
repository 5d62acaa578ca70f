"""Signing in and out: the page of a one-time link, which only pressing its button uses up."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import events, sign_in
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale
from portal.web.visitor import (
    Form,
    OwnForm,
    SignedIn,
    cookie_name,
    drop_cookie,
    session_cookie,
    set_cookie,
)

router = APIRouter()

_SEE_OTHER = 303


@router.get("/sign-in")
def how_to_sign_in(request: Request, desk: AtDesk) -> Response:
    """Say how to sign in, and that a session has ended where one has."""
    token = session_cookie(request, desk)
    if token is not None and _holds(desk, token):
        return RedirectResponse("/packages", _SEE_OTHER)
    page = desk.pages.render(
        "sign_in.html", ended=token is not None, minutes=desk.idle.seconds // 60
    )
    if token is not None:
        drop_cookie(page, desk, "session")
    return page


# HEAD as well: the scanners of mail systems try links before their readers do.
@router.api_route("/sign-in/{token}", methods=["GET", "HEAD"])
def one_button(request: Request, desk: AtDesk, token: str) -> Response:
    """Show the button that signs in. Looking uses nothing up."""
    with desk.database.read() as connection:
        name = sign_in.offered_to(connection, token, now=desk.clock())
    # Against a sign-in forged elsewhere: the form brings back what only our cookie holds.
    form_token = request.cookies.get(cookie_name(desk, "form")) or sign_in.new_token()
    page = desk.pages.render("sign_in_link.html", name=name, token=token, form_token=form_token)
    set_cookie(page, desk, "form", form_token)
    return page


@router.post("/sign-in/{token}")
def use_link(request: Request, desk: AtDesk, token: str, form: Form) -> Response:
    """Use the link up and open a session, in place of the one that the browser may have."""
    ours = request.cookies.get(cookie_name(desk, "form"), "")
    if not ours or not hmac.compare_digest(ours.encode(), form.get("csrf", "").encode()):
        raise FormStale
    now = desk.clock()
    with desk.database.write() as connection:
        opened = sign_in.redeem(
            connection, token, now=now, instead_of=session_cookie(request, desk)
        )
        events.record(
            connection,
            letter_id=None,
            actor=events.account(opened.account_id),
            kind=events.SIGNED_IN,
            detail={},
            at=now,
        )
    answer = RedirectResponse("/packages", _SEE_OTHER)
    set_cookie(answer, desk, "session", opened.token)
    drop_cookie(answer, desk, "form")
    return answer


@router.post("/sign-out")
def sign_out(request: Request, desk: AtDesk, visitor: SignedIn, form: OwnForm) -> Response:
    """End the session."""
    del form
    with desk.database.write() as connection:
        sign_in.end(connection, session_cookie(request, desk) or "")
        events.record(
            connection,
            letter_id=None,
            actor=visitor.actor,
            kind=events.SIGNED_OUT,
            detail={},
            at=desk.clock(),
        )
    answer = RedirectResponse("/sign-in", _SEE_OTHER)
    drop_cookie(answer, desk, "session")
    drop_cookie(answer, desk, "draft")  # theirs by their account; not the next person's here
    return answer


def _holds(desk: Desk, token: str) -> bool:
    try:
        with desk.database.read() as connection:
            sign_in.session(connection, token, now=desk.clock(), idle=desk.idle)
    except sign_in.NoSession:
        return False
    return True

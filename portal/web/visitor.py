"""The visitor: who is signed in, by the cookie of a session, and the forms that they send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.responses import Response

from portal import events, rights, sign_in
from portal.rights import Viewer
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale, SignedOut

REFRESH = "x-casebridge-refresh"
"""The header of a request that a page makes by itself: it is no activity, or no page left open
would ever be signed out."""

_MOST_FORM_BYTES = 8192
_MOST_FIELDS = 20
# A form with a field for each document of a letter, which has at most 1,000 parts.
_MOST_LONG_FORM_BYTES = 131_072
_MOST_LONG_FIELDS = 1_020
_FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in."""

    viewer: Viewer
    session: sign_in.Session

    @property
    def actor(self) -> str:
        """The visitor in the audit trail."""
        return events.account(self.viewer.account_id)

    @property
    def csrf(self) -> str:
        """What every form of this session brings back."""
        return self.session.csrf


def cookie_name(desk: Desk, purpose: str) -> str:
    """Name a cookie. Its prefix has browsers refuse one of another host (RFC 6265bis, 4.1.3)."""
    return f"{'__Host-' if desk.secure else ''}casebridge_{purpose}"


def set_cookie(
    response: Response, desk: Desk, purpose: str, value: str, *, days: int | None = None
) -> None:
    """Set a cookie that ends with the browser or after some days, and that no script reads.

    Lax, not Strict: with Strict, a link in a mail would open the pages as if signed out.
    """
    response.set_cookie(
        cookie_name(desk, purpose),
        value,
        max_age=None if days is None else days * 86_400,
        path="/",
        secure=desk.secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, desk: Desk, purpose: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(
        cookie_name(desk, purpose), path="/", secure=desk.secure, httponly=True, samesite="lax"
    )


def session_cookie(request: Request, desk: Desk) -> str | None:
    """Return what the browser sent as the token of its session."""
    return request.cookies.get(cookie_name(desk, "session"))


def visitor_of(request: Request, desk: AtDesk) -> Visitor:
    """Return who is signed in. Raises SignedOut."""
    token = session_cookie(request, desk)
    if token is None:
        raise SignedOut
    now = desk.clock()
    try:
        with desk.database.read() as connection:
            session, is_due = sign_in.session(connection, token, now=now, idle=desk.idle)
            viewer = rights.viewer(connection, session.account_id, desk.today)
    except sign_in.NoSession as fault:
        raise SignedOut from fault
    if is_due and REFRESH not in request.headers:
        with desk.database.write() as connection:
            sign_in.touch(connection, session, now=now)
    visitor = Visitor(viewer=viewer, session=session)
    request.state.visitor = visitor  # for the page of a fault, which keeps the frame of the others
    return visitor


async def _form(request: Request) -> Mapping[str, str]:
    return await _read(request, _MOST_FORM_BYTES, _MOST_FIELDS)


async def _long_form(request: Request) -> Mapping[str, str]:
    return await _read(request, _MOST_LONG_FORM_BYTES, _MOST_LONG_FIELDS)


async def _read(request: Request, most_bytes: int, most_fields: int) -> Mapping[str, str]:
    # Read by hand: our forms have short fields, and a parser that spools parts of a multipart body
    # is more than a page should offer to strangers.
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM_TYPE:
        raise FormStale
    # Sent by every current browser to a safe origin; Origin itself is "null" on our pages, which
    # have the referrer policy no-referrer (Fetch standard, "append a request Origin header").
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise FormStale
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise FormStale
    try:
        return dict(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=most_fields)
        )
    except ValueError as error:
        raise FormStale from error


SignedIn = Annotated[Visitor, Depends(visitor_of)]
Form = Annotated[Mapping[str, str], Depends(_form)]
LongForm = Annotated[Mapping[str, str], Depends(_long_form)]


def own_form(visitor: SignedIn, form: Form) -> Mapping[str, str]:
    """Return a form that a page of this session sent. Raises FormStale for any other."""
    if not visitor.session.wrote(form.get("csrf", "")):
        raise FormStale
    return form


OwnForm = Annotated[Mapping[str, str], Depends(own_form)]


def own_long_form(visitor: SignedIn, form: LongForm) -> Mapping[str, str]:
    """Return a form with many fields that a page of this session sent. Raises FormStale."""
    return own_form(visitor, form)


OwnLongForm = Annotated[Mapping[str, str], Depends(own_long_form)]

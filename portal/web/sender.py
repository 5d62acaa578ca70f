"""The sender: whoever fills in a draft, a stranger by the cookie of their browser or signed in."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response

from portal import draft as drafting
from portal import sign_in
from portal.draft import Draft, NoDraft, Origin, Owner
from portal.web.desk import Desk
from portal.web.faults import FormStale
from portal.web.visitor import cookie_name, session_cookie, set_cookie


def owner_of(request: Request, desk: Desk) -> Owner:
    """Return who asks.

    An upload is no activity of a person: it keeps no session from running out. The draft's cookie
    still opens it then.
    """
    token, account_id = session_cookie(request, desk), None
    if token is not None:
        try:
            with desk.database.read() as connection:
                session, _ = sign_in.session(connection, token, now=desk.clock(), idle=desk.idle)
            account_id = session.account_id
        except sign_in.NoSession:
            pass
    return Owner(request.cookies.get(cookie_name(desk, "draft")), account_id)


def network_of(request: Request) -> str | None:
    """Return the network that a request comes from: the /24 of IPv4, the /56 of IPv6.

    None for this machine: then a proxy stands before us, which alone can tell people apart.
    """
    host = "" if request.client is None else request.client.host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        return None
    return str(ip_network((address, 24 if address.version == 4 else 56), strict=False))


def draft_of(owner: Owner, desk: Desk, network: str | None = None) -> tuple[Draft, Owner]:
    """Return the owner's draft, made where there is none, and the owner by whose token it opens.

    Where that is another token than they came with, `keep_draft` brings it to their browser.
    Raises TooManyDrafts where too many were begun from the network.
    """
    origin = None if network is None else Origin(network, desk.sending.drafts_an_hour)
    with desk.database.write() as connection:
        try:
            return drafting.find_or_make(connection, owner, now=desk.clock(), origin=origin), owner
        except NoDraft:
            owner = Owner(sign_in.new_token(), owner.account_id)
            return drafting.find_or_make(connection, owner, now=desk.clock(), origin=origin), owner


def keep_draft(response: Response, desk: Desk, owner: Owner) -> None:
    """Have the browser keep the cookie of a draft for as long as the draft is kept."""
    if owner.token is not None:
        set_cookie(response, desk, "draft", owner.token, days=desk.sending.draft_days)


def require_own_page(request: Request) -> None:
    """Raise FormStale where a browser says that another site's page has sent this.

    `Sec-Fetch-Site` is sent by every current browser to a safe origin. One that does not know it
    says the page's `Origin` with what a script sends; clients that are no browser say neither.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise FormStale
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise FormStale

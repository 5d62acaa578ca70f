"""The list of packages."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal.package_list import counts, package_list, senders
from portal.web.desk import AtDesk
from portal.web.visitor import SignedIn, session_cookie
from portal.wish import Wish

router = APIRouter()

# What each role is offered to narrow the list to. A consultant has nothing that waits elsewhere.
_OFFERED = {
    "consultant": ("all", "new", "urgent", "failed", "filed", "filed_in_part"),
    "operations": (
        "all",
        "with_us",
        "needs_you",
        "checking",
        "new",
        "urgent",
        "failed",
        "unowned",
        "filed",
        "filed_in_part",
        "not_filed",
        "copy",
        "rehearsed",
        "set_aside",
    ),
}


@router.get("/")
def home(request: Request, desk: AtDesk) -> Response:
    """Go to the list; who is not of the staff goes to the form."""
    known = session_cookie(request, desk) is not None
    return RedirectResponse("/packages" if known else "/send", 307)


@router.get("/packages")
def packages(request: Request, desk: AtDesk, visitor: SignedIn) -> Response:
    """Show the list: "For me", and the team's for operations."""
    viewer = visitor.viewer
    wish = Wish.read(request.query_params, viewer)
    with desk.database.read() as connection:
        listed = package_list(connection, viewer, wish)
        totals = counts(connection, viewer, mine=wish.mine)
        firms = senders(connection, viewer, mine=wish.mine)

    def address(**changes: object) -> str:
        query = urlencode(wish.query(**changes))
        return f"/packages?{query}" if query else "/packages"

    return desk.pages.render(
        "packages.html",
        visitor=visitor,
        wish=wish,
        listed=listed,
        counts=totals,
        firms=firms,
        offered=_OFFERED[viewer.role],
        address=address,
    )

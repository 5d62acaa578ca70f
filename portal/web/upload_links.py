"""Upload links: made and revoked on a package's page, and followed to the form by its sender."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import draft as drafting
from portal import receipt_number, upload_link
from portal.dossier import NotThere
from portal.draft import Owner
from portal.sign_in import new_token
from portal.web.desk import AtDesk
from portal.web.faults import FormStale
from portal.web.found import look_up, refuse
from portal.web.sender import draft_of, keep_draft, network_of, owner_of
from portal.web.visitor import Form, OwnForm, SignedIn

router = APIRouter()


@router.post("/p/{receipt}/links")
def make(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnForm) -> Response:
    """Make a link, and show it this once."""
    found = look_up(desk, visitor, receipt)
    try:
        with desk.database.write() as connection:
            token = upload_link.make(
                connection,
                visitor.viewer,
                found,
                form.get("case", ""),
                form.get("subject", ""),
                form.get("narrative", ""),
                now=desk.clock(),
                days=desk.sending.link_days,
            )
    except NotThere:
        refuse(desk, visitor, found.letter_id)
        raise
    return desk.pages.render(
        "upload_link_made.html",
        visitor=visitor,
        receipt=found.receipt,
        days=desk.sending.link_days,
        address=f"{desk.service.base_url}/send/with/{token}",
    )


@router.post("/p/{receipt}/links/{link_id}/revoke")
def revoke(desk: AtDesk, visitor: SignedIn, receipt: str, link_id: int, form: OwnForm) -> Response:
    """Revoke a link, and go back to the page."""
    del form  # read for its token
    found = look_up(desk, visitor, receipt)
    try:
        with desk.database.write() as connection:
            upload_link.revoke(connection, visitor.viewer, found, link_id, now=desk.clock())
    except NotThere:
        refuse(desk, visitor, found.letter_id)
        raise
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}#links", 303)


# HEAD as well: the scanners of mail systems try links before their readers do.
@router.api_route("/send/with/{token}", methods=["GET", "HEAD"])
def follow(desk: AtDesk, token: str) -> Response:
    """Show what a link is for: it begins nothing."""
    with desk.database.read() as connection:
        fields = upload_link.filled_in(connection, token, now=desk.clock())
    csrf = upload_link.form_token(token)
    return desk.pages.render("upload_link.html", token=token, csrf=csrf, fields=fields)


@router.post("/send/with/{token}")
def begin(request: Request, desk: AtDesk, token: str, form: Form) -> Response:
    """Begin a draft with what the link fills in, beside any other, and go to the form."""
    given = form.get("csrf", "").encode()
    if not hmac.compare_digest(upload_link.form_token(token).encode(), given):
        raise FormStale
    now = desk.clock()
    with desk.database.read() as connection:
        fields = upload_link.filled_in(connection, token, now=now)
    # A draft of its own: what this browser had begun before belongs to something else.
    draft, owner = draft_of(Owner(new_token(), None), desk, network_of(request))
    account_id = owner_of(request, desk).account_id
    with desk.database.write() as connection:
        upload_link.begin(connection, token, draft.id, now=now)
        drafting.write(connection, draft.id, fields, now=now)
        if account_id is not None:
            drafting.find_or_make(connection, Owner(owner.token, account_id), now=now)
    answer = RedirectResponse("/send", 303)
    keep_draft(answer, desk, owner)
    return answer

"""Upload links: made and revoked on a package's page, and followed to the form by its sender."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import RedirectResponse, Response

from portal import draft as drafting
from portal import link_draft, receipt_number, upload_link
from portal.dossier import NotThere
from portal.draft import Owner
from portal.sign_in import new_token
from portal.upload_link import Wanted
from portal.vocabulary import problem
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale
from portal.web.found import look_up, refuse
from portal.web.sender import draft_of, keep_draft, network_of, owner_of
from portal.web.visitor import Form, OwnForm, SignedIn, Visitor

router = APIRouter()

LinkId = Annotated[int, Path(ge=1, le=2**31 - 1)]
_MOST_CASE = 40


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
                _wanted(form, form.get("case", "")),
                now=desk.clock(),
                days=desk.sending.link_days,
            )
    except NotThere:
        refuse(desk, visitor, found.letter_id)
        raise
    return _shown_once(desk, visitor, token, receipt=found.receipt)


@router.get("/links")
def links(desk: AtDesk, visitor: SignedIn) -> Response:
    """Show the links to cases that the visitor has made, and how to make one."""
    return _own(desk, visitor)


@router.post("/links")
def make_for_case(desk: AtDesk, visitor: SignedIn, form: OwnForm) -> Response:
    """Make a link to a case, and show it this once."""
    typed = form.get("case", "").strip()[:_MOST_CASE]
    number = desk.case_number(typed)
    if number is None:
        example = desk.case_example
        return _own(
            desk, visitor, form, problem("case_format", {"value": typed, "example": example})
        )
    try:
        with desk.database.write() as connection:
            token = upload_link.make_for_case(
                connection,
                visitor.viewer,
                _wanted(form, number),
                now=desk.clock(),
                days=desk.sending.link_days,
            )
    except NotThere:
        refuse(desk, visitor, None)
        return _own(desk, visitor, form, problem("case_not_found", {"value": typed}))
    return _shown_once(desk, visitor, token)


@router.post("/links/{link_id}/revoke")
def revoke_own(desk: AtDesk, visitor: SignedIn, link_id: LinkId, form: OwnForm) -> Response:
    """Revoke a link to a case, and go back to the list."""
    del form  # read for its token
    try:
        with desk.database.write() as connection:
            upload_link.revoke_own(connection, visitor.viewer, link_id, now=desk.clock())
    except NotThere:
        refuse(desk, visitor, None)
        raise
    return RedirectResponse("/links", 303)


@router.post("/p/{receipt}/links/{link_id}/revoke")
def revoke(
    desk: AtDesk, visitor: SignedIn, receipt: str, link_id: LinkId, form: OwnForm
) -> Response:
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
        fields = link_draft.filled_in(connection, token, now=desk.clock())
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
        fields = link_draft.filled_in(connection, token, now=now)
    # A draft of its own: what this browser had begun before belongs to something else.
    draft, owner = draft_of(Owner(new_token(), None), desk, network_of(request))
    account_id = owner_of(request, desk).account_id
    with desk.database.write() as connection:
        link_draft.begin(connection, token, draft.id, now=now)
        drafting.write(connection, draft.id, fields, now=now)
        if account_id is not None:
            drafting.find_or_make(connection, Owner(owner.token, account_id), now=now)
    answer = RedirectResponse("/send", 303)
    keep_draft(answer, desk, owner)
    return answer


def _wanted(form: Mapping[str, str], case: str) -> Wanted:
    return Wanted(case, form.get("subject", ""), form.get("narrative", ""))


def _shown_once(
    desk: Desk, visitor: Visitor, token: str, *, receipt: str | None = None
) -> Response:
    return desk.pages.render(
        "upload_link_made.html",
        visitor=visitor,
        receipt=receipt,
        days=desk.sending.link_days,
        address=f"{desk.service.base_url}/send/with/{token}",
    )


def _own(
    desk: Desk,
    visitor: Visitor,
    form: Mapping[str, str] | None = None,
    wrong: tuple[str, str] | None = None,
) -> Response:
    with desk.database.read() as connection:
        made = upload_link.own(connection, visitor.viewer)
    return desk.pages.render(
        "links.html",
        200 if wrong is None else 422,
        visitor=visitor,
        links=made,
        form=form or {},
        problem=wrong,
        example=desk.case_example,
        now=desk.clock(),
    )

"""After sending: the receipt number, what happens next, and a way to send more about the case."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import draft as drafting
from portal.draft import NoDraft, Owner
from portal.sign_in import new_token
from portal.web.desk import AtDesk, Desk
from portal.web.faults import FormStale, SignedOut
from portal.web.sender import draft_of, keep_draft, network_of, owner_of
from portal.web.visitor import Form, visitor_of

router = APIRouter()

_PROVEN_FOR = timedelta(hours=24)
_KEPT = ("way", "case", "consultant", "name", "email")


@router.api_route("/send/done", methods=["GET", "HEAD"])
def done(request: Request, desk: AtDesk, again: str = "") -> Response:
    """Show the receipt of what this browser has sent last."""
    owner = owner_of(request, desk)
    try:
        with desk.database.read() as connection:
            sent = drafting.find_sent(connection, owner)
    except NoDraft:
        return RedirectResponse("/send", 303)
    try:
        visitor = visitor_of(request, desk)
    except SignedOut:
        visitor = None
    return desk.pages.render(
        "send_done.html",
        visitor=visitor,
        sent=sent,
        again=again == "1",
        csrf=drafting.form_token(owner.token or ""),
    )


@router.post("/send/more")
def more(request: Request, desk: AtDesk, form: Form) -> Response:
    """Begin another draft about the same case: nobody types their name twice.

    An address that was proven in this browser stays proven for a day.
    """
    owner = owner_of(request, desk)
    if not drafting.is_form_token(owner.token, form.get("csrf", "")):
        raise FormStale
    try:
        with desk.database.read() as connection:
            sent = drafting.find_sent(connection, owner)
    except NoDraft:
        return RedirectResponse("/send", 303)
    answer = RedirectResponse("/send", 303)
    keep_draft(answer, desk, _begun(desk, owner, sent, network_of(request)))
    return answer


def _begun(desk: Desk, owner: Owner, sent: drafting.Sent, network: str | None) -> Owner:
    draft, owner = draft_of(Owner(new_token(), owner.account_id), desk, network)
    now = desk.clock()
    with desk.database.write() as connection:
        kept = {name: sent.fields[name] for name in _KEPT if name in sent.fields}
        drafting.write(connection, draft.id, {**draft.fields, **kept}, now=now)
        if sent.email_proven_at is not None and sent.email_proven_at > now - _PROVEN_FOR:
            # From when it was shown to be theirs, not from now: a day is a day.
            drafting.prove(connection, draft.id, now=now, since=sent.email_proven_at)
    return owner

"""Firm contributors: on the page of a package its sender lets somebody else send to that case."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from portal import firm_contributors, receipt_number
from portal.contributors import NotLetIn
from portal.dossier import Dossier, NotThere
from portal.vocabulary import problem
from portal.web import sender_page
from portal.web.contributors import ContributorId
from portal.web.desk import AtDesk
from portal.web.visitor import Form

router = APIRouter()

_MOST_ADDRESS = 254
_MOST_DAY = 20


@router.post("/p/{receipt}/let-in")
def let_in(request: Request, desk: AtDesk, receipt: str, form: Form) -> Response:
    """Let an address send to the case of the package until a day."""
    found = sender_page.of_form(request, desk, receipt, form)
    if found is None:
        return sender_page.show(request, desk, receipt)
    email, until = form.get("email", "")[:_MOST_ADDRESS], form.get("until", "")[:_MOST_DAY]
    try:
        with desk.database.write() as connection:
            offered = sender_page.offered(connection, desk, found)
            if offered is None:
                raise NotThere(found.letter_id)
            firm_contributors.let_in(
                connection, found, offered, email, until, today=desk.today, now=desk.clock()
            )
    except NotLetIn as fault:
        wrong = problem(fault.code, fault.fields)
        return sender_page.page(request, desk, found, wrong=wrong, asked=(email, until))
    return _back(found)


@router.post("/p/{receipt}/let-in/{contributor_id}/end")
def end(
    request: Request, desk: AtDesk, receipt: str, contributor_id: ContributorId, form: Form
) -> Response:
    """End at once what the firm has allowed."""
    found = sender_page.of_form(request, desk, receipt, form)
    if found is None:
        return sender_page.show(request, desk, receipt)
    with desk.database.write() as connection:
        offered = sender_page.offered(connection, desk, found)
        if offered is None:
            raise NotThere(found.letter_id)
        firm_contributors.end(connection, found, offered, contributor_id, now=desk.clock())
    return _back(found)


def _back(found: Dossier) -> Response:
    return RedirectResponse(f"/p/{receipt_number.shown(found.receipt)}#let-in", 303)

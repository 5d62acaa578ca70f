"""The package as one PDF: asked for by a press, followed on a page of its own, and downloaded."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from portal import binder, events, receipt_number, vocabulary
from portal.dossier import Dossier, NotThere
from portal.web.desk import AtDesk, Desk
from portal.web.download import attachment
from portal.web.found import look_up, refuse
from portal.web.visitor import OwnForm, SignedIn, Visitor

router = APIRouter(prefix="/p/{receipt}/binder")

_SEE_OTHER = 303


@router.api_route("", methods=["GET", "HEAD"])
def standing(desk: AtDesk, visitor: SignedIn, receipt: str) -> Response:
    """Show how far it is, and offer it to be made where it is not. It names no document."""
    package = _whole(desk, visitor, receipt)
    with desk.database.read() as connection:
        there = binder.find(connection, package)
    return desk.pages.render(
        "binder.html",
        visitor=visitor,
        package=package,
        binder=there,
        of=len(binder.documents(package)),
        failed=vocabulary.problem(there.failure, {}) if there and there.failure else None,
    )


@router.post("")
def ask(desk: AtDesk, visitor: SignedIn, receipt: str, form: OwnForm) -> Response:
    """Have it made. Pressed again, it is made once."""
    del form
    package = _whole(desk, visitor, receipt)
    with desk.database.write() as connection:
        binder.ask(connection, package, visitor.viewer.account_id, now=desk.clock())
    return _to_page(package)


@router.get("/pdf")
def pdf(desk: AtDesk, visitor: SignedIn, receipt: str) -> Response:
    """Download it; where the package has changed since, or it is not made, its page says so."""
    package = _whole(desk, visitor, receipt)
    with desk.database.read() as connection:
        there = binder.find(connection, package)
    if there is None or there.made is None:
        return _to_page(package)
    answer = attachment(desk.vault, there.made)
    documents = binder.documents(package)
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=package.letter_id,
            actor=visitor.actor,
            kind=events.BINDER_DOWNLOADED,
            detail={"files": len(documents), "parts": [one.id for one in documents]},
            at=desk.clock(),
        )
    return answer


def _whole(desk: Desk, visitor: Visitor, receipt: str) -> Dossier:
    """Return a package that has documents. Raises NotThere, and records that."""
    package = look_up(desk, visitor, receipt)
    if not binder.documents(package):
        refuse(desk, visitor, package.letter_id)
        raise NotThere(package.letter_id)
    return package


def _to_page(package: Dossier) -> Response:
    return RedirectResponse(f"/p/{receipt_number.shown(package.receipt)}/binder", _SEE_OTHER)

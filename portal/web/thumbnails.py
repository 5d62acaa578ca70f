"""The pages of a document in small: each picture by itself, and a page with all of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path
from fastapi.responses import RedirectResponse, Response

from portal import events
from portal.dossier import Dossier, NotThere
from portal.piece import Piece
from portal.thumbnails import MOST_PAGES, NoThumbnail
from portal.web.desk import AtDesk, Desk
from portal.web.documents import PartId, note
from portal.web.found import look_up, refuse
from portal.web.visitor import SignedIn, Visitor

router = APIRouter(prefix="/p/{receipt}/documents/{part}/pages")

PageNumber = Annotated[int, Path(ge=1, le=MOST_PAGES)]

# In this browser alone, and for these cookies alone: nobody sees it after who has signed out.
_KEPT = {"Cache-Control": "private, max-age=604800", "Vary": "Cookie"}
_NONE = "/static/no-picture.svg"


@router.get("")
def pages(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId) -> Response:
    """Show the pages of a document in small. It is looked at by that."""
    package, piece = _find(desk, visitor, receipt, part)
    count = piece.pages or 1
    note(desk, visitor, package, events.DOCUMENT_VIEWED, {"part": piece.id})
    return desk.pages.render(
        "pages.html",
        visitor=visitor,
        package=package,
        piece=piece,
        shown=min(count, MOST_PAGES),
        count=count,
    )


@router.get("/{page}.webp")
def picture(
    desk: AtDesk,
    visitor: SignedIn,
    receipt: str,
    part: PartId,
    page: PageNumber,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Show the picture of a page, or one that says that there is none.

    Nobody is shown it who is not in the record as having looked at the package.
    """
    package, piece = _find(desk, visitor, receipt, part)
    if page > (piece.pages or 1):
        refuse(desk, visitor, package.letter_id)
        raise NotThere(package.letter_id)
    with desk.database.read() as connection:
        has_looked = events.has_looked(connection, package.letter_id, visitor.actor)
    if not has_looked:
        note(desk, visitor, package, events.DOCUMENT_VIEWED, {"part": piece.id})
    try:
        sha256 = desk.thumbnail(str(piece.pictured), page)
    except NoThumbnail:
        return RedirectResponse(_NONE, 302)
    headers = {"ETag": f'"{sha256[:32]}"', **_KEPT}
    if headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    with desk.vault.open(sha256) as content:
        return Response(content.read(), media_type="image/webp", headers=headers)


def _find(desk: Desk, visitor: Visitor, receipt: str, part: int) -> tuple[Dossier, Piece]:
    """Return the package and one of its parts with pages. Raises NotThere, and records that."""
    package = look_up(desk, visitor, receipt)
    for piece in package.pieces:
        if piece.id == part and piece.is_document and piece.pictured is not None:
            return package, piece
    refuse(desk, visitor, package.letter_id)
    raise NotThere(package.letter_id)

"""The documents of a package: looked at, or downloaded. Each is recorded before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response

from portal import events, receipt_number, text_layers
from portal.dossier import Dossier, NotThere
from portal.handout import Handout, everything, handed_out, original_of, pdf_of
from portal.piece import PDF, Piece
from portal.web.desk import AtDesk, Desk
from portal.web.download import archive, attachment, inline
from portal.web.found import look_up, refuse
from portal.web.visitor import SignedIn, Visitor

router = APIRouter(prefix="/p/{receipt}/documents")

PartId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("/{part}/view")
def view(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId) -> Response:
    """Show a PDF in the browser's viewer: the one that was made, or the one that came."""
    package, handout = _find(desk, visitor, receipt, part, pdf_of)
    answer = inline(desk.vault, handout)
    note(desk, visitor, package, events.DOCUMENT_VIEWED, {"part": part})
    return answer


@router.get("/{part}/pdf")
def pdf(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId) -> Response:
    """Download that PDF."""
    package, handout = _find(desk, visitor, receipt, part, pdf_of)
    answer = attachment(desk.vault, handout)
    note(desk, visitor, package, events.DOCUMENT_DOWNLOADED, {"part": part, "form": "pdf"})
    return answer


@router.get("/{part}/text")
def with_text(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId) -> Response:
    """Show the copy of a scan whose words can be looked for."""
    package = look_up(desk, visitor, receipt)
    pdfs = [piece.pictured for piece in package.pieces if piece.id == part and piece.is_document]
    with desk.database.read() as connection:
        layers = text_layers.of(connection, [one for one in pdfs if one is not None])
    if not layers:
        refuse(desk, visitor, package.letter_id)
        raise NotThere(package.letter_id)
    (layer,) = layers.values()
    answer = inline(desk.vault, Handout("copy with text.pdf", layer.sha256, layer.bytes, PDF))
    note(desk, visitor, package, events.DOCUMENT_VIEWED, {"part": part})
    return answer


@router.get("/{part}/original")
def original(desk: AtDesk, visitor: SignedIn, receipt: str, part: PartId) -> Response:
    """Download a part as it came."""
    package, handout = _find(desk, visitor, receipt, part, original_of)
    answer = attachment(desk.vault, handout)
    note(desk, visitor, package, events.DOCUMENT_DOWNLOADED, {"part": part, "form": "original"})
    return answer


@router.get("/all")
def all_documents(desk: AtDesk, visitor: SignedIn, receipt: str) -> Response:
    """Download every document as one zip."""
    package = look_up(desk, visitor, receipt)
    handouts = tuple(everything(package))
    if not handouts:
        refuse(desk, visitor, package.letter_id)
        raise NotThere(package.letter_id)
    name = f"{receipt_number.shown(package.receipt)}.zip"
    answer = archive(desk.vault, handouts, name, package.arrived_at)
    detail = {"files": len(handouts), "parts": handed_out(package)}
    note(desk, visitor, package, events.PACKAGE_DOWNLOADED, detail)
    return answer


def _find(
    desk: Desk,
    visitor: Visitor,
    receipt: str,
    part: int,
    form: Callable[[Piece], Handout | None],
) -> tuple[Dossier, Handout]:
    """Return the package and one form of one of its parts. Raises NotThere, and records that."""
    package = look_up(desk, visitor, receipt)
    handout = next((form(piece) for piece in package.pieces if piece.id == part), None)
    if handout is None:
        refuse(desk, visitor, package.letter_id)
        raise NotThere(package.letter_id)
    return package, handout


def note(
    desk: Desk, visitor: Visitor, package: Dossier, kind: str, detail: Mapping[str, Any]
) -> None:
    """Record what was looked at or downloaded, and by whom."""
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=package.letter_id,
            actor=visitor.actor,
            kind=kind,
            detail=detail,
            at=desk.clock(),
        )

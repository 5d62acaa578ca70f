"""The copy of a locked document without its lock: a document of its own, beside that which came."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from portal.dossier import Dossier
from portal.pdf_name import pdf_name, split
from portal.piece import Piece
from portal.tables import documents, letters, parts

COPY = "unlocked_copy"
BESIDE = "unlocked_beside"  # of a document whose copy is a document too
_NO_PDF = "file_convert_failed"
_MARK = " (unlocked)"
_LONGEST_STEM = 180  # bytes of UTF-8; a name has 255 at most, and a PDF's ending


@dataclass(frozen=True)
class Copy:
    """A document without its lock, in the vault."""

    sha256: str
    bytes: int
    media_type: str
    extension: str  # ".docx"
    is_converted: bool  # whether it is of a type that gets a PDF
    scan: str | None  # what the virus scanner said of it


def add(
    connection: sa.Connection,
    dossier: Dossier,
    piece: Piece,
    copy: Copy,
    rendition_id: int | None,
) -> None:
    """Put a copy behind its document, in each submission that holds that one.

    Its row is as of a file that came in the document: "2/1" in "2".
    """
    position = sa.select(parts.c.position).where(parts.c.id == piece.id).scalar_subquery()
    is_converted = rendition_id is not None
    part_id = connection.execute(
        parts.insert()
        .values(
            letter_id=dossier.letter_id,
            position=position,  # of equal ones the later row comes second
            path=f"{piece.path}/1",
            container=piece.path,
            original_name=None,
            filed_name=_name(connection, dossier.letter_id, piece, copy),
            declared_type=piece.declared_type,
            detected_type=copy.media_type,
            bytes=copy.bytes,
            sha256=copy.sha256,
            stored=True,
            fate="converted" if is_converted else "filed",
            reason=_NO_PDF if copy.is_converted and not is_converted else COPY,
            document_type=piece.document_type,
            description=piece.description,
            remarks=[],
            scan=copy.scan,
            rendition_id=rendition_id,
        )
        .returning(parts.c.id)
    ).scalar_one()
    held = sa.select(
        documents.c.submission_id,
        sa.literal(part_id),
        documents.c.position,
        documents.c.document_type,
        documents.c.description,
    ).where(documents.c.part_id == piece.id)
    columns = ["submission_id", "part_id", "position", "document_type", "description"]
    connection.execute(documents.insert().from_select(columns, held))


def forms_of(pieces: Collection[Piece]) -> Mapping[int, tuple[Piece, ...]]:
    """Return the forms of each document, by the id of each form: who asks about one means all.

    The first of them is the document as it came; behind it stands its copy, where it has one.
    """
    copies = {piece.path: piece for piece in pieces if piece.original_name is None}
    found: dict[int, tuple[Piece, ...]] = {}
    for piece in pieces:
        copy = copies.get(f"{piece.path}/1") if piece.reason == BESIDE else None
        if copy is not None:
            found[piece.id] = found[copy.id] = (piece, copy)
        else:
            found.setdefault(piece.id, (piece,))
    return found


def _name(connection: sa.Connection, letter_id: int, piece: Piece, copy: Copy) -> str:
    """Name it by its document: "notes (unlocked).docx", with a number where that is taken.

    By any of the letter's: no viewer sees all of them.
    """
    connection.execute(sa.select(letters.c.id).where(letters.c.id == letter_id).with_for_update())
    names = connection.scalars(
        sa.select(parts.c.filed_name).where(
            parts.c.letter_id == letter_id, parts.c.filed_name.is_not(None)
        )
    )
    taken = {one.casefold() for name in names for one in (name, pdf_name(name))}
    stem, ending = split(piece.filed_name or "Document")
    stem = stem.encode()[:_LONGEST_STEM].decode(errors="ignore").rstrip()
    ending = copy.extension or ending
    mark, number = _MARK, 1
    while not taken.isdisjoint({f"{stem}{mark}{end}".casefold() for end in (ending, ".pdf")}):
        number += 1
        mark = f"{_MARK} ({number})"
    return f"{stem}{mark}{ending}"

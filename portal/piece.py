"""A piece: one part of a letter, what became of it, and what of it may be handed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.hidden import is_hidden
from portal.pdf_name import pdf_name
from portal.tables import documents, parts, renditions, submissions

_Row = sa.Row[*tuple[Any, ...]]

PDF = "application/pdf"
# Remarks on a PDF that came as one and would do something, or may: it is saved, and not viewed.
NOT_SHOWN = frozenset({"pdf_script", "pdf_action", "pdf_files", "pdf_unseen"})


@dataclass(frozen=True)
class Made:
    """The PDF that was made of a part."""

    sha256: str
    bytes: int
    pages: int
    engine: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """One part of the letter, and what became of it."""

    id: int
    path: str
    container: str | None
    original_name: str | None
    filed_name: str | None
    declared_type: str
    detected_type: str
    bytes: int
    sha256: str
    stored: bool
    fate: str
    reason: str | None
    remarks: tuple[str, ...]
    made: Made | None
    own_pages: int | None = None
    document_type: str | None = None  # what its sender said that it is, on the form
    description: str | None = None
    scan: str | None = None  # "clean", "infected:SIGNATURE", "not_scanned:WHY"; None: not asked
    came_with: int | None = None  # the later letter that brought it to this one's package
    healed_by: int | None = None  # the piece that came in its place, and is in sight
    is_hidden: bool = False  # its sender asked to delete it, and it is shown to nobody meanwhile

    @property
    def is_unscanned(self) -> bool:
        """Whether the virus scanner was asked and could not look at it."""
        return (self.scan or "").startswith("not_scanned")

    @property
    def shown_name(self) -> str | None:
        """The name to show: that of the PDF where one was made of it, else the filed one."""
        if self.filed_name is None or self.made is None or self.has_list:
            return self.filed_name
        return pdf_name(self.filed_name)

    @property
    def has_list(self) -> bool:
        """Whether its PDF lists what is in it: an archive that was filed whole."""
        is_own = self.reason in {"narrative", "repaired"}
        return self.made is not None and self.fate == "filed" and not is_own

    @property
    def pages(self) -> int | None:
        """How many pages the PDF has, made or come; None where not known."""
        return self.own_pages if self.made is None else self.made.pages

    @property
    def is_document(self) -> bool:
        """Whether it has a name of its own here, and so a row in the list of documents."""
        return self.filed_name is not None and self.fate not in {"left_out", "refused"}

    @property
    def is_placed(self) -> bool:
        """Whether a person can put it to a case of its own; the letter's own words go to each."""
        return self.is_document and (self.reason != "narrative" or self.container is not None)

    @property
    def original(self) -> str | None:
        """SHA-256 of the bytes as they came, where they may be handed out."""
        handed_out = self.stored and self.fate != "refused" and not self.is_hidden
        return self.sha256 if handed_out else None

    @property
    def pdf(self) -> str | None:
        """SHA-256 of the PDF to view: the one that was made, or the one that came."""
        if self.made is not None or NOT_SHOWN.isdisjoint(self.remarks):
            return self.pictured
        return None

    @property
    def pictured(self) -> str | None:
        """SHA-256 of the PDF whose pages are pictured: also of one that would do something."""
        if self.is_hidden:
            return None
        if self.made is not None:
            return self.made.sha256
        # A browser would only fail on a PDF that waits (for its password, say) or is damaged.
        opens = self.fate == "filed" and self.reason != "file_damaged"
        return self.original if self.detected_type == PDF and opens else None


def pieces_of(connection: sa.Connection, letter_id: int) -> dict[int, Piece]:
    """Return the parts of a letter by their id, in the order of the message.

    Behind them stand the documents that later letters have brought to its package.
    """
    own = sa.select(parts.c.id).where(parts.c.letter_id == letter_id)
    placed = (
        sa.select(documents.c.part_id)
        .join(submissions, submissions.c.id == documents.c.submission_id)
        .where(submissions.c.letter_id == letter_id)
    )
    rows = connection.execute(
        sa.select(
            parts,
            renditions.c.pdf_sha256,
            renditions.c.bytes.label("pdf_bytes"),
            renditions.c.pages.label("pdf_pages"),
            renditions.c.engine,
            renditions.c.warnings,
            is_hidden(parts.c.id).label("hidden"),
            is_hidden(parts.c.healed_by_id).label("healer_hidden"),
        )
        .outerjoin(renditions, renditions.c.id == parts.c.rendition_id)
        .where(parts.c.id.in_(sa.union(own, placed)))
        .order_by(parts.c.letter_id, parts.c.position, parts.c.id)
    )
    return {row.id: _piece(row, letter_id) for row in rows}


def _piece(row: _Row, letter_id: int) -> Piece:
    is_own = row.letter_id == letter_id
    made = None
    if row.pdf_sha256 is not None:
        made = Made(row.pdf_sha256, row.pdf_bytes, row.pdf_pages, row.engine, tuple(row.warnings))
    return Piece(
        id=row.id,
        path=row.path if is_own else f"{row.letter_id}:{row.path}",
        container=row.container if is_own else None,
        original_name=row.original_name,
        filed_name=row.filed_name,
        declared_type=row.declared_type,
        detected_type=row.detected_type,
        bytes=row.bytes,
        sha256=row.sha256,
        stored=row.stored,
        fate=row.fate,
        reason=row.reason,
        remarks=tuple(row.remarks),
        made=made,
        own_pages=row.pages,
        document_type=row.document_type,
        description=row.description,
        scan=row.scan,
        came_with=None if is_own else row.letter_id,
        healed_by=None if row.healer_hidden else row.healed_by_id,
        is_hidden=bool(row.hidden),
    )

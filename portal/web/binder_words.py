"""What stands on our own pages of a binder: its cover, its contents, the sheet of each document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config import remarks
from portal import binder, receipt_number, vocabulary
from portal.dossier import Dossier
from portal.piece import NOT_SHOWN, Piece
from portal.spoken import Spoken
from portal.web.pages import Pages


@dataclass(frozen=True)
class Row:
    """A document on the cover and in the contents: its sheet's page, its own pages if it is in."""

    piece: Piece
    name: str
    page: int
    pages: int | None


@dataclass(frozen=True)
class BinderWords:
    """The words, as HTML to be printed, of a package that was bound at a moment."""

    pages: Pages
    dossier: Dossier
    at: datetime

    @property
    def title(self) -> str:
        """The title of the whole: no name of a person."""
        return f"Package {receipt_number.shown(self.dossier.receipt)}"

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each document."""
        return tuple(_name(piece) for piece in binder.documents(self.dossier))

    def front(self, places: Sequence[tuple[int, int | None]], of: int) -> str:
        """Return the cover and the contents, given the page of each sheet and its pages behind."""
        rows = [
            Row(piece, _name(piece), page, pages)
            for piece, (page, pages) in zip(binder.documents(self.dossier), places, strict=True)
        ]
        told = self.dossier.contents
        first = self.dossier.submissions[0].said if self.dossier.submissions else ""
        return self.pages.on_paper(
            "front.html",
            title=self.title,
            package=self.dossier,
            spoken=Spoken(self.dossier),
            rows=rows,
            narrative=first or (told.narrative[:500] if told else ""),
            is_cut=told is not None and len(told.narrative) > len(first or told.narrative[:500]),
            of=of,
            at=self.at,
        )

    def sheet(self, number: int, pages: int | None, *, is_signed: bool) -> str:
        """Return the sheet of a document, from 0; `pages` is None where it stands in its place."""
        known = binder.documents(self.dossier)
        piece = known[number]
        return self.pages.on_paper(
            "sheet.html",
            title=self.title,
            piece=piece,
            name=_name(piece),
            number=number + 1,
            many=len(known),
            pages=pages,
            cases=[one.case for one in self.dossier.submissions if piece in one.documents],
            container=self.dossier.holders.get(piece.container or ""),
            why=self._why(piece) if pages is None else None,
            notes=self._notes(piece, is_signed=is_signed) if pages is not None else (),
        )

    def _why(self, piece: Piece) -> str:
        """Say why a document has no pages here."""
        if binder.pages_of(piece) is not None:
            return remarks.on_sheet("broken")
        return Spoken(self.dossier).why(piece) or remarks.on_sheet("no_pages")

    def _notes(self, piece: Piece, *, is_signed: bool) -> tuple[str, ...]:
        """Say what is to be known of the pages that follow."""
        notes = []
        if piece.fate == "converted" and piece.reason is None:
            notes.append(remarks.on_sheet("converted"))
        elif (why := Spoken(self.dossier).why(piece)) is not None:
            notes.append(why)
        notes += [
            vocabulary.pdf_warning(one) for one in (piece.made.warnings if piece.made else ())
        ]
        if is_signed:
            notes.append(remarks.on_sheet("signed"))
        if piece.made is None and not NOT_SHOWN.isdisjoint(piece.remarks):
            notes.append(remarks.on_sheet("inert"))
        return tuple(notes)


def _name(piece: Piece) -> str:
    return vocabulary.plain(piece.shown_name or piece.filed_name or "")

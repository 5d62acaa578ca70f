"""The plan of a binder: what is in it, what our own pages say, and on which page each begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Seen:
    """What is known of a document that can be in the whole."""

    pages: int
    is_signed: bool


@dataclass(frozen=True)
class Standing:
    """Where a document is in the whole: the page of its sheet, and what is known of it, if any."""

    page: int
    seen: Seen | None


class Words(Protocol):
    """What stands on our own pages: HTML, whose words are escaped. Documents count from 0."""

    @property
    def title(self) -> str:
        """The title of the whole."""

    @property
    def names(self) -> Sequence[str]:
        """The name of each document."""

    def front(self, documents: Sequence[Standing], pages: int) -> str:
        """Return the cover and the contents, which have the ids `cover` and `contents`."""

    def sheet(self, document: int, seen: Seen | None) -> str:
        """Return the sheet before a document, or in its place."""


@dataclass(frozen=True)
class Plan:
    """The whole as it is laid out: how many pages each of its sections has."""

    words: Words
    seen: Sequence[Seen | None]
    sheets: Sequence[int]
    front: int
    names: Mapping[str, int]

    @property
    def standings(self) -> list[Standing]:
        """Where each document is."""
        found, page = [], self.front + 1
        for pages, one in zip(self.sheets, self.seen, strict=True):
            found.append(Standing(page, one))
            page += pages + (one.pages if one else 0)
        return found

    @property
    def of(self) -> int:
        """How many pages there are."""
        own = self.front + sum(self.sheets)
        return own + sum(one.pages for one in self.seen if one)

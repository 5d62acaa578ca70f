"""Bookmarks: where a PDF's own links and its outline lead, read within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pikepdf

from converters.binder_files import DEEPEST_BOOKMARK, MOST_BOOKMARKS

_MOST_STEPS: Final = 20_000
_MOST_CHARACTERS: Final = 200
_FAULTS: Final = (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, KeyError)


@dataclass(frozen=True)
class Bookmark:
    """A line of an outline: its depth from 0, its words, and its page from 0."""

    depth: int
    title: str
    page: int

    def said(self) -> list[Any]:
        """Return it as JSON has it."""
        return [self.depth, self.title, self.page]


class Destinations:
    """Where a PDF's destinations lead, by name or as they stand."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._numbers = {page.obj.objgen: at for at, page in enumerate(pdf.pages)}
        self._old = pdf.Root.get("/Dests")
        self._names: pikepdf.NameTree | None = None
        names = pdf.Root.get("/Names")
        tree = names.get("/Dests") if isinstance(names, pikepdf.Dictionary) else None
        if isinstance(tree, pikepdf.Dictionary) and tree.is_indirect:
            self._names = pikepdf.NameTree(tree)
        elif isinstance(tree, pikepdf.Dictionary):
            self._names = pikepdf.NameTree(pdf.make_indirect(tree))

    def page(self, said: pikepdf.Object | None) -> int | None:
        """Return the page, from 0, that a destination leads to; None where it leads nowhere."""
        there = self.explicit(said)
        return None if there is None else self._numbers[there[0].objgen]

    def explicit(self, said: pikepdf.Object | None) -> pikepdf.Object | None:
        """Return a destination with its page in it, whatever name it is known by."""
        try:
            if isinstance(said, pikepdf.Name) and isinstance(self._old, pikepdf.Dictionary):
                said = self._old.get(str(said))
            elif isinstance(said, pikepdf.String) and self._names is not None:
                said = self._names.get(str(said))
            if isinstance(said, pikepdf.Dictionary):
                said = said.get("/D")
            if not isinstance(said, pikepdf.Array) or not len(said):
                return None
            page = said[0]
            is_ours = isinstance(page, pikepdf.Dictionary) and page.objgen in self._numbers
        except _FAULTS:
            return None
        return said if is_ours else None

    def of(self, holder: pikepdf.Object) -> pikepdf.Object | None:
        """Return what a link or a line of the outline leads to, as `Dest` or as an action."""
        action = holder.get("/A")
        if isinstance(action, pikepdf.Dictionary) and action.get("/S") == pikepdf.Name.GoTo:
            return self.explicit(action.get("/D"))
        return self.explicit(holder.get("/Dest"))


class Names(Destinations):
    """Those of our own pages: a name leads to where it will be in the whole."""

    def of(self, holder: pikepdf.Object) -> pikepdf.Object | None:
        """Return the name."""
        return holder.get("/Dest")


def read(pdf: pikepdf.Pdf, destinations: Destinations) -> list[Bookmark]:
    """Return a PDF's outline, without what leads nowhere; of a long one its beginning."""
    found: list[Bookmark] = []
    root = pdf.Root.get("/Outlines")
    if isinstance(root, pikepdf.Dictionary):
        for depth, item in _items(root):
            page = destinations.page(destinations.of(item))
            title = _title(item.get("/Title"))
            if page is not None and title:
                # What its parent was left out of moves up to where a parent is.
                deepest = found[-1].depth + 1 if found else 0
                found.append(Bookmark(min(depth, deepest), title, page))
            if len(found) == MOST_BOOKMARKS:
                break
    return found


def _items(root: pikepdf.Object) -> Iterator[tuple[int, pikepdf.Object]]:
    """Yield every line of an outline once, with its depth, in its order."""
    met: set[tuple[int, int]] = set()
    waiting = [(0, root.get("/First"))]
    for _ in range(_MOST_STEPS):
        if not waiting:
            return
        depth, item = waiting.pop()
        if not isinstance(item, pikepdf.Dictionary) or item.objgen in met:
            continue
        if item.is_indirect:
            met.add(item.objgen)
        yield depth, item
        waiting.append((depth, item.get("/Next")))
        if depth < DEEPEST_BOOKMARK - 1:
            waiting.append((depth + 1, item.get("/First")))


def _title(said: object) -> str:
    if not isinstance(said, pikepdf.String):
        return ""
    words = "".join(char if char.isprintable() else " " for char in str(said))
    return " ".join(words.split())[:_MOST_CHARACTERS]

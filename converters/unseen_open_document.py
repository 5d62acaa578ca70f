"""What an OpenDocument file (OASIS OpenDocument 1.3, part 3) holds that its PDF does not show."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from typing import IO

from converters.xml_watch import Watch, follow

_MODULE = re.compile(r"basic/[^/]+/(?!script-lb\.xml)[^/]+\.xml|scripts/[^/]+/.+", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?:https?|ftps?|file|smb|dav):|//|\.\./", re.IGNORECASE)
_FOLLOWED_BY_HAND = {"a", "script", "event-listener", "bookmark"}
_CHANGES = {"changed-region", "cell-content-change", "insertion", "deletion", "movement"}
_FIELDS = {"page-number", "footer", "header", "date-time"}  # the program's words
_HIDING = {"collapse", "filter"}
_MOST_COLUMNS = 1000  # hidden stretches of one sheet; nobody has so many


def of(archive: zipfile.ZipFile) -> set[str]:
    """Return the codes of what is not seen. Raises what zipfile does, and NotTheType."""
    found: set[str] = set()
    for member in archive.infolist():
        if _MODULE.fullmatch(member.filename):
            found.add("macros")
        if member.filename == "content.xml":
            with archive.open(member) as opened:
                follow(opened, Content(found))
    return found


def of_flat(opened: IO[bytes]) -> set[str]:
    """Return the codes of what is not seen in a document of one piece of XML. Raises NotTheType."""
    found: set[str] = set()
    follow(opened, _Flat(found))
    return found


class Content(Watch):
    """The content: its automatic styles, which say what is hidden, stand in front of its body."""

    def __init__(self, found: set[str]) -> None:
        self._found = found
        self._style = ""
        self._hiding: set[str] = set()  # styles of what is not shown
        self._in_notes = self._in_field = self._in_hidden_text = 0
        self._in_changes = self._in_comment = 0
        self._row_hidden = self._cell_hidden = self._page_hidden = False
        self._columns: list[tuple[int, int]] = []
        self._next_column = self._column = 0

    @property
    def is_unseen(self) -> bool:
        """Whether what is read now is not shown."""
        aside = self._in_notes or self._in_field or self._in_changes or self._in_comment
        return bool(
            aside
            or self._in_hidden_text
            or self._page_hidden
            or (self._cell_hidden and self._column)
        )

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """See an element begin."""
        self._see_what_is_hidden(name, attributes)
        self._see_sheet(name, attributes)
        if name == "notes":
            self._in_notes += 1
        elif name in _FIELDS:
            self._in_field += 1
        elif name == "annotation":
            self._in_comment += 1
            self._found.add("comments")
        elif name == "tracked-changes":
            self._in_changes += 1
        elif self._in_changes and name in _CHANGES:
            self._found.add("tracked_changes")
        if name not in _FOLLOWED_BY_HAND and _ELSEWHERE.match(attributes.get("href", "")):
            self._found.add("external_links")

    def end(self, name: str, /) -> None:
        """See an element end."""
        if name == "notes":
            self._in_notes -= 1
        elif name in _FIELDS:
            self._in_field -= 1
        elif name == "tracked-changes":
            self._in_changes -= 1
        elif name == "annotation":
            self._in_comment -= 1
        if self._in_hidden_text:
            self._in_hidden_text -= 1

    def text(self, data: str, /) -> None:
        """See text: of what is not shown, it is told."""
        if not data.strip():
            return
        if self._in_notes and not self._in_field:
            self._found.add("speaker_notes")
        if self._in_hidden_text:
            self._found.add("hidden_text")
        if self._cell_hidden and self._column:
            self._found.add("hidden_cells")

    def _see_what_is_hidden(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "style":
            self._style = attributes.get("name", "")
        elif name.endswith("-properties") and (
            attributes.get("display") in {"false", "none"}
            or attributes.get("visibility") == "hidden"
        ):
            self._hiding.add(self._style)
        elif name == "page":
            self._page_hidden = attributes.get("style-name") in self._hiding
            self._found |= {"hidden_slides"} if self._page_hidden else set()
        elif name == "table":
            is_hidden = attributes.get("style-name") in self._hiding
            has_area = "print-ranges" in attributes or attributes.get("print") == "false"
            self._found |= {"hidden_sheets"} if is_hidden else set()
            self._found |= {"print_area"} if has_area else set()
            self._page_hidden = is_hidden or has_area
        if self._in_hidden_text:
            self._in_hidden_text += 1
        elif name in {"hidden-text", "hidden-paragraph"} or (
            name in {"span", "p", "h"} and attributes.get("style-name") in self._hiding
        ):
            self._in_hidden_text = 1

    def _see_sheet(self, name: str, attributes: Mapping[str, str], /) -> None:
        repeated = attributes.get("number-columns-repeated", "1")
        times = int(repeated) if repeated.isdecimal() and len(repeated) < 9 else 1
        match name:
            case "table":
                self._columns, self._next_column, self._column = [], 1, 0
            case "table-column":
                if attributes.get("visibility") in _HIDING and len(self._columns) < _MOST_COLUMNS:
                    self._columns.append((self._next_column, self._next_column + times - 1))
                self._next_column += times
            case "table-row":
                self._row_hidden = attributes.get("visibility") in _HIDING
                self._column, self._cell_hidden = 0, False
            case "table-cell" | "covered-table-cell":
                first = self._column + 1
                self._column += times
                self._cell_hidden = self._row_hidden or any(
                    low <= self._column and first <= high for low, high in self._columns
                )


class _Flat(Content):
    """A whole document: its modules of macros stand in it."""

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """See an element begin."""
        super().start(name, attributes)
        if name == "module" or (name == "source-code" and attributes):
            self._found.add("macros")

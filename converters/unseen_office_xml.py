"""What an Office Open XML document (ECMA-376) holds that its PDF does not show."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from typing import Final

from converters.xml_watch import Watch, follow

# Elements that stand for a change that is neither taken nor undone (ECMA-376 Part 1, 17.13.5).
_TRACKED: Final = {"ins", "del", "moveFrom", "moveTo", "cellIns", "cellDel"}
_OFF = {"0", "false", "off"}
_COLUMN = re.compile(r"[A-Z]{1,3}")
# What stands elsewhere without being part of what is shown: where a link leads, a template.
_SHOWN_ALL_THE_SAME = {"hyperlink", "attachedTemplate"}


def of(archive: zipfile.ZipFile) -> set[str]:
    """Return the codes of what is not seen. Raises what zipfile does, and NotTheType."""
    found: set[str] = set()
    for member in archive.infolist():
        name = member.filename.lower()
        if name.endswith("vbaproject.bin") or "/macrosheets/" in name:
            found.add("macros")
        watch = _watch(name, found)
        if watch is not None:
            with archive.open(member) as opened:
                follow(opened, watch)
    return found


def _watch(name: str, found: set[str]) -> Watch | None:
    """Say what to look for in a part, by the place that every program gives it."""
    kind = next((kind for place, kind in _PLACES if place.fullmatch(name)), None)
    return None if kind is None else kind(found)


class _Finding(Watch):
    def __init__(self, found: set[str]) -> None:
        self._found = found


class _Relations(_Finding):
    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "Relationship" and attributes.get("TargetMode") == "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self._found |= set() if kind in _SHOWN_ALL_THE_SAME else {"external_links"}


class _Comments(_Finding):
    def start(self, name: str, _attributes: Mapping[str, str], /) -> None:
        if name in {"comment", "threadedComment", "cm"}:
            self._found.add("comments")


class _Workbook(_Finding):
    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "sheet" and attributes.get("state") in {"hidden", "veryHidden"}:
            self._found.add("hidden_sheets")
        elif name == "definedName" and attributes.get("name") == "_xlnm.Print_Area":
            self._found.add("print_area")


class _Words(_Finding):
    """The text of a document: changes in it, and runs that are hidden and say something."""

    def __init__(self, found: set[str]) -> None:
        super().__init__(found)
        self._hidden = self._in_text = False

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name in _TRACKED:
            self._found.add("tracked_changes")
        elif name == "r":
            self._hidden = False
        elif name == "vanish":
            self._hidden = attributes.get("val") not in _OFF
        self._in_text = name == "t"

    def end(self, name: str, /) -> None:
        self._in_text = False
        if name == "r":
            self._hidden = False

    def text(self, data: str, /) -> None:
        if self._hidden and self._in_text and data.strip():
            self._found.add("hidden_text")


class Sheet(_Finding):
    """A sheet: hidden rows and columns with something in them. Empty ones are only its margin."""

    def __init__(self, found: set[str]) -> None:
        super().__init__(found)
        self._columns: list[tuple[int, int]] = []
        self._row_hidden = False
        self.cell_hidden = False

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """See a column, a row, a cell or its value."""
        match name:
            case "col" if attributes.get("hidden", "0") not in _OFF:
                first, last = attributes.get("min", ""), attributes.get("max", "")
                if first.isdecimal() and last.isdecimal() and len(self._columns) < 1000:
                    self._columns.append((int(first), int(last)))
            case "row":
                self._row_hidden = attributes.get("hidden", "0") not in _OFF
            case "c":
                self.cell_hidden = self._row_hidden or self._in_hidden(attributes.get("r", ""))
            case "v" | "is" if self.cell_hidden:
                self._found.add("hidden_cells")

    def _in_hidden(self, place: str) -> bool:
        letters = _COLUMN.match(place) if self._columns else None
        if letters is None:
            return False
        number = 0
        for letter in letters[0]:
            number = number * 26 + ord(letter) - 64
        return any(first <= number <= last for first, last in self._columns)


class _Slide(_Finding):
    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "sld" and attributes.get("show", "1") in _OFF:
            self._found.add("hidden_slides")


class _Notes(_Finding):
    """The notes of a slide. Its number, which every notes page has, is a field and no run."""

    def __init__(self, found: set[str]) -> None:
        super().__init__(found)
        self._in_run = False

    def start(self, name: str, _attributes: Mapping[str, str], /) -> None:
        if name in {"r", "fld"}:
            self._in_run = name == "r"

    def end(self, name: str, /) -> None:
        self._in_run = self._in_run and name != "r"

    def text(self, data: str, /) -> None:
        if self._in_run and data.strip():
            self._found.add("speaker_notes")


_PLACES: Final[tuple[tuple[re.Pattern[str], type[_Finding]], ...]] = (
    (re.compile(r".*\.rels"), _Relations),
    (re.compile(r".*/(?:threaded)?comments(?:/[^/]+|[^/]*)\.xml"), _Comments),
    # Not what has no text, and is larger than most letters.
    (re.compile(r"word/(?!(?:styles|styleswitheffects|fonttable|numbering)\.)[^/]+\.xml"), _Words),
    (re.compile(r"xl/workbook\.xml"), _Workbook),
    (re.compile(r"xl/worksheets/[^/]+\.xml"), Sheet),
    (re.compile(r"ppt/slides/[^/]+\.xml"), _Slide),
    (re.compile(r"ppt/notesslides/[^/]+\.xml"), _Notes),
)

"""The words of an Excel workbook's cells that print (ECMA-376 Part 1, 18).

Cells that hold text: how a number or a date is written is the program's.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Mapping
from typing import IO

from converters.fault import TooLarge
from converters.package import Relations, opened
from converters.unseen_office_xml import Sheet
from converters.words import words
from converters.xml_watch import Watch, follow

_MOST_CHARACTERS = 50_000_000  # all cells together: a string may stand in any number of them


def of(file: IO[bytes]) -> list[str]:
    """Return the words of all cells. Raises Damaged, TooLarge."""
    with opened(file) as archive:
        there = {name.lower(): name for name in archive.namelist()}
        book, relations, strings = _Book(), Relations(), _Strings()
        for name, watch in (
            ("xl/workbook.xml", book),
            ("xl/_rels/workbook.xml.rels", relations),
            ("xl/sharedstrings.xml", strings),
        ):
            if name in there:
                _follow(archive, there[name], watch)
        shown: list[str] = []
        for relation in book.printed:
            target = relations.targets.get(relation, "")
            name = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()
            if "/worksheets/" in name and name in there:
                cells = _Cells(strings.all)
                _follow(archive, there[name], cells)
                shown += cells.shown
    return words("\n".join(shown))


def _follow(archive: zipfile.ZipFile, name: str, watch: Watch) -> None:
    with archive.open(name) as part:
        follow(part, watch)


class _Book(Watch):
    """Which sheets print whole: those that are not hidden and have no print area."""

    def __init__(self) -> None:
        self._sheets: list[str | None] = []

    @property
    def printed(self) -> list[str]:
        """The relations of the sheets."""
        return [one for one in self._sheets if one is not None]

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "sheet":
            shown = attributes.get("state", "visible") == "visible"
            self._sheets.append(attributes.get("id") if shown else None)
        elif name == "definedName" and attributes.get("name") == "_xlnm.Print_Area":
            number = attributes.get("localSheetId", "")
            if number.isdecimal() and len(number) < 6 and int(number) < len(self._sheets):
                self._sheets[int(number)] = None


class _Strings(Watch):
    """The strings that cells share, without how they are spoken (rPh)."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._pieces: list[str] = []
        self._in_text = False
        self._spoken = 0

    def start(self, name: str, _attributes: Mapping[str, str], /) -> None:
        self._in_text = name == "t"
        self._spoken += name == "rPh"

    def end(self, name: str, /) -> None:
        self._in_text = False
        self._spoken -= name == "rPh"
        if name == "si":
            self.all.append("".join(self._pieces))
            self._pieces = []

    def text(self, data: str, /) -> None:
        if self._in_text and not self._spoken:
            self._pieces.append(data)


class _Cells(Sheet):
    """Takes the text of cells that are seen."""

    def __init__(self, strings: list[str]) -> None:
        super().__init__(set())
        self.shown: list[str] = []
        self._strings = strings
        self._kind = self._within = ""
        self._pieces: list[str] = []
        self._characters = 0

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        super().start(name, attributes)
        if name == "c":
            self._kind, self._pieces = attributes.get("t", ""), []
        self._within = name

    def end(self, name: str, /) -> None:
        self._within = ""
        if name == "c" and not self.cell_hidden:
            self._take("".join(self._pieces))

    def text(self, data: str, /) -> None:
        if self._within == ("v" if self._kind == "s" else "t"):
            self._pieces.append(data)

    def _take(self, held: str) -> None:
        if self._kind == "s":
            is_one = held.isdecimal() and len(held) < 9 and int(held) < len(self._strings)
            held = self._strings[int(held)] if is_one else ""
        if self._kind in {"s", "inlineStr"} and held:
            self._characters += len(held)
            if self._characters > _MOST_CHARACTERS:
                raise TooLarge("words")
            self.shown.append(held)

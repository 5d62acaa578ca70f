"""The words of the slides of a PowerPoint presentation that are shown (ECMA-376 Part 1, 19)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO

from converters.package import opened
from converters.words import words
from converters.xml_watch import Watch, follow

_SLIDE = re.compile(r"ppt/slides/[^/]+\.xml")
_OFF = {"0", "false", "off"}


def of(file: IO[bytes]) -> list[str]:
    """Return the words of all slides. Raises Damaged."""
    found: list[str] = []
    with opened(file) as archive:
        relations = archive.read("ppt/_rels/presentation.xml.rels").decode("utf-8", "replace")
        for name in archive.namelist():
            # A slide that was taken out may still be there, without a relation that leads to it.
            if _SLIDE.fullmatch(name) and name.removeprefix("ppt/") in relations:
                slide = _Slide()
                with archive.open(name) as part:
                    follow(part, slide)
                found += slide.shown
    return words("".join(found))


class _Slide(Watch):
    """Takes the text of runs; a field, such as the slide's number, is the program's."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self._is_shown = True
        self._skipped = 0
        self._in_text = False

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        match name:
            case "sld":
                self._is_shown = attributes.get("show", "1") not in _OFF
            case "cNvPr" if attributes.get("hidden", "0") not in _OFF:
                self._is_shown = False  # an object that is hidden: its slide is not looked at
                self.shown.clear()
            case "fld" | "Fallback":
                self._skipped += 1
            case "br":
                self.shown.append(" ")
        self._in_text = name == "t"

    def end(self, name: str, /) -> None:
        self._in_text = False
        if name in {"fld", "Fallback"}:
            self._skipped -= 1
        elif name == "p":
            self.shown.append("\n")

    def text(self, data: str, /) -> None:
        if self._in_text and self._is_shown and not self._skipped:
            self.shown.append(data)

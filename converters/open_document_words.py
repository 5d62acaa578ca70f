"""The words of an OpenDocument file as it prints (OASIS OpenDocument 1.3, part 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO
from xml.etree import ElementTree as ET

from converters.package import content
from converters.unseen_open_document import Content
from converters.words import words
from converters.xml_watch import follow

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_UNPRINTED = {
    f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_TEXT}note-citation",
    f"{_SVG}title", f"{_SVG}desc", f"{_TEXT}hidden-text", f"{_OFFICE}forms",
}  # fmt: skip
_SPACES = {f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"}


def _odt_text(part: IO[bytes]) -> Iterator[str]:
    skipped = 0
    body = False
    for event, element in ET.iterparse(part, events=("start", "end")):  # noqa: S314 -- the same
        # A paragraph inside another (a note, a text box) comes out first, and is cleared.
        if element.tag == f"{_OFFICE}body":
            body = event == "start"
        if element.tag in _UNPRINTED:
            skipped += 1 if event == "start" else -1
        if event == "end" and body and element.tag in {f"{_TEXT}p", f"{_TEXT}h"} and not skipped:
            yield "".join(_printed(element)) + "\n"
            element.clear()


def _printed(element: ET.Element) -> Iterator[str]:
    """Give the text of an element as it prints, however deep it is nested."""
    yield element.text or ""
    waiting = [iter(element)]
    inside: list[ET.Element] = []
    while waiting:
        child = next(waiting[-1], None)
        if child is None:
            waiting.pop()
            yield (inside.pop().tail or "") if inside else ""
        elif child.tag in _SPACES or child.tag in _UNPRINTED:
            yield (" " if child.tag in _SPACES else "") + (child.tail or "")
        else:
            yield child.text or ""
            inside.append(child)
            waiting.append(iter(child))


def of_text(file: IO[bytes]) -> list[str]:
    """Return the words of a text. Raises Damaged."""
    with content(file) as part:
        return words("".join(_odt_text(part)))


def of_pages(file: IO[bytes]) -> list[str]:
    """Return the words of the cells of a spreadsheet, or the slides of a presentation, that print.

    Of cells only those that hold text: how a number is written is the program's. Raises Damaged.
    """
    pages = _Pages()
    with content(file) as part:
        follow(part, pages)
    return words("".join(pages.shown))


class _Pages(Content):
    """Takes the text of paragraphs that stand on a page and are seen."""

    def __init__(self) -> None:
        super().__init__(set())
        self.shown: list[str] = []
        self._deep = 0  # in how many paragraphs
        self._is_text = True

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        super().start(name, attributes)
        if name in {"p", "h"}:
            self._deep += 1
        elif name in {"s", "tab", "line-break"}:
            self.shown.append(" ")
        elif name in {"table-cell", "covered-table-cell"}:
            self._is_text = attributes.get("value-type", "string") == "string"

    def end(self, name: str, /) -> None:
        super().end(name)
        if name in {"p", "h"}:
            self._deep -= 1
            self.shown.append("\n")
        elif name == "table":
            self._is_text = True

    def text(self, data: str, /) -> None:
        if self._deep and self._is_text and not self.is_unseen:
            self.shown.append(data)

"""The words of a source, in order, to be found again in its PDF."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Final
from xml.etree import ElementTree as ET

from converters import table, text
from converters.fault import Damaged

_WORD = re.compile(r"[^\W_]+")
_HYPHEN = re.compile(r"(?<=\w)[-\u2010]\s*\n\s*(?=\w)")
_NOT_WORD = re.compile(r"[\W_]+")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
_MAIN_PART = re.compile(
    rb'<Override\b(?=[^>]*ContentType="[^"]*wordprocessingml[^"]*main\+xml")'
    rb'[^>]*PartName="/([^"]+)"'
)

_MISSING_SHARE = 0.01
_MISSING_AT_LEAST = 2  # a date or page number that the engine computes anew is no loss
_TAIL_WORDS = 20
_LONG = 8  # letters; a word this long is hardly a part of another by chance
_MOST_LOOKED_FOR = 20_000


def of_docx(file: IO[bytes]) -> list[str]:
    """Return the words of a Word document's body as it prints. Raises Damaged."""
    with _opened(file) as archive:
        declared = _MAIN_PART.search(archive.read("[Content_Types].xml"))
        name = declared.group(1).decode("utf-8") if declared else "word/document.xml"
        with archive.open(name) as part:
            return words("".join(_docx_text(part)))


def of_odt(file: IO[bytes]) -> list[str]:
    """Return the words of an OpenDocument text as it prints. Raises Damaged."""
    with _opened(file) as archive, archive.open("content.xml") as part:
        return words("".join(_odt_text(part)))


def of_text(file: IO[bytes]) -> list[str]:
    """Return the words of a plain text."""
    return words(text.decoded(file.read())[0])


def of_table(file: IO[bytes]) -> list[str]:
    """Return the words of a CSV file, value by value."""
    return words("\n".join(value for row in table.rows(file.read()) for value in row))


# The sources whose words are looked for again.
READERS: Final[dict[str, Callable[[IO[bytes]], list[str]]]] = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": of_docx,
    "application/vnd.ms-word.document.macroEnabled.12": of_docx,
    "application/vnd.oasis.opendocument.text": of_odt,
    "text/plain": of_text,
    "text/csv": of_table,
}


def words(whole: str) -> list[str]:
    """Split a text into words that compare equal however they were set."""
    return _WORD.findall(_folded(whole))


def missing(source: list[str], printed: str) -> bool:
    """Say whether more than one word in a hundred is missing from a PDF's text, or its tail is.

    Words are counted, so that a repeated paragraph does not stand for a lost one.
    """
    allowed = max(_MISSING_AT_LEAST, int(len(source) * _MISSING_SHARE))
    if _absent(Counter(source), printed) > allowed:
        return True
    # The source's end must be near the PDF's: notes and columns may come behind it.
    start = min(len(printed) * 3 // 4, max(len(printed) - 20_000, 0))
    tail = source[-_TAIL_WORDS:]
    return _absent(Counter(tail), printed[start:]) > max(_MISSING_AT_LEAST, len(tail) // 5)


def _absent(wanted: Counter[str], printed: str) -> int:
    """Count the words that are nowhere in a text, however lines and pages took them apart."""
    folded = _folded(_HYPHEN.sub("", printed))
    there = Counter(_WORD.findall(folded))
    lacking = wanted - there
    if len(lacking) > _MOST_LOOKED_FOR:
        return lacking.total()
    joined = _NOT_WORD.sub("", folded)
    absent = 0
    for word, number in lacking.items():
        if len(word) >= _LONG or word >= "\u0590":
            # A long word may be broken at any place, and some scripts have no spaces. What is
            # read from the right may come out of a PDF in the order it stands on the page.
            found = max(joined.count(word), joined.count(word[::-1]))
            absent += min(number, max(wanted[word] - found, 0))
        else:
            absent += number
    return absent


def _folded(whole: str) -> str:
    return unicodedata.normalize("NFKC", whole.replace("\u00ad", "")).casefold()


def _docx_text(part: IO[bytes]) -> Iterator[str]:
    skipped = hidden = 0
    run: list[str] = []
    for event, element in ET.iterparse(part, events=("start", "end")):  # noqa: S314 -- in a sandbox
        tag = element.tag.replace(_W_STRICT, _W)
        if tag == _FALLBACK:  # the same text once more, for older readers
            skipped += 1 if event == "start" else -1
        if event == "start":
            if tag == f"{_W}r":
                hidden, run = 0, []
            continue
        if tag == f"{_W}vanish" and element.get(f"{_W}val") not in {"0", "false", "off"}:
            hidden = 1
        elif tag == f"{_W}t":
            run.append(element.text or "")
        elif tag in {f"{_W}tab", f"{_W}br", f"{_W}cr"}:
            run.append(" ")
        elif tag == f"{_W}r":
            if not skipped and not hidden:
                yield from run
            run = []
        elif tag == f"{_W}p":
            yield "\n"
            element.clear()


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
    yield element.text or ""
    for child in element:
        if child.tag in _SPACES:
            yield " "
        elif child.tag not in _UNPRINTED:
            yield from _printed(child)
        yield child.tail or ""


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        raise Damaged(type(error).__name__) from error

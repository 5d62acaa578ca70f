"""The words of a source as it should print, by its type: to be found again in its PDF.

A reader returns None for a source that it cannot follow: its PDF is checked for what it shows, not
for what it lacks, and that is said.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import IO, Final

from converters import (
    binary_sheet,
    binary_slides,
    binary_word,
    book,
    html,
    markdown,
    open_document_words,
    rich_text,
    sheet_words,
    slide_words,
    table,
    text,
    word_words,
)
from converters.fault import TooLarge
from converters.rendition import CHECKED
from converters.words import words

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml."
_OPEN = "application/vnd.oasis.opendocument."
_ENDS = ("", "-template", "-flat-xml")

# What a style says of words that are not shown, or are set letter by letter.
_NOT_READ = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0"
    r"(?![.\d]*[1-9])|font-size\s*:\s*[01](?:px|pt)?\s*(?:;|!|$|\})|text-indent\s*:\s*-"
    r"|letter-spacing\s*:\s*[.\d]|position\s*:\s*(?:absolute|fixed))",
    re.IGNORECASE,
)
_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]*)\}")
_NAME = re.compile(r"\.[a-z][\w-]*|^[a-z][\w-]*", re.IGNORECASE)


def of_text(file: IO[bytes]) -> list[str]:
    """Return the words of a plain text."""
    return words(text.decoded(file.read())[0])


def of_table(file: IO[bytes]) -> list[str]:
    """Return the words of a CSV file, value by value."""
    return words("\n".join(value for row in table.rows(file.read()) for value in row))


def of_page(file: IO[bytes]) -> list[str]:
    """Return the words of a page of HTML, without what its styles hide."""
    seen = _Page()
    seen.feed(html.cleaned(html.decoded(file.read())))
    seen.close()
    return words("".join(seen.found))


def of_markdown(file: IO[bytes]) -> list[str]:
    """Return the words of a Markdown text as it shows."""
    try:
        page, _ = markdown.as_html(source := file.read())
    except TooLarge:
        return words(text.decoded(source)[0])
    return of_page(io.BytesIO(page.encode("utf-8")))


def of_book(file: IO[bytes]) -> list[str]:
    """Return the words of a book, chapter by chapter."""
    pages, _ = book.read(file.read())
    return [word for page, _ in pages for word in of_page(io.BytesIO(page))]


class _Page(HTMLParser):
    """Reads what nh3 wrote: every element is closed there. Style sheets come before what they hide,
    or their words are counted as shown.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hiding: set[str] = set()  # ".name" of a class, or an element's
        self._hidden = 0  # how deep in what is not shown
        self._in_sheet = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Follow into an element."""
        said = dict(attrs)
        self._in_sheet = tag == "style"
        if tag not in html.INLINE:
            self.found.append("\n")
        if tag in html.VOID:
            return
        names = {tag, *(f".{each.lower()}" for each in (said.get("class") or "").split())}
        if self._hidden or _NOT_READ.search(said.get("style") or "") or names & self._hiding:
            self._hidden += 1

    def handle_endtag(self, tag: str) -> None:
        """Come out of an element."""
        self._in_sheet = False
        if tag not in html.INLINE:
            self.found.append("\n")
        if self._hidden and tag not in html.VOID:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        """Take what is shown."""
        if self._in_sheet:
            for selectors, said in _RULE.findall(data):
                if _NOT_READ.search(said):
                    self._hiding |= set(_selected(selectors))
        elif not self._hidden:
            self.found.append(data)


def _selected(selectors: str) -> Iterator[str]:
    """Give the classes that a rule is for, each with its dot, or the element where it has none."""
    for selector in selectors.lower().split(","):
        names = _NAME.findall((selector.split() or [""])[-1])
        classes = [name for name in names if name.startswith(".")]
        yield from classes or names


# The sources whose words are looked for again.
READERS: Final[Mapping[str, Callable[[IO[bytes]], list[str] | None]]] = {
    "text/plain": of_text,
    "text/csv": of_table,
    "text/html": of_page,
    "text/markdown": of_markdown,
    "application/epub+zip": of_book,
    "application/msword": binary_word.words_of,
    "application/vnd.ms-excel": binary_sheet.words_of,
    "application/vnd.ms-powerpoint": binary_slides.words_of,
    "application/rtf": rich_text.words_of,
    **dict.fromkeys((f"{_WORD}document", f"{_WORD}template"), word_words.of),
    "application/vnd.ms-word.document.macroEnabled.12": word_words.of,
    "application/vnd.ms-word.template.macroEnabled.12": word_words.of,
    **dict.fromkeys((f"{_EXCEL}sheet", f"{_EXCEL}template"), sheet_words.of),
    "application/vnd.ms-excel.sheet.macroEnabled.12": sheet_words.of,
    "application/vnd.ms-excel.template.macroEnabled.12": sheet_words.of,
    **dict.fromkeys((f"{_SLIDES}{one}" for one in ("presentation", "slideshow", "template")),
                    slide_words.of),
    "application/vnd.ms-powerpoint.presentation.macroEnabled.12": slide_words.of,
    "application/vnd.ms-powerpoint.slideshow.macroEnabled.12": slide_words.of,
    **dict.fromkeys((f"{_OPEN}text{end}" for end in _ENDS), open_document_words.of_text),
    **dict.fromkeys(
        (f"{_OPEN}{kind}{end}" for kind in ("spreadsheet", "presentation") for end in _ENDS),
        open_document_words.of_pages,
    ),
}  # fmt: skip
assert READERS.keys() == CHECKED

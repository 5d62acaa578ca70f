"""What goes into the workshop and what comes out: a source, and its PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

RESULT: Final = "rendition.pdf"  # the name of every PDF that is made
WORDS: Final = "words.txt"  # of a scan, as they were read
THUMBNAIL: Final = "thumbnail.webp"  # the name of every one
COPY: Final = "unlocked"  # the name of a locked Office document's copy without its lock
TABLE: Final = "source.fods"  # the form in which a table of values reaches LibreOffice

# The types whose words are looked for again in the PDF; converters.source_words reads them.
CHECKED: Final = frozenset(
    {
        "text/plain",
        "text/html",
        "text/markdown",
        "application/epub+zip",
        "text/csv",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/rtf",
        *(
            f"application/vnd.openxmlformats-officedocument.{one}"
            for one in (
                *("wordprocessingml.document", "wordprocessingml.template"),
                *("spreadsheetml.sheet", "spreadsheetml.template"),
                *("presentationml.presentation", "presentationml.slideshow"),
                "presentationml.template",
            )
        ),
        *(
            f"application/vnd.ms-{one}.macroEnabled.12"
            for one in (
                *("word.document", "word.template", "excel.sheet", "excel.template"),
                *("powerpoint.presentation", "powerpoint.slideshow"),
            )
        ),
        *(
            f"application/vnd.oasis.opendocument.{one}{end}"
            for one in ("text", "spreadsheet", "presentation")
            for end in ("", "-template", "-flat-xml")
        ),
    }
)

# Of them, those that are one stream of words. Cells, boxes and notes come in an order of their own.
IN_ORDER: Final = frozenset({"text/plain"})

# And those whose columns beyond the page's width are printed behind all their rows.
PRINTED_IN_COLUMNS: Final = frozenset(
    one for one in CHECKED if "spreadsheet" in one or "ms-excel" in one
)


@dataclass(frozen=True)
class Source:
    """A file to convert. Its name never leaves the caller."""

    file: Path
    media_type: str
    images: Mapping[str, Path] = field(default_factory=dict)  # by Content-ID, for HTML
    title: str = ""
    heading: tuple[tuple[str, str], ...] = ()  # lines above a message: label and words
    language: str = ""  # that the words are in (BCP 47); "" where nobody knows. For HTML
    seconds: int | None = None  # of wall time for each program that works on it; None: the setting


@dataclass(frozen=True)
class Scan:
    """The copy of a scan with words under its pictures, and the words of its first page."""

    file: Path
    first_page: str


@dataclass(frozen=True)
class Rendition:
    """The PDF of a source, and what made it."""

    file: Path
    pages: int
    bytes: int
    engine: str
    settings: str
    warnings: tuple[str, ...]

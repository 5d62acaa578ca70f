"""The check after every conversion: a PDF that opens, shows something, is inert, lost no words.

LibreOffice reports success for a PDF of noise and for one that lacks the end of the document.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO, Final

import pikepdf

from converters import active, fonts, nothing, source_pictures, source_words, text, words
from converters.fault import EngineFailed, Shortened
from converters.rendition import IN_ORDER, PRINTED_IN_COLUMNS

_MOST_TEXT_BYTES = 256 * 1024 * 1024
_PAINTS: Final = frozenset(
    {"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "Tj", "TJ", "'", '"', "Do", "sh"}
    | {"INLINE IMAGE"}
)
_LOOKED_AT = 50  # pages; one that shows something is enough


def check(pdf: int, source: int, media_type: str, printed: int | None = None) -> dict[str, Any]:
    """Answer {"pages", "compared", "pictures_missing", "nothing"}.

    `printed` is the PDF's text as another program read it. "compared" says whether the words of the
    source were looked for in it, "pictures_missing" how many fewer pictures it has, and "nothing"
    that it is blank, as its source is. Raises EngineFailed, Shortened, Unreadable.
    """
    with os.fdopen(pdf, "rb") as opened:
        pages, pictures, shows = _looked_at(opened)
    if not shows:
        with os.fdopen(os.dup(source), "rb") as original:
            if not nothing.to_show(original, media_type):
                raise EngineFailed("blank pages")
        os.lseek(source, 0, os.SEEK_SET)
    missing = 0
    wanted: list[str] | None = None
    reader = source_words.READERS.get(media_type)
    if reader is not None and printed is not None:
        with os.fdopen(source, "rb") as original, os.fdopen(printed, "rb") as its_text:
            found = its_text.read(_MOST_TEXT_BYTES).decode("utf-8", "replace")
            wanted = reader(original)
            if wanted is not None:
                _compare(wanted, found, original, media_type)
            original.seek(0)
            missing = max(source_pictures.of(original, media_type) - pictures, 0)
    compared = wanted is not None
    return {
        "pages": pages,
        "compared": compared,
        "pictures_missing": missing,
        "nothing": not shows,
    }


def _compare(wanted: list[str], found: str, original: BinaryIO, media_type: str) -> None:
    if words.missing(wanted, found, end_anywhere=media_type in PRINTED_IN_COLUMNS):
        raise Shortened
    if media_type in IN_ORDER and words.disordered(wanted, found):
        original.seek(0)
        # Columns are read one after the other, in whatever order they were written.
        if not text.is_columns(text.decoded(original.read())[0]):
            raise Shortened("order")
    fonts.unshown(" ".join(wanted))


def _looked_at(opened: BinaryIO) -> tuple[int, int, bool]:
    """Return how many pages and how many pictures a PDF has, and whether it shows something."""
    pictures = masks = 0
    try:
        with pikepdf.open(opened) as pdf:
            for each in pdf.objects:
                if any(active.of_object(each)):
                    raise EngineFailed("active content in the output")
                if _is_picture(each):
                    pictures += 1
                    masks += "/SMask" in each  # how transparent a picture is stands in a second one
            count = len(pdf.pages)
            shows = any(_shows_something(each) for each in pdf.pages[:_LOOKED_AT])
    except pikepdf.PasswordError as error:
        raise EngineFailed("locked output") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError) as error:
        raise EngineFailed(f"output: {type(error).__name__}") from error
    return count, pictures - masks, shows


def _is_picture(found: pikepdf.Object) -> bool:
    return isinstance(found, pikepdf.Stream) and found.get("/Subtype") == "/Image"


def _shows_something(page: pikepdf.Page) -> bool:
    """Say whether a page paints anything: LibreOffice prints blank what it cannot follow."""
    return any(str(step.operator) in _PAINTS for step in pikepdf.parse_content_stream(page))

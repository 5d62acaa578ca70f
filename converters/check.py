"""The check after every conversion: a PDF that opens, has pages, holds nothing active, lost nothing.

LibreOffice reports success for a PDF of noise and for one that lacks the end of the document.
"""

from __future__ import annotations

import os
from typing import Any, Final

import pikepdf

from converters import words
from converters.fault import EngineFailed, Shortened

_MOST_TEXT_BYTES = 256 * 1024 * 1024
_ACTIONS: Final = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToR", "/GoToE", "/Rendition"}
_ACTIVE_KEYS: Final = ("/JS", "/EF", "/XFA", "/RichMediaContent")


def check(pdf: int, source: int, media_type: str, printed: int | None) -> dict[str, Any]:
    """Answer {"pages"}. `printed` is the PDF's text as another program read it.

    Raises EngineFailed, Shortened.
    """
    with os.fdopen(pdf, "rb") as opened:
        pages = _pages(opened)
    reader = words.READERS.get(media_type)
    if reader is not None and printed is not None:
        with os.fdopen(source, "rb") as original, os.fdopen(printed, "rb") as text:
            found = text.read(_MOST_TEXT_BYTES).decode("utf-8", "replace")
            if words.missing(reader(original), found):
                raise Shortened
    return {"pages": pages}


def _pages(opened: Any) -> int:
    try:
        with pikepdf.open(opened) as pdf:
            for each in pdf.objects:
                if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
                    _refuse_active(each)
            count = len(pdf.pages)
    except pikepdf.PasswordError as error:
        raise EngineFailed("locked output") from error
    except (pikepdf.PdfError, ValueError, RuntimeError) as error:
        raise EngineFailed(f"output: {type(error).__name__}") from error
    if not count:
        raise EngineFailed("no pages")
    return count


def _refuse_active(each: pikepdf.Object) -> None:
    if any(key in each for key in _ACTIVE_KEYS) or str(each.get("/S", "")) in _ACTIONS:
        raise EngineFailed("active content in the output")

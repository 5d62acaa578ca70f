"""The words of a Rich Text document (its specification 1.9.1), as striprtf reads them."""

from __future__ import annotations

import re
from typing import IO, Final

from striprtf.striprtf import rtf_to_text

from converters.words import words

_MOST_BYTES: Final = 64 * 1024 * 1024
_MOST_FIELDS: Final = 500  # striprtf looks from each of them for the end of all
# Words that are not shown, or struck out as deleted: what prints is not told from them here.
_NOT_SHOWN = re.compile(rb"\\(?:v(?![a-z0-9])|deleted(?![a-z]))")
_PICTURE = re.compile(r"(?:[0-9a-f]{2}){32,}")  # the bytes of one, where they count as text


def words_of(file: IO[bytes]) -> list[str] | None:
    """Return the words that print, or None where that cannot be told."""
    source = file.read(_MOST_BYTES + 1)
    is_long = len(source) > _MOST_BYTES or source.count(b"\\fldinst") > _MOST_FIELDS
    if is_long or _NOT_SHOWN.search(source):
        return None
    try:
        text = rtf_to_text(source.decode("latin-1"), encoding="cp1252", errors="replace")
    except (LookupError, ValueError, OverflowError):  # a number or a code page that none has
        return None
    return [word for word in words(text) if not _PICTURE.fullmatch(word)]

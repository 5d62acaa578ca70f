"""A mail of ours: its subject, text and HTML, and foreign words made harmless for all three."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from gateway.telling.html import html_of
from gateway.telling.sheet import Sheet
from gateway.telling.text import text_of

_MOST_CHARACTERS = 255
# Control (also what ends a line), format (also what turns the writing), surrogate, line separators.
_HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@dataclass(frozen=True)
class Mail:
    """What a mail says, in one form or two. Foreign words in it went through `harmless`."""

    subject: str
    text: str
    html: str | None = None
    suggests: str | None = None  # the case that it asks about, for a YES

    @classmethod
    def of(cls, sheet: Sheet) -> Mail:
        """Write both forms of a sheet."""
        return cls(sheet.subject, text_of(sheet), html_of(sheet), sheet.suggests)


def harmless(foreign: str) -> str:
    """Return foreign words for one line of a mail: nothing in it ends, hides or turns the line.

    At most 255 characters, the last one an ellipsis where it was longer.
    """
    plain = "".join(
        " " if unicodedata.category(char) in _HARMFUL else char
        for char in foreign[: 4 * _MOST_CHARACTERS]
    )
    line = " ".join(plain.split())
    if len(line) <= _MOST_CHARACTERS:
        return line
    return line[: _MOST_CHARACTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def counted(number: int, noun: str) -> str:
    """Say `1 document` or `3 documents`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

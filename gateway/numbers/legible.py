"""Legible: a text as a person sees it, in ASCII digits and dashes, and where each character was."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

SOFT_HYPHEN = "\u00ad"  # some programs show it as a dash, others not at all
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
# Letters of other alphabets that nobody can tell from O and I, which stand for 0 and 1.
_LOOK_ALIKES = str.maketrans(
    "\u041e\u043e\u039f\u03bf\u0406\u0456\u04c0\u04cf\u0399\u0555\u0585", "OoOoIiIlIOo"
)
_SPACED_DASH = re.compile(r"(?<=\d)[ \t]*\n?[ \t]*-[ \t]*\n?[ \t]*(?=\d)")
# What has no width and no digit in it: control and format characters, marks on other characters,
# and the letters and signs that are blank (DerivedCoreProperties, Default_Ignorable_Code_Point).
_UNSEEN = {"Cc", "Cf", "Me", "Mn"}
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def visible(text: str) -> tuple[str, Sequence[int]]:
    """Leave out what is not seen, as what hides a digit; say where each character was."""
    unseen = {char for char in set(text) if _is_unseen(char)}
    if not unseen:
        return text, range(len(text))
    offsets = [place for place, char in enumerate(text) if char not in unseen]
    return "".join(text[place] for place in offsets), offsets


def _is_unseen(char: str) -> bool:
    return (unicodedata.category(char) in _UNSEEN and not char.isspace()) or char in _BLANK


def ascii_form(text: str) -> str:
    """Write dashes, digits and full-width forms as ASCII, one character for one."""
    return "".join(map(_plain, text)) if not text.isascii() else text.replace("_", " ")


def _plain(char: str) -> str:
    if char in _DASHES:
        return "-"
    if char.isdigit():  # a raised one too: 24-00123⁴ is no number that ends before its last digit
        return str(unicodedata.digit(char))
    if "\uff01" <= char <= "\uff5e":
        return chr(ord(char) - 0xFEE0)
    if char == "_" or (char.isspace() and char != "\n"):
        return " "
    return char.translate(_LOOK_ALIKES)


def squeezed(text: str) -> tuple[str, list[int]]:
    """Take the spaces beside a dash between digits away; say where each character was."""
    kept: list[str] = []
    offsets: list[int] = []
    position = 0
    for gap in _SPACED_DASH.finditer(text):
        kept.append(text[position : gap.start()] + "-")
        offsets.extend(range(position, gap.start()))
        offsets.append(gap.start() + gap[0].index("-"))
        position = gap.end()
    kept.append(text[position:])
    offsets.extend(range(position, len(text)))
    return "".join(kept), offsets

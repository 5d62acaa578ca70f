"""Visible: what of a text can be seen. Controls, blanks and piles of accents go."""

from __future__ import annotations

import re
import unicodedata

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Default_Ignorable_Code_Point of Unicode 15 beyond the format characters (Cf), and the blank
# Braille cell and the noncharacters: they show nothing, so two names could look alike.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufdd0-\ufdef"
    "\ufff0-\ufff8\ufffe\uffff\U000e0000-\U000e0fff]"
)
# Control, format and surrogate code points. Private use is somebody's letter, and what this
# Python's Unicode does not know yet may be tomorrow's.
_NO_TEXT = {"Cc", "Cf", "Cs"}
# No writing stacks more marks on one letter; a hundred of them cover the lines above and below.
_MOST_MARKS = 8


def shown_only(text: str, remarks: list[str]) -> str:
    """Return a text in NFC, without what does not show; `remarks` gets what was changed."""
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    found: set[str] = set()
    for char in text:
        if char in _BIDI:
            found.add("bidi")
        elif _shows_nothing(char):
            found.add("controls")
        else:
            kept.append(char)
    remarks.extend(code for code in ("controls", "bidi") if code in found)
    joined = "".join(kept)
    composed = unicodedata.normalize("NFC", joined)
    if composed != joined:
        remarks.append("normalised")
    thinned = _with_few_marks(composed)
    if thinned != composed:
        remarks.append("marks")
    return thinned


def _shows_nothing(char: str) -> bool:
    if unicodedata.category(char) in _NO_TEXT or _UNSEEN.match(char):
        return True
    return ord(char) & 0xFFFE == 0xFFFE  # the last two of every plane are no characters


def is_mark(char: str) -> bool:
    """Say whether a character stands on the one before it: an accent, a vowel sign."""
    return unicodedata.category(char)[0] == "M"


def _with_few_marks(text: str) -> str:
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if is_mark(char) else 0
        if run <= _MOST_MARKS:
            kept.append(char)
    # What stood apart may stand together now.
    return text if len(kept) == len(text) else unicodedata.normalize("NFC", "".join(kept))

"""Cyrillic letters: which of their encodings bytes are in. Too short a text is Japanese to a guess.

What one encoding has for small letters another has for capitals, so that the wrong one is seen by
capitals within words; and by vowels, which another alphabet does not have in these places.
"""

from __future__ import annotations

import re
from typing import Final

_ENCODINGS: Final = ("cp1251", "koi8-r", "cp866")
_WORD = re.compile("[\u0410-\u044f\u0401\u0451]+")
_CAPITAL_WITHIN = re.compile("[\u0430-\u044f\u0451][\u0410-\u042f\u0401]")
_VOWELS = re.compile(
    "[\u0430\u0435\u0438\u043e\u0443\u044b\u044d\u044e\u044f\u0451]", re.IGNORECASE
)
_SAMPLE_BYTES = 16 * 1024
_LEAST_LETTERS = 4
_LEAST_VOWELS, _MOST_VOWELS = 0.3, 0.6  # of the letters
_STRANGE = 0.1  # of what is beyond ASCII, or of the words


def likeliest(source: bytes) -> str | None:
    """Return the encoding in which bytes are a text of Cyrillic letters; None where in none."""
    sample = source[:_SAMPLE_BYTES]
    return next((codec for codec in _ENCODINGS if _fits(sample.decode(codec, "replace"))), None)


def _fits(text: str) -> bool:
    found = _WORD.findall(text)
    letters = sum(map(len, found))
    foreign = sum(char > "\x7f" for char in text)
    if letters < max(_LEAST_LETTERS, (1 - _STRANGE) * foreign):
        return False
    if sum(bool(_CAPITAL_WITHIN.search(word)) for word in found) > _STRANGE * len(found):
        return False
    vowels = sum(len(_VOWELS.findall(word)) for word in found)
    return _LEAST_VOWELS * letters <= vowels <= _MOST_VOWELS * letters

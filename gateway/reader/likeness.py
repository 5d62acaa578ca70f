"""Likeness: whether two forms of a message say the same words."""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"(?:https?://|www\.|mailto:)\S+", re.IGNORECASE)
# One form shows a link's target or a button, another does not: a word in five is still the same.
_ONE_IN = 5
_FEW = 8  # words that may differ in a message however short


def is_within(text: str, whole: str, *, one_in: int) -> bool:
    """Say whether all words of a text but one in `one_in` are in another, as often as there."""
    words = _counted(text)
    missing = words - _counted(whole)
    return missing.total() * one_in <= words.total()


def differ(one: str, other: str) -> bool:
    """Say whether two forms disagree: more than a word in five of either is not in the other.

    Web addresses do not count.
    """
    here, there = (_counted(_ADDRESS.sub(" ", text)) for text in (one, other))
    return any(
        (mine - theirs).total() > max(_FEW, mine.total() // _ONE_IN)
        for mine, theirs in ((here, there), (there, here))
    )


def _counted(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))

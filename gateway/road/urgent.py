"""Urgent: why a package seems to be, by the words of the settings or the sender's own mark.

Design.md, safety rule 10: a suggestion that puts it first in every list, and decides nothing. Only
the subject and the new words count: what is quoted was urgent once. A deadline on the form goes
before any word.
"""

from __future__ import annotations

import functools
import re

from config.settings import Urgency
from gateway.numbers.legible import ascii_form, visible
from gateway.road.package import Package

_GAP = r"(?:\s*-\s*|\s+)"
_BETWEEN = re.compile(r"[\s-]+")


def urgent(package: Package, urgency: Urgency) -> Package:
    """Return the package with the sentence that says why it seems urgent, if it does.

    Words are found whole, in any case, with any space, line end or dash between them. The sentence
    quotes the settings, never the sender.
    """
    own = package.words[0]
    places = (
        ("The subject says", f"{package.subject}\n{own.other_subjects}"),
        ("The message says", f"{own.new}\n{own.other}"),
    )
    found = ((said, _first(text, urgency.words)) for said, text in places)
    why = _deadline(package) or next(
        (f'{said} "{word}".' for said, word in found if word is not None), None
    )
    if why is None and urgency.importance_headers and package.importance is not None:
        why = "The sender marked it with high importance."
    return package.but(urgent=why)


def _deadline(package: Package) -> str | None:
    day = None if package.typed is None else package.typed.deadline
    return None if day is None else f"The form names a deadline: {day.day} {day:%B %Y}."


def _first(text: str, words: tuple[str, ...]) -> str | None:
    match = _pattern(words).search(ascii_form(visible(text)[0])) if words else None
    return None if match is None else words[int((match.lastgroup or "w0")[1:])]


@functools.cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    spelled = (
        _GAP.join(map(re.escape, _BETWEEN.split(ascii_form(word.strip())))) for word in words
    )
    named = "|".join(f"(?P<w{place}>{one})" for place, one in enumerate(spelled))
    return re.compile(rf"(?<![^\W_])(?:{named})(?![^\W_])", re.IGNORECASE)

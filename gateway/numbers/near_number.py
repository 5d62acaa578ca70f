"""Near numbers: what somebody may have meant who did not quite write a case number of ours.

Only for a question ("Did you mean 24-001234?"), never taken: the number that is nearest to a slip
may be another patient's (safety rule 1).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from gateway.numbers.case_number import CaseShape

_DIGITS = str.maketrans("OoQDIiLl|ZzSsBG", "000011111225586")
_LETTERS = str.maketrans("0158", "OISB")
_CENTURY = re.compile(r"(?:19|20)(?=\d\d\Z)")
_LONGEST = 40


def near_numbers(text: str, shape: CaseShape) -> tuple[str, ...]:
    """Return the case numbers that a text may be a slip of, the likeliest first; a few dozen.

    A letter for the digit it looks like (O for 0), another sign for the dash or none, a year with
    its century, zeros left out. Of what has the very shape of a number: two neighbours that have
    changed places. A digit more or less names too many numbers to be asked about.
    """
    plain = shape.plain(text)[:_LONGEST]
    exact = shape.normal(plain)
    found = _swapped(exact) if exact is not None else _mended(plain, shape.example)
    numbers = (shape.normal(one) for one in found)
    return tuple(dict.fromkeys(one for one in numbers if one is not None and one != exact))


def _swapped(number: str) -> Iterator[str]:
    places = [place for place, char in enumerate(number) if char.isalnum()]
    for one, other in itertools.pairwise(places):
        chars = list(number)
        chars[one], chars[other] = chars[other], chars[one]
        yield "".join(chars)


def _mended(text: str, example: str) -> Iterator[str]:
    runs = re.findall(r"[^\W_]+", text)
    wanted = re.findall(r"[^\W_]+", example)
    if len(runs) == len(wanted):
        yield from _laid_out("".join(map(_filled, runs, wanted)), example)
    yield from _laid_out(text, example)


def _laid_out(text: str, example: str) -> Iterator[str]:
    """Write the digits and letters of a text as the example has them."""
    written = iter([char for char in text if char.isalnum()])
    laid = ""
    for wanted in example:
        if not wanted.isalnum():
            laid += wanted
            continue
        char = next(written, None)
        if char is None:
            return
        laid += char.translate(_DIGITS if wanted.isdigit() else _LETTERS)
    if next(written, None) is None:
        yield laid


def _filled(run: str, wanted: str) -> str:
    if not wanted.isdigit():
        return run
    return _CENTURY.sub("", run).rjust(len(wanted), "0") if len(run) != len(wanted) else run

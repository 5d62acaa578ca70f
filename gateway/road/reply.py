"""Reply: a mail that answers our question with a case number, and with nothing else.

It is the answer page by mail. The number is read strictly: where anything else of the letter speaks
of a case, or it brings a document, it is a letter like any other and goes down the road.
"""

from __future__ import annotations

import re

from gateway.case_number import CaseShape
from gateway.road.package import Package
from gateway.road.places import RANKS, places

_NO_DOCUMENT = {"narrative", "alternative", "decoration"}
_WORD = re.compile(r"\w+")


def number_in(package: Package, shape: CaseShape, tags: tuple[str, ...]) -> str | None:
    """Return the case number that a reply of a known and proven firm consists of, or None.

    It stands alone in the first line of the new words, and nothing is said below it: what stands
    there would be in no case. A closing is set apart already; without one the sender's own name is
    no word.
    """
    is_letter_of_its_own = (
        package.resolution.firm_id is None
        or package.automatic
        or package.typed is not None
        or package.is_sealed
        or package.is_unread
        or package.elsewhere
        or any(part.reason not in _NO_DOCUMENT for part in package.parts)
    )
    if is_letter_of_its_own or not package.answered:
        return None
    first, _, beside = package.narrative.strip().partition("\n")
    number = shape.normal(first.strip().rstrip("."))
    sender = "".join(package.header_from.casefold().split())
    if number is None or any(word not in sender for word in _WORD.findall(beside.casefold())):
        return None
    trusted = {name for rank in RANKS[:2] for name in rank}
    said = {
        one.found.number
        for one in places(package, shape, tags)
        if one.found_in in trusted and one.counts
    }
    thread = {one.number for one in package.resolution.candidates if one.found_in == "thread"}
    return number if said | thread == {number} else None

"""Reply: a mail that answers our question with a case number, or with yes, and with nothing else.

It is the answer page, or that of a code, by mail. It is read strictly: where anything else of the
letter speaks of a case, or it brings a document, it is a letter like any other and goes down the
road.
"""

from __future__ import annotations

import re

from gateway.case_number import CaseShape
from gateway.road.package import Package
from gateway.road.places import RANKS, places

_WORD = re.compile(r"\w+")
_YES = re.compile(
    r"yes(?: please| i (?:did|sent (?:this|it|them))| (?:that|this|it) was me)?|i confirm|confirmed"
    r"|\d{3} ?\d{3}"  # the code: whoever copies it means yes
)
_STOPS = re.compile(r"[.,!]+")


def number_in(package: Package, shape: CaseShape, tags: tuple[str, ...]) -> str | None:
    """Return the case number that a reply of a known and proven firm consists of, or None.

    It stands alone in the first line of the new words, and nothing is said below it: what stands
    there would be in no case. A closing is set apart already; without one the sender's own name is
    no word.
    """
    if package.resolution.firm_id is None:
        return None
    said = _said_alone(package)
    number = None if said is None else shape.normal(said.rstrip("."))
    if number is None:
        return None
    trusted = {name for rank in RANKS[:2] for name in rank}
    numbers = {
        one.found.number
        for one in places(package, shape, tags)
        if one.found_in in trusted and one.counts
    }
    thread = {one.number for one in package.resolution.candidates if one.found_in == "thread"}
    return number if numbers | thread == {number} else None


def says_yes(package: Package) -> bool:
    """Say whether a reply says yes and nothing else, whoever it is from.

    Who never sent us what we ask about answers as well, and says that: so a reply is no yes.
    """
    said = _said_alone(package)
    return said is not None and _YES.fullmatch(_STOPS.sub("", said.casefold()).strip()) is not None


def _said_alone(package: Package) -> str | None:
    """Return the first line of a reply that says and brings nothing else, or None."""
    if package.stands_alone or not package.answered:
        return None
    first, _, beside = package.narrative.strip().partition("\n")
    sender = "".join(package.header_from.casefold().split())
    if any(word not in sender for word in _WORD.findall(beside.casefold())):
        return None
    return first.strip()

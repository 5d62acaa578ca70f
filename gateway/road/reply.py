"""Reply: a mail that answers our question with a case number, or with yes, and with nothing else.

It is the answer page, or that of a code, by mail. It is read strictly: where anything else of the
letter speaks of a case, or it brings a document, it is a letter like any other and goes down the
road.
"""

from __future__ import annotations

import re

from gateway.numbers.case_number import CaseShape
from gateway.numbers.near_number import near_numbers
from gateway.road.package import Package
from gateway.road.places import RANKS, places

_WORD = re.compile(r"\w+")
_YES = re.compile(
    r"yes(?: please| i (?:did|sent (?:this|it|them))| (?:that|this|it) was me)?|i confirm|confirmed"
    r"|\d{3} ?\d{3}"  # the code: whoever copies it means yes
)
_AGREES = re.compile(
    r"yes(?: please| thanks| thank you| correct| i (?:did|do)"
    r"| (?:it|that)(?: is|['\u2019]s)(?: it| right| correct)?)?|correct|confirmed"
)
_STOPS = re.compile(r"[.,!]+")
# What people put around the number that they were asked for. No word here denies, doubts or asks.
# fmt: off
_POLITE = frozenset((
    "hi", "hello", "dear", "good", "morning", "afternoon", "thank", "thanks", "you", "many",
    "kind", "regards", "best", "please", "sorry", "apologies", "my", "our", "your", "the", "this",
    "that", "it", "its", "it's", "is", "was", "should", "be", "are", "these", "they", "belong",
    "belongs", "to", "for", "under", "of", "here", "in", "with", "case", "claim", "file", "matter",
    "number", "no", "nr", "ref", "reference", "re", "as", "and", "requested", "asked", "above",
    "hallo", "guten", "tag", "danke", "vielen", "dank", "bitte", "es", "ist", "die", "das", "der",
    "den", "zu", "zum", "für", "fall", "akte", "nummer", "aktenzeichen", "mit", "freundlichen",
    "grüßen",
))
# fmt: on
# Whoever is called so ("Not Guilty LLP") has said it all the same.
_DENIES = frozenset(
    (
        "not",
        "never",
        "neither",
        "nor",
        "wrong",
        "but",
        "other",
        "without",
        "nicht",
        "kein",
        "falsch",
    )
)
_AROUND = ".,:;!#()\u2013\u2014-"
_MOST_CHARACTERS = 300


def number_in(package: Package, shape: CaseShape, tags: tuple[str, ...]) -> str | None:
    """Return the case number that a reply of a known and proven firm consists of, or None.

    Nothing is said beside it but what is polite: it would be in no case. A closing is set apart
    already; without one the sender's own name is no word.
    """
    if package.resolution.firm_id is None:
        return None
    number = shape.normal(_said_politely(package))
    return number if number is not None and _named(package, shape, tags) == {number} else None


def slip_in(package: Package, shape: CaseShape, tags: tuple[str, ...]) -> str | None:
    """Return what such a reply consists of where it is no case number, but near to some, or None.

    Nothing else of the reply is meant for a case number.
    """
    if package.resolution.firm_id is None:
        return None
    said = _said_politely(package)
    if shape.normal(said) is not None or not near_numbers(said, shape):
        return None
    return said if _named(package, shape, tags) <= {said} else None


def agreed_in(package: Package, shape: CaseShape, tags: tuple[str, ...]) -> frozenset[str] | None:
    """Return the numbers that a yes of a known and proven firm names; None for any other letter.

    "YES, 24-001234" names one: it is a yes to the mail that asked about that very case. Its thread
    names none: that is where the question is by now.
    """
    said = _said_alone(package)
    if package.resolution.firm_id is None or said is None:
        return None
    word, _, number = said.partition(" ")
    if (named := shape.normal(number.rstrip("."))) is not None:
        said = word
    if _AGREES.fullmatch(_plain(said)) is None:
        return None
    return frozenset(_said(package, shape, tags) | ({named} if named else set()))


def may_answer(package: Package) -> bool:
    """Say whether a letter may be an answer: it answers mails, and is nothing but its words.

    Where a message has two forms of its words, its writer and we must have seen the same: a word
    that the other form has, and these have not, is no answer of theirs.
    """
    own = package.own_words
    new, other, text = (_WORD.findall(one.casefold()) for one in (own.new, own.other, own.text))
    # A history that is cut off one form alone stands behind the same words in the other.
    is_longer = other[: len(new)] == new and set(other[len(new) :]) <= set(text)
    says_the_same = is_longer or set(other) <= set(new)
    return bool(package.answered) and not package.stands_alone and says_the_same


def says_yes(package: Package) -> bool:
    """Say whether a reply says yes and nothing else, whoever it is from.

    Who never sent us what we ask about answers as well, and says that: so a reply is no yes.
    """
    said = _said_alone(package)
    return said is not None and _YES.fullmatch(_plain(said)) is not None


def _plain(said: str) -> str:
    return _STOPS.sub("", said.casefold()).strip()


def _named(package: Package, shape: CaseShape, tags: tuple[str, ...]) -> set[str]:
    """Return what is meant for a case number in a reply, and that of its thread."""
    thread = (one for one in package.resolution.candidates if one.found_in == "thread")
    return _said(package, shape, tags) | {one.number or one.text for one in thread}


def _said(package: Package, shape: CaseShape, tags: tuple[str, ...]) -> set[str]:
    """Return what is meant for a case number wherever a reply says so itself."""
    trusted = {name for rank in RANKS[:2] for name in rank}
    return {
        one.found.number or one.found.text
        for one in places(package, shape, tags)
        if one.found_in in trusted and one.counts
    }


def _said_politely(package: Package) -> str:
    """Return what a reply says but for polite words and its sender's name.

    Nothing of one that may say more: a question is no answer, and whoever brings a document or
    writes at length has more to say.
    """
    text = package.narrative.strip()
    if not may_answer(package) or "?" in text or len(text) > _MOST_CHARACTERS:
        return ""
    own = "".join(package.header_from.casefold().split())
    lines = [line for line in text.split("\n") if line.strip()]
    while len(lines) > 1 and all(
        word in own and word not in _DENIES for word in _WORD.findall(lines[-1].casefold())
    ):
        del lines[-1]  # who it is from
    names = _POLITE | set(_WORD.findall(package.header_from.casefold())) - _DENIES
    words = (word.strip(_AROUND) for line in lines for word in line.split())
    return " ".join(
        word for word in words if word and word.casefold().replace("\u2019", "'") not in names
    )


def _said_alone(package: Package) -> str | None:
    """Return the first line of a reply that says and brings nothing else, or None."""
    if not may_answer(package):
        return None
    first, _, beside = package.narrative.strip().partition("\n")
    sender = "".join(package.header_from.casefold().split())
    if any(word not in sender for word in _WORD.findall(beside.casefold())):
        return None
    return first.strip()

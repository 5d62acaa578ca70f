"""Addressee: which consultant a message is meant for, and where a name is a hint and no more.

Design.md, safety rule 2: a name counts where a person chose it: on the form, which goes before the
others, in To or Cc, or in the greeting. Anywhere else it may be a patient's, a witness's or last
year's consultant's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.road.greeting import Greeted, greeted
from gateway.road.package import Candidate, Mailbox, Package
from portal.directory import Consultant

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_MOST_CHARACTERS = 200_000
_MOST_HINTS = 10
_NOBODY = "The form names this consultant, and that is nobody here, or more than one."
_SAID = {
    "form": "The sender chose {name} on the form.",
    "to": "The message is addressed to {name} (To or Cc).",
    "greeting": "The message greets {name}.",
}


@dataclass(frozen=True)
class Addressee:
    """Whom a message is meant for, and every name of a consultant that was seen."""

    consultant: Consultant | None  # the one that a person chose; None for nobody, or for several
    how: str  # "form", "to" or "greeting"; "unknown" for nobody
    candidates: tuple[Candidate, ...]


def addressee(package: Package, desk: Iterable[Consultant]) -> Addressee:
    """Find the consultants whom a package names.

    `desk` is everybody of the claims desk. Two different people in To, Cc and the greeting are
    nobody: a person decides between them. A first or last name alone counts where one consultant
    has it.
    """
    names = _Names(desk)
    addressed = [
        (names.of_mailbox(one), one.name or one.address or "") for one in package.addressed
    ]
    greeting = [(names.of(one), one.name) for one in greeted(package.words[0].new)]
    typed = package.typed.consultant if package.typed else None
    form = [(names.of_typed(typed), typed)] if typed else []
    chosen = [
        (person, written, place)
        for place, found in (("form", form), ("to", addressed), ("greeting", greeting))
        for person, written in found
        if person is not None
    ]
    first = [one for one in chosen if one[2] == "form"] or chosen
    people = list(dict.fromkeys(person for person, _, _ in first))
    candidates = [
        _candidate(person, written, place, several=len(people) > 1)
        for person, written, place in chosen
    ]
    candidates += [Candidate(typed, None, "form", _NOBODY) for person, typed in form if not person]
    candidates += _hints(package, names, {person.id for person in people})
    if len(people) != 1:
        return Addressee(None, "unknown", tuple(candidates))
    return Addressee(people[0], first[0][2], tuple(candidates))


def _candidate(person: Consultant, written: str, place: str, *, several: bool) -> Candidate:
    why = _SAID[place].format(name=person.name)
    if several:
        why += " It names others too, so a person decides."
    return Candidate(written, None, place, why, person.id)


def _hints(package: Package, names: _Names, chosen: set[int]) -> list[Candidate]:
    own = package.words[0]
    texts = [
        ("subject", f"{package.subject}\n{own.other_subjects}"),
        ("words", f"{own.new}\n{own.other}"),
        *(("file_name", part.original_name or "") for part in package.parts),
        ("history", own.text),
    ]
    hints: dict[int, Candidate] = {}
    for found_in, text in texts:
        for person in names.within(text[:_MOST_CHARACTERS]):
            if person.id in chosen:
                continue
            why = f"{person.name} is named here: a hint, no choice of the sender's."
            hints.setdefault(person.id, Candidate(person.name, None, found_in, why, person.id))
    return list(hints.values())[:_MOST_HINTS]


class _Names:
    """The claims desk by name, however it is written, and by address."""

    def __init__(self, desk: Iterable[Consultant]) -> None:
        self._by_address: dict[str, Consultant] = {}
        self._first: dict[tuple[str, ...], set[Consultant]] = {}
        self._last: dict[tuple[str, ...], set[Consultant]] = {}
        self._whole: dict[tuple[str, ...], set[Consultant]] = {}
        for person in desk:
            self._by_address[person.email.lower()] = person
            words = _words(person.name)
            if not words:
                continue
            whole = {words, (*words[-1:], *words[:-1]), (words[0], words[-1])}
            for form in whole if len(words) > 1 else ():
                self._whole.setdefault(form, set()).add(person)
            self._first.setdefault(words[:1], set()).add(person)
            self._last.setdefault(words[-1:], set()).add(person)
        self._lengths = sorted({len(form) for form in self._whole})

    def of(self, greeted: Greeted) -> Consultant | None:
        """Return the one consultant of this name: whole, last, or first where it has no title."""
        words = _words(greeted.name)
        people = self._whole.get(words, set()) | self._last.get(words, set())
        if not greeted.titled:
            people |= self._first.get(words, set())
        return _the_one(people)

    def of_mailbox(self, mailbox: Mailbox) -> Consultant | None:
        """Return whose address it is; else whose whole name is shown for it, as for our intake."""
        if mailbox.address in self._by_address:
            return self._by_address[mailbox.address]
        return _the_one(self._whole.get(_words(mailbox.name), set()))

    def of_typed(self, text: str) -> Consultant | None:
        """Return whom a field of the form means, by address or by name."""
        return self._by_address.get(text.strip().lower()) or self.of(Greeted(text, titled=False))

    def within(self, text: str) -> Iterator[Consultant]:
        """Give each consultant whose whole name stands in a text. Linear in its length."""
        words = _words(text)
        for place in range(len(words)):
            for length in self._lengths:
                person = _the_one(self._whole.get(words[place : place + length], set()))
                if person is not None:
                    yield person


def _the_one(people: set[Consultant]) -> Consultant | None:
    return next(iter(people)) if len(people) == 1 else None


def _words(text: str) -> tuple[str, ...]:
    """Split a name or a text into words, without case and accents."""
    bare = "".join(
        char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
    )
    return tuple(_WORD.findall(bare.casefold()))

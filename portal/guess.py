"""The guess: which cases a waiting letter may belong to, best first, each with its reasons.

A help for the person who decides. Nothing is taken from here by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from portal import text_layers, vocabulary
from portal.dossier import Dossier
from portal.firm_cases import cases_of, holds_on
from portal.tables import cases, consultants, letters, rights, submissions

_MOST = 6
# Of a firm with more open cases than this, that it may send to one says nothing.
_FEW_CASES = 5
# How much a place weighs is how much the road trusts it.
_WEIGHTS: Mapping[str, int] = {
    "forwarder": 8,
    "tag": 8,
    "thread": 8,
    "subject": 8,
    "words": 7,
    "file_name": 4,
    "history": 2,
}
_HISTORY_WEIGHT = 3
_MAY_SEND = 4
_READ_BY_OCR = 3
_NAMED = 3


@dataclass
class _Case:
    number: str
    closed: bool
    restricted: bool
    consultant: str | None
    weight: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, weight: int, reason: str) -> None:
        self.weight += weight
        if reason not in self.reasons:
            self.reasons.append(reason)


@dataclass(frozen=True)
class Guess:
    """A case that the letter may belong to."""

    number: str
    closed: bool
    restricted: bool
    consultant: str | None
    reasons: tuple[str, ...]


def guesses(
    connection: sa.Connection, letter: Dossier, firm_id: int | None, day: date
) -> tuple[Guess, ...]:
    """Return at most six cases, the likeliest first.

    What a sender who is not known and proven has filed before, or may send to, is not looked at:
    anybody can write under any name.
    """
    written = _written(letter)
    printed = _printed(connection, letter)
    may: dict[str, str] = {}
    before: dict[str, int] = {}
    if firm_id is not None:
        before = _filed_before(connection, firm_id, letter.sender)
        known = [*written, *printed, *before]
        may = _may_send(connection, firm_id, known, day, letter.firm or "This firm")
    found = _cases(connection, {*written, *printed, *may, *before})
    for number, reasons in (*written.items(), *printed.items()):
        if number in found:
            for weight, reason in reasons:
                found[number].add(weight, reason)
    for number, count in before.items():
        if number in found:
            times = "once" if count == 1 else f"{count} times"
            found[number].add(min(count, _HISTORY_WEIGHT), f"this sender filed there {times}")
    for number, reason in may.items():
        if number in found:
            found[number].add(_MAY_SEND, reason)
    for one in found.values():
        if firm_id is not None and one.number not in may:
            one.add(-_MAY_SEND, f"{letter.firm} may not send to it")
        if one.consultant and _names(letter, one.consultant):
            one.add(_NAMED, f"the message names {one.consultant}")
    best = sorted(found.values(), key=lambda one: (-one.weight, one.number))[:_MOST]
    return tuple(_guess(one) for one in best)


def look_up(connection: sa.Connection, text: str) -> tuple[Guess, ...]:
    """Return at most ten cases whose number holds a text, those that begin with it first."""
    if not text:
        return ()
    begins = cases.c.number.startswith(text, autoescape=True)
    numbers = list(
        connection.scalars(
            sa.select(cases.c.number)
            .where(cases.c.number.contains(text, autoescape=True))
            .order_by(sa.case((begins, 0), else_=1), cases.c.number)
            .limit(10)
        )
    )
    found = _cases(connection, set(numbers))
    return tuple(_guess(found[number]) for number in numbers)


def consultants_of(connection: sa.Connection, numbers: set[str]) -> tuple[str, ...]:
    """Name the consultants of cases, each once, by case number."""
    found = _cases(connection, numbers).values()
    return tuple(dict.fromkeys(one.consultant for one in found if one.consultant))


def without_consultant(connection: sa.Connection, numbers: Sequence[str]) -> tuple[str, ...]:
    """Return those of the cases that nobody has, in their order."""
    found = _cases(connection, set(numbers))
    return tuple(one for one in numbers if one in found and found[one].consultant is None)


def _guess(one: _Case) -> Guess:
    return Guess(one.number, one.closed, one.restricted, one.consultant, tuple(one.reasons))


def _written(letter: Dossier) -> dict[str, list[tuple[int, str]]]:
    """Return what the sender wrote that has the shape of a case number, weighed by its place."""
    written: dict[str, list[tuple[int, str]]] = {}
    for one in letter.contents.candidates if letter.contents else ():
        if one["number"]:
            place = one["found_in"]
            where = vocabulary.PLACES.get(place, place)
            reason = f"\u201c{one['text']}\u201d in {where}"
            written.setdefault(one["number"], []).append((_WEIGHTS.get(place, 1), reason))
    return written


def _printed(connection: sa.Connection, letter: Dossier) -> dict[str, list[tuple[int, str]]]:
    """Return what was read on the first page of the scans, with the words for it."""
    scans = {piece.pictured: piece for piece in letter.pieces if piece.pictured is not None}
    printed: dict[str, list[tuple[int, str]]] = {}
    for sha256, layer in text_layers.of(connection, scans).items():
        for text, number in layer.numbers:
            name = scans[sha256].shown_name or "a document"
            reason = f"\u201c{text}\u201d printed on page 1 of {name}, read by OCR"
            printed.setdefault(number, []).append((_READ_BY_OCR, reason))
    return printed


def _may_send(
    connection: sa.Connection, firm_id: int, known: list[str], day: date, firm: str
) -> dict[str, str]:
    """Return the cases that the firm may send to: of those known, and all where it has few."""
    reason = f"{firm} may send to it"
    may = {one.number: reason for one in cases_of(connection, firm_id, known, day)}
    every = list(
        connection.scalars(
            sa.select(cases.c.number)
            .join(rights, rights.c.case_id == cases.c.id)
            .where(rights.c.firm_id == firm_id, cases.c.state == "open", *holds_on(day))
            .order_by(cases.c.number)
            .limit(_FEW_CASES + 1)
        )
    )
    if len(every) <= _FEW_CASES:
        may |= dict.fromkeys(every, reason)
    return may


def _filed_before(connection: sa.Connection, firm_id: int, sender: str) -> dict[str, int]:
    rows = connection.execute(
        sa.select(cases.c.number, sa.func.count(letters.c.id.distinct()).label("n"))
        .join(submissions, submissions.c.case_id == cases.c.id)
        .join(letters, letters.c.id == submissions.c.letter_id)
        .where(letters.c.firm_id == firm_id, letters.c.sender == sender)
        .group_by(cases.c.number)
        .order_by(sa.func.count().desc())
        .limit(_MOST)
    )
    return {row.number: row.n for row in rows}


def _cases(connection: sa.Connection, numbers: set[str]) -> dict[str, _Case]:
    rows: Any = connection.execute(
        sa.select(cases.c.number, cases.c.state, cases.c.restricted, consultants.c.name)
        .outerjoin(consultants, consultants.c.id == cases.c.consultant_id)
        .where(cases.c.number.in_(numbers))
        .order_by(cases.c.number)
    )
    return {
        row.number: _Case(row.number, row.state == "closed", row.restricted, row.name)
        for row in rows
    }


def _names(letter: Dossier, name: str) -> bool:
    """Say whether the letter names a consultant. A hint, and no more (safety rule 2)."""
    said = f"{letter.contents.subject}\n{letter.contents.narrative}" if letter.contents else ""
    return name.casefold() in said.casefold()

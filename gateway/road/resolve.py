"""Resolve: which case a package belongs to, and so which consultant. Asking beats misfiling.

Safety rule 1 of design.md, as code. The places are looked at rank by rank, most trusted first, and
the first rank that says anything decides: one number that this sender has a right to is taken;
anything else waits for a person, and what lower ranks say is a suggestion. A slip of the pen
("24-00123") is never taken: alone it stops the search, and beside a number that it is no slip of it
disagrees.

About a case that is another firm's the answer is the same as about a case that is not there, and a
sender who is not known and proven has a right to none.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from gateway.case_number import CaseShape
from gateway.letter import Envelope
from gateway.number_context import Likeness
from gateway.road.package import Candidate, Package, Resolution, Trouble
from gateway.road.places import RANKS, Place, places
from gateway.road.sender import Sender, sender_of
from portal.directory import Case, Identified

_MOST_LISTED = 10
_DOUBTS = {
    Likeness.SLIP: "It may be a case number with a slip.",
    Likeness.OTHER: "It stands where other numbers stand, so it is not taken.",
}


class DirectoryView(Protocol):
    """What the road asks the directory; `portal.directory.Directory` answers."""

    def firm_of(self, address: str) -> Identified | None:
        """Return the firm of a mail address in canonical form, and what it was found by."""

    def case(self, number: str) -> Case | None:
        """Return the case of a number in our form."""

    def has_right(self, firm_id: int, case_id: int, day: date) -> bool:
        """Say whether a firm may send to a case on a day."""


@dataclass(frozen=True)
class _Looked:
    """A place with what the directory says of it."""

    place: Place
    case: Case | None  # one that this sender has a right to
    why: str

    @property
    def what(self) -> str:
        return self.place.found.number or self.place.found.text

    @property
    def weighs(self) -> bool:
        """Whether it takes part in the decision; a doubtful one does where it is one of theirs."""
        return self.place.counts or self.case is not None


@dataclass(frozen=True)
class _Verdict:
    taken: _Looked | None
    trouble: Trouble | None
    rank: int | None  # the rank that decided or stopped the search


def resolve(
    package: Package,
    directory: DirectoryView,
    shape: CaseShape,
    today: date,
    *,
    tags: tuple[str, ...] = (),
) -> Package:
    """Find the package's case and consultant, or the code of why it waits.

    `tags` are the case tags of the recipient addresses. `today` is the day that rights are asked
    for, in the office's zone. Every candidate is kept with its place and a sentence for staff.
    """
    sender = sender_of(package, directory.firm_of)
    case_of = functools.cache(directory.case)

    @functools.cache
    def may_send(case: Case) -> bool:
        return sender.firm is not None and directory.has_right(sender.firm.id, case.id, today)

    looked = tuple(
        _look(place, case_of, may_send, sender) for place in places(package, shape, tags)
    )
    verdict = _decide(looked, shape)
    resolution = Resolution(
        firm_id=sender.firm.id if sender.firm else None,
        firm_name=sender.firm.name if sender.firm else None,
        candidates=tuple(_candidate(one, verdict) for one in looked),
    )
    troubles: list[Trouble] = []
    hold = sender.trouble or verdict.trouble
    if hold is None and _to_postmaster_alone(package.letter.envelope):
        hold = Trouble("consultant_unknown")
    if verdict.taken is not None and (case := verdict.taken.case) is not None:
        resolution = _with_case(resolution, case, verdict.taken.place.found_in)
        if hold is None and case.consultant is None:
            hold = Trouble("consultant_unknown")  # a person chooses one
        if hold is None and case.closed:
            fields = {"value": case.number, "consultant": resolution.consultant_name}
            troubles.append(Trouble("case_closed", fields))
        troubles.extend(_named_elsewhere(looked, case))
    if hold is not None:
        resolution = dataclasses.replace(resolution, hold=hold.code)
        troubles.insert(0, hold)
    return package.but(resolution=resolution, troubles=(*package.troubles, *troubles))


def _look(
    place: Place,
    case_of: Callable[[str], Case | None],
    may_send: Callable[[Case], bool],
    sender: Sender,
) -> _Looked:
    number = place.found.number
    if number is None:
        why = (
            "It is meant for a case number, but does not have the shape of one."
            if place.counts
            else _DOUBTS[place.found.likeness]
        )
        return _Looked(place, None, why)
    case = case_of(number)
    if case is None:
        return _Looked(place, None, "There is no such case.")
    if sender.firm is None:
        lacks = (
            "known" if sender.trouble and sender.trouble.code == "sender_not_known" else "proven"
        )
        return _Looked(place, None, f"There is such a case, but the sender is not {lacks}.")
    if not may_send(case):
        return _Looked(
            place, None, f"There is such a case, but {sender.firm.name} may not send to it."
        )
    if not place.counts:
        return _Looked(place, case, _DOUBTS[place.found.likeness])
    return _Looked(place, case, f"{sender.firm.name} may send to this case.")


def _decide(looked: tuple[_Looked, ...], shape: CaseShape) -> _Verdict:
    for rank, names in enumerate(RANKS):
        here = [one for one in looked if one.place.found_in in names]
        if not here:
            continue
        first = next((one for one in here if one.place.counts), None)
        if first is None:
            return _Verdict(None, _in_doubt(here, shape), rank)
        against = (one.what for one in here if one.weighs or _is_another_slip(one, first))
        different = list(dict.fromkeys((first.what, *against)))
        if len(different) > 1:
            listed = ", ".join(different[:_MOST_LISTED])
            fields: dict[str, Any] = {"n": len(different), "list": listed}
            return _Verdict(None, Trouble("case_ambiguous", fields), rank)
        if first.case is not None:
            return _Verdict(first, None, rank)
        return _Verdict(None, _not_theirs(first, shape), rank)
    return _Verdict(None, Trouble("consultant_unknown"), None)


def _is_another_slip(looked: _Looked, first: _Looked) -> bool:
    """Say whether a slip of the pen is no slip of the first number, but perhaps of another."""
    if looked.place.found.likeness is not Likeness.SLIP:
        return False
    slip, number = ("".join(filter(str.isdigit, one.what)) for one in (looked, first))
    shorter, longer = sorted((slip, number), key=len)
    without_one = (longer[:place] + longer[place + 1 :] for place in range(len(longer)))
    return shorter != longer and shorter not in without_one


def _in_doubt(here: list[_Looked], shape: CaseShape) -> Trouble:
    slip = next((one for one in here if one.place.found.likeness is Likeness.SLIP), None)
    if slip is None:
        return Trouble("consultant_unknown")
    return Trouble("case_format", {"value": slip.what, "example": shape.example})


def _not_theirs(looked: _Looked, shape: CaseShape) -> Trouble:
    if looked.place.found.number is None:
        return Trouble("case_format", {"value": looked.what, "example": shape.example})
    return Trouble("case_not_found", {"value": looked.what})


def _candidate(looked: _Looked, verdict: _Verdict) -> Candidate:
    found, found_in = looked.place.found, looked.place.found_in
    why = looked.why
    rank = next(index for index, names in enumerate(RANKS) if found_in in names)
    if looked is verdict.taken:
        why += " It was taken."
    elif verdict.rank is not None and rank > verdict.rank:
        why += " It is a suggestion only: a more trusted place goes before it."
    return Candidate(found.text, found.number, found_in, why)


def _with_case(resolution: Resolution, case: Case, found_in: str) -> Resolution:
    resolution = dataclasses.replace(
        resolution, case_id=case.id, case_number=case.number, found_in=found_in
    )
    if case.consultant is None:
        return resolution
    return dataclasses.replace(
        resolution,
        consultant_id=case.consultant.id,
        consultant_name=case.consultant.name,
        consultant_email=case.consultant.email,
        how="case",
    )


def _named_elsewhere(looked: tuple[_Looked, ...], case: Case) -> list[Trouble]:
    """Flag each document whose name names another case."""
    parts = {
        one.place.part.path: one.place.part
        for one in looked
        if one.place.part is not None and one.weighs and one.what != case.number
    }
    return [
        Trouble("document_names_other_case", {"name": part.original_name}, path)
        for path, part in parts.items()
    ]


def _to_postmaster_alone(envelope: Envelope) -> bool:
    # RFC 5321, 4.5.1: what is sent there is for people, whatever numbers it holds.
    locals_ = {recipient.rpartition("@")[0] or recipient for recipient in envelope.recipients}
    return locals_ == {"postmaster"}

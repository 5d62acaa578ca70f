"""Look: what the directory says of everything in a package that looks like a case number."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.numbers.case_number import CaseShape
from gateway.numbers.near_number import near_numbers
from gateway.numbers.number_context import Likeness
from gateway.road.places import Place
from gateway.road.sender import Known, Sender
from portal.directory import AnsweredMail, Case, Consultant
from portal.rights import Filing, may_open

_MOST_MENDED = 10  # slips of one message that a question may come of
_MAY_MEAN_ANOTHER = {Likeness.COUNTS, Likeness.SLIP}
_DOUBTS = {
    Likeness.SLIP: "It may be a case number with a slip.",
    Likeness.OTHER: "It stands where other numbers stand, so it is not taken.",
    Likeness.DOUBT: "It says that a number may not be the right one, so none beside it is taken.",
}


class DirectoryView(Known, Protocol):
    """What the road asks the directory; `portal.directory.Directory` answers."""

    def case(self, number: str) -> Case | None:
        """Return the case of a number in our form."""

    def has_right(self, firm_id: int, case_id: int, day: date) -> bool:
        """Say whether a firm may send to a case on a day."""

    def consultants(self) -> tuple[Consultant, ...]:
        """Return everybody of the claims desk."""

    def answered(self, message_ids: tuple[str, ...]) -> tuple[AnsweredMail, ...]:
        """Return what these mails of ours were about."""


@dataclass(frozen=True)
class Looked:
    """A place with what the directory says of it."""

    place: Place
    case: Case | None  # one that this sender has a right to
    why: str
    near: tuple[Case, ...] = ()  # what may be meant, each one that this sender has a right to
    slips: tuple[str, ...] = ()  # the numbers that it may be a slip of, whosever they are

    @property
    def what(self) -> str:
        """The number, or what is written where it is none."""
        return self.place.found.number or self.place.found.text

    @property
    def weighs(self) -> bool:
        """Whether it takes part in the decision; a doubtful one does where it is one of theirs."""
        return self.place.counts or self.case is not None


class Glass:
    """The directory as one sender may see it on one day; each number is looked up once."""

    def __init__(
        self, directory: DirectoryView, shape: CaseShape, sender: Sender, today: date
    ) -> None:
        self._shape = shape
        self._sender = sender
        self._case = functools.cache(directory.case)
        self._right = functools.cache(lambda case: _has_right(directory, sender, case, today))

    def look(self, places: Iterable[Place]) -> tuple[Looked, ...]:
        """Look at every place. Only some slips are looked at again for what they may mean."""
        looked: list[Looked] = []
        slips = 0
        for place in places:
            one = self._look(place)
            if one.case is None and place.found.likeness in _MAY_MEAN_ANOTHER:
                one = self._mended(one, asking=slips < _MOST_MENDED)
                slips += 1
            looked.append(one)
        return tuple(looked)

    def _look(self, place: Place) -> Looked:
        number, who = place.found.number, self._sender.name
        if number is None:
            return Looked(place, None, place.why or self._shapeless(place))
        case = self._case(number)
        if case is None:
            return Looked(place, None, "There is no such case.")
        if who is None:
            trouble = self._sender.trouble
            lacks = "known" if trouble and trouble.code == "sender_not_known" else "proven"
            return Looked(place, None, f"There is such a case, but the sender is not {lacks}.")
        if not self._right(case):
            return Looked(place, None, f"There is such a case, but {who} may not send to it.")
        if not place.counts:
            return Looked(place, case, _DOUBTS[place.found.likeness])
        return Looked(place, case, f"{place.why} {who} may send to this case.".lstrip())

    def _shapeless(self, place: Place) -> str:
        if place.counts:
            return "It is meant for a case number, but does not have the shape of one."
        return _DOUBTS[place.found.likeness]

    def _mended(self, looked: Looked, *, asking: bool) -> Looked:
        """Add what may be meant. A stranger has a right to nothing, and nothing is looked up."""
        slips = near_numbers(looked.what, self._shape)
        near: tuple[Case, ...] = ()
        if asking and self._sender.name is not None:
            cases = (self._case(number) for number in slips)
            near = tuple(case for case in cases if case is not None and self._right(case))
        return Looked(looked.place, None, looked.why, near, slips)


def _has_right(directory: DirectoryView, sender: Sender, case: Case, today: date) -> bool:
    """Say whether a sender may send to a case.

    A firm by the directory, a contributor where they were let in, staff by who may see it.
    """
    if sender.contributed:
        return case.id in sender.contributed
    if sender.firm is not None:
        return directory.has_right(sender.firm.id, case.id, today)
    if sender.member is None:
        return False
    consultant_id = None if case.consultant is None else case.consultant.id
    return may_open(sender.member, Filing(consultant_id, case.restricted))

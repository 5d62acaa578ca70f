"""Waiting: who of several that wait for a process is next, when some come with many files.

`whose` is an opaque word for whoever a file is of. Who has least in hand goes first, of those who
was served longest ago, and of those who came first: a flood has every process while nobody else
waits, and holds up nobody for longer than the file that it has in one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Place:
    """Where somebody stands."""

    whose: str | None


class Waiting:
    """Who stands there, and what each has in hand. Its owner's lock is held in every call."""

    def __init__(self) -> None:
        self._in_line: list[Place] = []  # in the order in which they came
        self._in_hand: Counter[str | None] = Counter()
        self._served: dict[str | None, int] = {}  # the number of the last time
        self._times = 0

    def come(self, whose: str | None) -> Place:
        """Stand in the line."""
        place = Place(whose)
        self._in_line.append(place)
        return place

    def is_next(self, place: Place) -> bool:
        """Say whether nobody goes before."""
        return place is min(self._in_line, key=self._before)

    def leave(self, place: Place) -> None:
        """Stand there no longer, whatever came of it."""
        self._in_line.remove(place)

    def in_hand(self, whose: str | None) -> int:
        """Count what somebody has taken and not given back."""
        return self._in_hand[whose]

    def take(self, whose: str | None) -> None:
        """Count one more in hand."""
        self._times += 1
        self._in_hand[whose] += 1
        self._served[whose] = self._times

    def give_back(self, whose: str | None) -> None:
        """Count one less. Whoever has nothing then, and waits for nothing, is forgotten."""
        self._in_hand[whose] -= 1
        if not self._in_hand[whose]:
            del self._in_hand[whose]
            if all(place.whose != whose for place in self._in_line):
                del self._served[whose]

    def _before(self, place: Place) -> tuple[int, int]:
        return self._in_hand[place.whose], self._served.get(place.whose, 0)

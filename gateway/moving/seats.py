"""Seats: how many letters want an engine at the same time, never all of them one firm's."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import TracebackType

from converters.waiting import Waiting


class Seats:
    """Places before the engines. Nobody has the last one, where there are two. Safe for threads."""

    def __init__(self, seats: int) -> None:
        self._free = seats
        self._most = max(1, seats - 1)  # of one owner's
        self._change = threading.Condition()
        self._waiting = Waiting()

    def of(self, owner: str) -> Seat:
        """Return what an owner's file enters for as long as an engine works on it."""
        return Seat(self, owner)

    def take(self, owner: str) -> None:
        """Wait for a seat: whoever has least of them goes first."""
        with self._change:
            place = self._waiting.come(owner)
            try:
                self._change.wait_for(
                    lambda: (
                        self._free
                        and self._waiting.in_hand(owner) < self._most
                        and self._waiting.is_next(place)
                    )
                )
            finally:
                self._waiting.leave(place)
            self._free -= 1
            self._waiting.take(owner)
            self._change.notify_all()

    def give_back(self, owner: str) -> None:
        """Leave a seat to whoever is next."""
        with self._change:
            self._free += 1
            self._waiting.give_back(owner)
            self._change.notify_all()


@dataclass(frozen=True)
class Seat:
    """A seat of an owner's, entered again for each file."""

    seats: Seats
    owner: str

    def __enter__(self) -> None:
        self.seats.take(self.owner)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.seats.give_back(self.owner)

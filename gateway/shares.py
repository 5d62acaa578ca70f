"""Shares: how many letters of one turn are carried at the same time, when others are carried too.

The queue alternates, and yet a flood would have every worker but one: a letter beside seven others
takes as long as they leave it of the processors. While another turn is there, each leaves it one
processor; alone, it has all workers. What waits here has a worker and nothing else.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


def share() -> int:
    """Return how many letters keep all processors of this process but one busy; one at least."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


@dataclass
class Shares:
    """The letters in hand, by their turns. Safe for threads."""

    most: int = field(default_factory=share)  # of a turn beside another
    _change: threading.Condition = field(default_factory=threading.Condition)
    _carried: Counter[str | None] = field(default_factory=Counter)

    @contextmanager
    def one_of(self, turn: str | None) -> Iterator[None]:
        """Carry a letter of a turn, once that has its share no more than used up."""
        with self._change:
            self._change.wait_for(lambda: self._has_room(turn))
            self._carried[turn] += 1
        try:
            yield
        finally:
            with self._change:
                self._carried[turn] -= 1
                self._carried += Counter()  # forgets whom nothing is carried of
                self._change.notify_all()

    def _has_room(self, turn: str | None) -> bool:
        return self._carried[turn] < self.most or not self._carried.keys() - {turn}

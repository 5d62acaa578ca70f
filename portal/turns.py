"""Turns: who may write to the record next, first come, first served.

SQLite lets one connection write at a time and makes the others sleep and try again, so that whoever
tries most often wins: under a stream of accepts the queue took nothing for seconds. Within one
process the writers of every engine therefore stand in line here before they ask SQLite.
"""

from __future__ import annotations

import threading
from collections import deque


class NoTurn(Exception):
    """The line did not move in time: somebody holds the record far too long."""


class Turns:
    """A lock that is handed on in the order in which it was asked for."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._line: deque[threading.Event] = deque()

    def take(self, timeout_seconds: float) -> None:
        """Wait for this caller's turn. Raises NoTurn."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._line.append(mine)
        if mine.wait(timeout_seconds):
            return
        with self._guard:
            if mine not in self._line:  # handed on between the wait and here
                return
            self._line.remove(mine)
        raise NoTurn

    def hand_on(self) -> None:
        """End a turn. It need not be the thread that took it."""
        with self._guard:
            if self._line:
                self._line.popleft().set()
            else:
                self._taken = False

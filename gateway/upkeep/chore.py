"""Chores: what is done again and again beside the doors, by threads that outlive their faults."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from gateway.watch import fault_fields

_SLACK_SECONDS = 300.0


@dataclass
class Chore:
    """Something to do every so often. `work` says whether there is more to do at once.

    It is handed the event that stops it, to look at where it takes long.
    """

    name: str
    work: Callable[[threading.Event], bool]
    every_seconds: float
    _done_at: float = field(default_factory=time.monotonic)

    def run(self, stop: threading.Event) -> None:
        """Do it, wait, do it again, until told to stop. A fault is logged, and time mends it."""
        while not stop.is_set():
            more = False
            try:
                more = self.work(stop)
                self._done_at = time.monotonic()
            except Exception as fault:  # noqa: BLE001  # a thread that dies would fall silent
                structlog.get_logger().error("chore.failed", chore=self.name, **fault_fields(fault))
            if not more:
                stop.wait(self.every_seconds)

    def overdue(self) -> str | None:
        """Say what is wrong where it has not been done for far too long."""
        since = time.monotonic() - self._done_at
        if since <= self.every_seconds + _SLACK_SECONDS:
            return None
        return f"not done for {since:.0f} seconds"

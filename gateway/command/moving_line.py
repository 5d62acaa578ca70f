"""A line that moves: how far a long command is, how fast it goes, and how long it still takes."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import click

_WIDTH = 28
_SHOWN_SECONDS = 0.2
_LOOK_BACK_SECONDS = 20.0


@dataclass
class Course:
    """The course of a piece of work: its rate is that of the last seconds, since what was done
    before goes many times as fast as what is done anew.
    """

    total: int  # octets of everything
    _seen: deque[tuple[float, int, int]] = field(default_factory=deque)

    def said(self, now: float, octets: int, messages: int) -> str:
        """Say it: so many octets and messages are done at this moment, in seconds of any clock."""
        self._seen.append((now, octets, messages))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _LOOK_BACK_SECONDS:
            self._seen.popleft()
        share = min(1.0, octets / self.total) if self.total else 1.0
        begun, had, before = self._seen[0]
        seconds = now - begun
        bar = "#" * int(share * _WIDTH)
        said = f"[{bar:.<{_WIDTH}}] {share:4.0%}  {messages:,} messages"
        if seconds <= 0:
            return said
        said += f", {(messages - before) / seconds:,.0f}/s"
        if octets > had:
            said += f", {left((self.total - octets) * seconds / (octets - had))} left"
        return said


def left(seconds: float) -> str:
    """Say how long: `40 s`, `3 min`, `2 h 05 min`."""
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


@contextlib.contextmanager
def moving_line(total: Callable[[], int]) -> Iterator[Callable[[int, int], None]]:
    """Show the course of octets and messages on a terminal, and take it away at the end.

    `total` is asked for there alone: elsewhere nothing is shown.
    """
    if not sys.stderr.isatty():
        yield lambda _octets, _messages: None
        return
    course, shown_at, width = Course(total()), 0.0, 0

    def show(octets: int, messages: int) -> None:
        nonlocal shown_at, width
        now = time.monotonic()
        if now - shown_at < _SHOWN_SECONDS:
            return
        said = course.said(now, octets, messages)
        click.echo(f"\r{said:<{width}}", err=True, nl=False)
        shown_at, width = now, len(said)

    try:
        yield show
    finally:
        click.echo(f"\r{'':<{width}}\r", err=True, nl=False)

"""Seats: a firm with many files has all places before the engines but one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from gateway.moving.seats import Seats
from tests.live_door import until


@dataclass
class Worked:
    """Files that an engine works on until they are told to end; the owner is the first letter."""

    seats: Seats
    begun: list[str] = field(default_factory=list)
    ended: dict[str, threading.Event] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, *names: str) -> None:
        """Have each wait for a seat; the next one comes when the last one waits or works."""
        for name in names:
            self.ended[name] = threading.Event()
            self.threads.append(threading.Thread(target=self._work, args=(name,)))
            self.threads[-1].start()
            there = len(self.threads)
            until(lambda there=there: len(self.begun) + self.waiting == there)  # type: ignore[misc]

    def end(self, *names: str) -> None:
        for name in names:
            self.ended[name].set()

    def _work(self, name: str) -> None:
        with self.seats.of(name[0]):
            self.begun.append(name)
            self.ended[name].wait(60)

    @property
    def waiting(self) -> int:
        return len(self.seats._waiting._in_line)


@pytest.fixture
def worked() -> Iterator[Worked]:
    made = Worked(Seats(3))
    try:
        yield made
    finally:
        made.end(*made.ended)
        for thread in made.threads:
            thread.join(60)


def test_one_place_is_left_to_whoever_comes(worked: Worked) -> None:
    worked.begin("a1", "a2", "a3", "a4")
    assert worked.begun == ["a1", "a2"]
    worked.begin("b1")
    assert worked.begun == ["a1", "a2", "b1"]


def test_who_waits_goes_by_turns(worked: Worked) -> None:
    worked.begin("a1", "a2", "b1", "a3", "a4", "b2", "c1")
    worked.end("a1")
    until(lambda: len(worked.begun) == 4)
    assert worked.begun[3:] == ["c1"], "it has least, though it came last"
    worked.end("c1")
    until(lambda: len(worked.begun) == 5)
    assert worked.begun[4:] == ["a3"]


def test_a_fault_gives_the_place_back() -> None:
    seats = Seats(1)
    seat = seats.of("a")
    for _ in range(3):
        with pytest.raises(RuntimeError), seat:
            raise RuntimeError
    with seat:
        pass


def test_where_there_is_one_seat_it_is_everybodys(worked: Worked) -> None:
    worked.seats = Seats(1)
    worked.begin("a1", "b1")
    assert worked.begun == ["a1"]
    worked.end("a1")
    until(lambda: worked.begun == ["a1", "b1"])

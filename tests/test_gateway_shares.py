"""Shares: a flood has every worker while nobody else is there, and its share when somebody is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from gateway.shares import Shares
from tests.live_door import until


@dataclass
class Carried:
    """Letters that are carried until they are told to end, each in a thread of its own."""

    shares: Shares
    begun: list[str] = field(default_factory=list)
    ended: dict[str, threading.Event] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self, *names: str) -> None:
        """Begin to carry letters; the turn of each is the first character of its name."""
        for name in names:
            self.ended[name] = threading.Event()
            thread = threading.Thread(target=self._carry, args=(name,))
            self.threads.append(thread)
            thread.start()

    def end(self, *names: str) -> None:
        for name in names:
            self.ended[name].set()

    def _carry(self, name: str) -> None:
        with self.shares.one_of(name[0]):
            self.begun.append(name)
            self.ended[name].wait(30)

    @property
    def now(self) -> set[str]:
        return {name for name in self.begun if not self.ended[name].is_set()}


@pytest.fixture
def carried() -> Iterator[Carried]:
    with _ending(Carried(Shares(most=2))) as letters:
        yield letters


@contextmanager
def _ending(letters: Carried) -> Iterator[Carried]:
    try:
        yield letters
    finally:
        letters.end(*letters.ended)
        for thread in letters.threads:
            thread.join(30)
            assert not thread.is_alive()


def test_alone_a_turn_has_every_worker(carried: Carried) -> None:
    carried.begin("a1", "a2", "a3", "a4")
    until(lambda: carried.now == {"a1", "a2", "a3", "a4"})


def test_beside_another_it_begins_nothing_over_its_share(carried: Carried) -> None:
    carried.begin("a1", "a2", "a3")
    until(lambda: len(carried.now) == 3)
    carried.begin("b1")
    until(lambda: "b1" in carried.now)
    carried.begin("a4", "a5", "b2")
    until(lambda: "b2" in carried.now)
    carried.end("a1")
    assert carried.now == {"a2", "a3", "b1", "b2"}, "two of its own go on"
    carried.end("a2")
    until(lambda: len(carried.now) == 4)
    assert len(carried.now & {"a4", "a5"}) == 1


def test_when_the_other_has_ended_all_go_on(carried: Carried) -> None:
    carried.begin("b1")
    until(lambda: carried.now == {"b1"})
    carried.begin("a1", "a2")
    until(lambda: len(carried.now) == 3)
    carried.begin("a3", "a4")
    carried.end("b1")
    until(lambda: carried.now == {"a1", "a2", "a3", "a4"})


def test_a_letter_that_fails_gives_its_place_back(carried: Carried) -> None:
    carried.begin("b1")
    for _ in range(5):
        with pytest.raises(RuntimeError), carried.shares.one_of("a"):
            raise RuntimeError
    carried.begin("a1", "a2")
    until(lambda: carried.now == {"b1", "a1", "a2"})


@pytest.mark.parametrize(("processors", "most"), [(1, 1), (2, 1), (8, 7)])
def test_a_share_leaves_the_others_a_processor(
    processors: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(processors)))
    assert Shares().most == most

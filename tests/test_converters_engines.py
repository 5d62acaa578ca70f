"""Who is lent which engine, how many there are, and when one ends. The engines are stand-ins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from converters import engines as module
from converters.engine import Engine
from converters.engines import Engines
from converters.fault import EngineFailed, JobDied, JobFault, JobLost, JobStopped
from tests.test_converters_pool import wait_until


@dataclass
class Box:
    ended: bool = False

    def kill(self) -> None:
        self.ended = True


@dataclass(eq=False)
class StandIn:
    """An engine without a LibreOffice. `starts` says whether it ever becomes ready."""

    number: int
    starts: bool = True
    box: Box = field(default_factory=Box)
    files: int = 0
    rests_since: float = 0.0
    sound: bool = True
    closed: bool = False
    owners: set[str | None] = field(default_factory=set)

    def wait_until_ready(self) -> None:
        if not self.starts or self.box.ended:
            raise JobLost("LibreOffice ended while it waited")

    def is_sound(self) -> bool:
        return self.sound and not self.box.ended

    def close(self) -> None:
        self.box.kill()
        self.closed = True


class StaysBehind(StandIn):
    """One whose folder does not go."""

    def close(self) -> None:
        super().close()
        raise OSError("not empty")


class House:
    """Engines of stand-ins, and all that were ever made."""

    def __init__(self, **chosen: Any) -> None:
        self.made: list[StandIn] = []
        self.starts: Callable[[int], bool] = lambda _: True
        self.broken: Exception | None = None
        settings: dict[str, Any] = {
            "at_once": 2, "kept": 3, "idle_seconds": 300, "most_files": 100
        }  # fmt: skip
        self.engines = Engines(self._make, **(settings | chosen))

    def _make(self, number: int) -> Engine:
        if self.broken is not None:
            raise self.broken
        self.made.append(StandIn(number, self.starts(number)))
        return cast("Engine", self.made[-1])

    def give(self, owner: str | None) -> StandIn:
        """Have a file of an owner converted, and return the engine that it was."""
        with self.engines.lent(owner) as lent:
            engine = cast("StandIn", lent)
            engine.files += 1
            engine.owners.add(owner)
            return engine

    def hold(self, owner: str | None) -> tuple[threading.Event, threading.Thread]:
        """Begin a file that takes until the event is set; return when its engine has it."""
        begun, end = threading.Event(), threading.Event()

        def work() -> None:
            with self.engines.lent(owner):
                begun.set()
                end.wait()

        thread = threading.Thread(target=work)
        thread.start()
        assert begun.wait(20)
        return end, thread

    @property
    def spares(self) -> list[StandIn]:
        return cast("list[StandIn]", list(self.engines._spares))

    @property
    def kept(self) -> list[str]:
        return [owner for owner, _ in self.engines._resting]


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.02)


@pytest.fixture
def house() -> Iterator[House]:
    """Two at once, three kept, and none started ahead."""
    made = House()
    made.engines.start(spare=False)
    yield made
    made.engines.close()
    assert all(engine.closed for engine in made.made)


@pytest.fixture
def ready() -> Iterator[House]:
    """The same, with a spare one that stands ready."""
    made = House()
    made.engines.start(spare=True)
    wait_until(lambda: made.spares)
    yield made
    made.engines.close()
    assert all(engine.closed for engine in made.made)


class TestStarting:
    def test_without_a_spare_none_is_started_before_the_first_file_nor_behind_it(
        self, house: House
    ) -> None:
        time.sleep(0.1)
        assert house.made == []
        house.give("a")
        house.give("a")
        time.sleep(0.1)
        assert len(house.made) == 1

    def test_a_spare_one_is_the_next_owners_and_another_takes_its_place(self, ready: House) -> None:
        for owner in ("a", "b"):
            wait_until(lambda: ready.spares)
            (spare,) = ready.spares
            assert ready.give(owner) is spare
        wait_until(lambda: ready.spares)
        assert len(ready.made) == 3

    def test_the_next_spare_does_not_start_beside_a_short_file_and_does_beside_a_long_one(
        self, ready: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_LOOK_SECONDS", 60)
        ready.give("a")  # the keeper's look that has begun is the last short one
        wait_until(lambda: ready.spares)
        end, thread = ready.hold("b")
        time.sleep(0.1)
        assert ready.spares == []
        end.set()
        thread.join()
        wait_until(lambda: ready.spares)

        monkeypatch.setattr(module, "_LOOK_SECONDS", 0.02)
        ready.give("c")  # wakes the keeper
        wait_until(lambda: ready.spares)
        end, thread = ready.hold("d")
        wait_until(lambda: ready.spares)
        end.set()
        thread.join()

    def test_each_who_waits_is_brought_one(self, house: House) -> None:
        first = house.hold("a")
        second = house.hold("b")
        assert len(house.made) == 2
        for end, thread in (first, second):
            end.set()
            thread.join()

    def test_a_spare_that_ended_is_no_fault_of_the_next_file(self, ready: House) -> None:
        ready.made[0].box.kill()
        assert ready.give("a").number == 2
        assert ready.made[0].closed

    def test_where_the_second_does_not_start_either_that_is_said(self, house: House) -> None:
        house.starts = lambda number: number > 2
        with pytest.raises(JobLost):
            house.give("a")
        assert house.give("a").number == 3

    def test_why_none_can_be_started_is_told_to_whoever_waits(self, house: House) -> None:
        house.broken = EngineFailed("not installed")
        with pytest.raises(EngineFailed, match="not installed"):
            house.give("a")
        house.broken = OSError(28, "No space left on device")
        with pytest.raises(JobLost, match="No space left"):
            house.give("a")
        house.broken = None
        assert house.give("a")

    def test_a_spare_that_could_not_be_started_is_tried_again_for_the_next_file(self) -> None:
        house = House()
        house.broken = EngineFailed("not installed yet")
        house.engines.start(spare=True)
        wait_until(lambda: house.spares)
        house.broken = None
        assert house.give("a").number == 2
        house.engines.close()


class TestOwners:
    def test_files_of_one_owner_meet_and_those_of_two_never(self, house: House) -> None:
        given = [house.give(owner) for owner in ("a", "b", "a")]
        assert given[0] is given[2]
        assert given[0] is not given[1]

    def test_a_file_without_an_owner_has_an_engine_that_ends_with_it(self, house: House) -> None:
        engine = house.give(None)
        assert engine.closed
        assert house.kept == []
        assert house.give(None) is not engine

    def test_many_threads_of_several_owners_never_meet_and_are_never_too_many(self) -> None:
        house = House(at_once=4, kept=4)
        house.engines.start(spare=True)
        most: list[int] = []

        def work(owner: str) -> None:
            for _ in range(50):
                most.append(len(house.engines._lent))
                house.give(owner)

        threads = [threading.Thread(target=work, args=(f"firm {n % 6}",)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(len(engine.owners) <= 1 for engine in house.made)
        assert max(most) <= 4
        assert sum(engine.files for engine in house.made) == 600
        house.engines.close()

    def test_two_files_of_an_owner_at_the_same_time_have_an_engine_each(self, house: House) -> None:
        end, thread = house.hold("a")
        other = house.give("a")
        end.set()
        thread.join()
        assert other is house.made[1]
        assert house.kept == ["a", "a"]

    def test_what_is_forgotten_ends(self, house: House) -> None:
        engines = [house.give(owner) for owner in ("letter 7", "b")]
        house.engines.forget("letter 7")
        wait_until(lambda: engines[0].closed)
        assert house.kept == ["b"]


class TestEnds:
    def test_one_is_replaced_after_so_many_files(self) -> None:
        house = House(most_files=2)
        house.engines.start(spare=False)
        first = [house.give("a") for _ in range(2)]
        assert first[0] is first[1]
        assert first[0].closed
        assert house.give("a") is not first[0]
        house.engines.close()

    def test_one_that_nobody_asks_for_ends(self) -> None:
        house = House(idle_seconds=0)
        house.engines.start(spare=False)
        engine = house.give("a")
        wait_until(lambda: engine.closed)
        house.engines.close()

    def test_where_room_is_needed_the_one_that_rested_longest_ends(self, house: House) -> None:
        for owner in ("a", "b", "c", "a", "d"):
            house.give(owner)
        assert house.kept == ["c", "a", "d"]
        wait_until(lambda: house.made[1].closed)

    def test_one_in_doubt_after_a_file_is_not_kept(self, house: House) -> None:
        with house.engines.lent("a") as engine:
            cast("StandIn", engine).sound = False
        assert house.made[0].closed
        assert house.kept == []

    def test_one_in_doubt_while_it_rests_ends(self, house: House) -> None:
        engine = house.give("a")
        engine.sound = False
        wait_until(lambda: engine.closed)
        assert house.give("a") is not engine

    @pytest.mark.parametrize("fault", [JobDied("signal 11"), JobLost("signal 9"), OSError("odd")])
    def test_a_fault_in_the_middle_ends_it(self, house: House, fault: Exception) -> None:
        with pytest.raises(type(fault)), house.engines.lent("a"):
            raise fault
        assert house.made[0].closed
        assert house.give("a") is not house.made[0]


class TestTurns:
    def test_a_file_that_hangs_holds_its_own_place_alone(self, house: House) -> None:
        end, thread = house.hold("hostile")
        for _ in range(20):
            house.give("a")
            house.give("b")
        assert thread.is_alive()
        end.set()
        thread.join()

    def test_an_owner_with_many_files_lets_another_go_before_its_next(self) -> None:
        house = House()
        house.engines.start(spare=False)
        held = [house.hold("a"), house.hold("a")]
        order: list[str] = []
        threads = [thread for _, thread in held]
        for number, owner in enumerate(["a", "a", "b"]):

            def work(owner: str = owner) -> None:
                with house.engines.lent(owner):
                    order.append(owner)

            threads.append(threading.Thread(target=work))
            threads[-1].start()
            wait_until(lambda number=number: len(house.engines._waiting._in_line) == number + 1)
        held[0][0].set()
        wait_until(lambda: len(order) == 3)
        held[1][0].set()
        for thread in threads:
            thread.join()
        assert order == ["b", "a", "a"]
        house.engines.close()

    def test_who_came_first_is_first(self) -> None:
        house = House(at_once=1)
        house.engines.start(spare=False)
        end, thread = house.hold("a")
        order: list[int] = []
        threads = [thread]
        for number in range(5):

            def work(number: int = number) -> None:
                with house.engines.lent(f"{number}"):
                    order.append(number)

            threads.append(threading.Thread(target=work))
            threads[-1].start()
            wait_until(lambda number=number: len(house.engines._waiting._in_line) == number + 1)
        end.set()
        for each in threads:
            each.join()
        assert order == [0, 1, 2, 3, 4]
        house.engines.close()

    def test_close_ends_what_works_and_what_waits(self) -> None:
        house = House(at_once=1)
        house.engines.start(spare=True)
        faults: list[JobFault] = []
        begun = threading.Event()

        def work() -> None:
            try:
                with house.engines.lent("a") as engine:
                    begun.set()
                    wait_until(lambda: engine.box.ended)
                    raise JobLost("its sandbox ended")
            except JobFault as fault:
                faults.append(fault)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert begun.wait(20)
        wait_until(lambda: len(house.engines._waiting._in_line) == 2)
        house.engines.close()
        for thread in threads:
            thread.join()
        assert [type(each) for each in faults] == [JobStopped] * 3
        assert all(engine.closed for engine in house.made)
        with pytest.raises(JobStopped):
            house.give("a")


def test_a_folder_that_does_not_go_holds_nobody_up(house: House) -> None:
    first = house.give("a")
    first.__class__ = StaysBehind
    house.engines.forget("a")
    wait_until(lambda: first.closed)
    assert house.give("b") is not first, "the keeper makes engines still"


def test_whatever_keeps_one_from_being_ready_it_is_not_lent_for_ever(house: House) -> None:
    first = house.give("a")

    def fall() -> None:
        raise ZeroDivisionError

    first.wait_until_ready = fall  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError), house.engines.lent("a"):
        pass
    assert first.closed
    assert house.engines._lent == set()

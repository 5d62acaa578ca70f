"""Shares: a flood leaves one worker to whoever comes, and its share when somebody is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa

from gateway.moving.line import rows_of
from gateway.moving.queue import Runner
from gateway.moving.shares import Shares
from gateway.stores import Stores
from tests.live_door import until

WORKERS = 4
OLD = "~"


@dataclass
class Carried:
    """Letters that are carried until they are told to end, by a Runner of four workers.

    The turn of each is the first character of its name; `~` for old mail, which has none.
    """

    stores: Stores
    names: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    ended: dict[str, threading.Event] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        engine = self.stores.database.queue_engine
        self.runner = Runner(engine, self._carry, workers=WORKERS, poll_seconds=0.01)

    def put(self, *names: str) -> None:
        queue = self.stores.queue()
        for name in names:
            self.names.append(name)
            self.ended[name] = threading.Event()
            turn = None if name[0] == OLD else f"firm {name[0]}"
            with self.stores.database.write() as connection:
                queue.put(connection, len(self.names), 1, turn)

    def end(self, *names: str) -> None:
        """End letters, and wait until the queue knows it."""
        for name in names:
            self.ended[name].set()
        until(lambda: not {self.state(name) for name in names} & {"PENDING", "ENQUEUED"})

    def _carry(self, letter_id: int, _attempt: int) -> str:
        name = self.names[letter_id - 1]
        self.begun.append(name)
        if name in self.failing:
            raise RuntimeError
        self.ended[name].wait(60)
        return "filed"

    def state(self, name: str) -> str:
        rows = rows_of(self.stores.database.queue_engine)
        named = f"{self.names.index(name) + 1}-1"
        asked = sa.select(rows.c.status).where(rows.c.workflow_uuid == named)
        with self.stores.database.read() as connection:
            return str(connection.execute(asked).scalar_one())

    @property
    def now(self) -> set[str]:
        return {name for name in self.begun if not self.ended[name].is_set()}


@pytest.fixture
def carried(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carried]:
    """Stand before a queue that is not run yet, on three processors."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(3)))
    made = Carried(stores)
    try:
        yield made
    finally:
        for event in made.ended.values():
            event.set()
        made.runner.stop(10)
        made.runner.wait()


@pytest.mark.slow
def test_a_flood_that_is_alone_leaves_a_worker_to_whoever_comes(carried: Carried) -> None:
    carried.put("a1", "a2", "a3", "a4", "a5", "a6")
    carried.runner.start()
    until(lambda: len(carried.now) == 3)
    carried.put("b1")
    until(lambda: "b1" in carried.now)
    assert carried.now == {"a1", "a2", "a3", "b1"}, "none of the flood had to end for it"
    assert {carried.state(name) for name in ("a4", "a5", "a6")} == {"ENQUEUED"}


@pytest.mark.slow
def test_beside_another_what_is_over_its_share_waits_in_the_queue(carried: Carried) -> None:
    carried.put("a1", "a2", "a3", "a4", "a5")
    carried.runner.start()
    until(lambda: carried.now == {"a1", "a2", "a3"})
    carried.put("b1")
    until(lambda: "b1" in carried.now)
    carried.end("a1")
    carried.put("c1")
    until(lambda: "c1" in carried.now)
    assert carried.now == {"a2", "a3", "b1", "c1"}, "two of its own go on, and no worker waits"
    assert carried.state("a4") == "ENQUEUED"
    carried.end("a2")
    until(lambda: carried.now == {"a3", "a4", "b1", "c1"})


@pytest.mark.slow
def test_when_the_other_has_ended_all_go_on(carried: Carried) -> None:
    carried.put("b1", "a1", "a2", "a3", "a4")
    carried.runner.start()
    until(lambda: carried.now == {"b1", "a1", "a2"})
    carried.end("b1")
    until(lambda: carried.now == {"a1", "a2", "a3"})
    carried.end("a1")
    until(lambda: carried.now == {"a2", "a3", "a4"})


@pytest.mark.slow
def test_a_letter_that_fails_gives_its_place_back(carried: Carried) -> None:
    failing = [f"a{number}" for number in range(6)]
    carried.failing.update(failing)
    carried.put("b1", *failing, "a7", "a8")
    carried.runner.start()
    until(lambda: {"b1", "a7", "a8"} <= carried.now)


@pytest.mark.slow
def test_old_mail_takes_no_worker_that_is_kept_and_holds_none_back(carried: Carried) -> None:
    carried.put("~1", "~2", "~3", "~4", "~5")
    carried.runner.start()
    until(lambda: carried.now == {"~1", "~2", "~3"})
    carried.put("a1", "a2", "a3", "a4")
    until(lambda: "a1" in carried.now)
    carried.end("~1", "~2", "~3")
    until(lambda: {"a1", "a2", "a3"} <= carried.now)
    # A worker is free, and one of the flood waits: it is kept for whoever else comes.
    carried.put("b1")
    until(lambda: "b1" in carried.now)
    assert carried.now == {"a1", "a2", "a3", "b1"}
    carried.end("a1", "a2", "a3", "b1")
    until(lambda: "a4" in carried.now)
    carried.end("a4")
    until(lambda: carried.now == {"~4", "~5"})


@pytest.mark.slow
def test_old_mail_that_was_queued_without_a_turn_is_carried(carried: Carried) -> None:
    carried.put("~1", "a1")
    with carried.stores.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE workflow_status SET queue_partition_key = NULL WHERE workflow_uuid = '1-1'"
        )
    carried.runner.start()
    until(lambda: carried.now == {"~1", "a1"})


@pytest.mark.parametrize(
    ("workers", "processors", "shares"),
    [
        (8, 1, Shares(alone=2, beside=1)),
        (8, 2, Shares(alone=3, beside=1)),
        (8, 4, Shares(alone=7, beside=3)),
        (8, 32, Shares(alone=7, beside=7)),
        (2, 8, Shares(alone=1, beside=1)),
        (1, 8, Shares(alone=1, beside=1)),
    ],
)
def test_a_share_leaves_the_others_a_worker_and_a_processor(
    workers: int, processors: int, shares: Shares, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(processors)))
    assert Shares.of(workers) == shares


def test_who_has_room_is_read_by_steps_into_an_index(stores: Stores) -> None:
    engine = stores.database.queue_engine
    rows = rows_of(engine)
    asked = sa.select(rows.c.workflow_uuid).where(
        rows.c.queue_name == "road",
        rows.c.status == "ENQUEUED",
        rows.c.status.in_(["ENQUEUED", "PENDING"]),
        *Shares(7, 1).keep(rows),
    )
    with stores.database.read() as connection:
        sql = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    of_rows = [step for step in steps if "workflow_status" in step]
    assert len(of_rows) >= 6
    by_turn = ("queue_partition_key=?", "queue_partition_key>?", "priority<?")
    whole = [step for step in of_rows if not any(word in step for word in by_turn)]
    assert len(whole) == 1, "what is carried, which is no more than there are workers"
    assert whole[0].startswith("SEARCH"), steps

"""The queue and the sweep: a letter moves until it rests, whatever became of its workflow."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from gateway.clock import now
from gateway.moving.line import places
from gateway.moving.queue import Carry, Queue, Runner, _KeptStatements
from gateway.moving.sweep import Sweep
from gateway.moving.worker import AttemptInterrupted
from gateway.road.file import StaleAttempt, move_letter
from gateway.stores import Stores
from portal.tables import events, letters, outbox
from tests.carrying import Carrier
from tests.test_gateway_intake import letter


@contextmanager
def running(stores: Stores, carry: Carry) -> Iterator[None]:
    runner = Runner(stores.database.queue_engine, carry, workers=4, poll_seconds=0.02)
    runner.start()
    try:
        yield
    finally:
        runner.stop(5)


def filing(stores: Stores) -> Carry:
    """Return a carry that does nothing but move the letter, behind the fence."""

    def carry(letter_id: int, attempt: int) -> str:
        with stores.database.write() as connection:
            move_letter(connection, letter_id, attempt, "filed", None, now())
        return "filed"

    return carry


def wait_until_empty(queue: Queue, timeout_seconds: float) -> bool:
    until = time.monotonic() + timeout_seconds
    while queue.depth():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def states(stores: Stores) -> list[tuple[str, int]]:
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(letters).order_by(letters.c.id))
        return [(row.state, row.attempt) for row in rows]


@pytest.fixture
def sweep(stores: Stores) -> Sweep:
    return Sweep(
        stores.database,
        stores.queue(),
        stores.vault,
        stores.settings,
        now,
        give_up=Carrier(stores).worker.give_up,
    )


@pytest.mark.slow
def test_queued_letters_are_carried(stores: Stores) -> None:
    for number in range(5):
        stores.intake().accept(letter(stores, b"%d" % number))
    with running(stores, filing(stores)):
        assert wait_until_empty(stores.queue(), 10)
    assert states(stores) == [("filed", 1)] * 5


@pytest.mark.slow
def test_a_letter_whose_workflow_failed_is_carried_again(stores: Stores, sweep: Sweep) -> None:
    stores.intake().accept(letter(stores))
    carry = filing(stores)

    def failing_once(letter_id: int, attempt: int) -> str:
        if attempt == 1:
            raise RuntimeError
        return carry(letter_id, attempt)

    with running(stores, failing_once):
        assert wait_until_empty(stores.queue(), 10)
        assert states(stores) == [("checking", 1)]
        assert sweep.letters() == 1
        assert wait_until_empty(stores.queue(), 10)
    assert states(stores) == [("filed", 2)]


@pytest.mark.slow
def test_a_letter_that_never_works_is_held_and_told(stores: Stores, sweep: Sweep) -> None:
    stores.intake().accept(letter(stores))

    def failing(_letter_id: int, _attempt: int) -> str:
        raise RuntimeError

    with running(stores, failing):
        for _ in range(stores.settings.road.max_attempts):
            assert wait_until_empty(stores.queue(), 10)
            assert sweep.letters() == 1
    assert states(stores) == [("with_us", stores.settings.road.max_attempts)]
    assert sweep.letters() == 0
    with stores.database.read() as connection:
        event = connection.execute(sa.select(events)).one()
        mail = connection.execute(sa.select(outbox)).one()
    assert (event.kind, event.detail["reason"]) == ("letter.with_us", "not_finished")
    assert (mail.kind, mail.recipient) == ("receipt", "pat@bakerllp.example")
    assert "Our team will look at it." in mail.text


@pytest.mark.slow
def test_the_sweep_leaves_what_waits_or_moves(stores: Stores, sweep: Sweep) -> None:
    stores.intake().accept(letter(stores, b"waits"))
    assert sweep.letters() == 0
    started, go_on = threading.Event(), threading.Event()
    carry = filing(stores)

    def slow(letter_id: int, attempt: int) -> str:
        started.set()
        go_on.wait(10)
        return carry(letter_id, attempt)

    with running(stores, slow):
        assert started.wait(10)
        assert sweep.letters() == 0
        go_on.set()
        assert wait_until_empty(stores.queue(), 10)
    assert states(stores) == [("filed", 1)]


def test_a_letter_left_without_a_workflow_is_found(stores: Stores, sweep: Sweep) -> None:
    stores.intake().accept(letter(stores))
    with stores.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM workflow_status")
    assert sweep.letters() == 1
    assert states(stores) == [("checking", 2)]
    assert sweep.letters() == 0


def end_in_an_error(stores: Stores, *letter_ids: int) -> None:
    """Note of letters' first attempts what the queue notes of one that failed."""
    with stores.database.write() as connection:
        for one in letter_ids:
            connection.exec_driver_sql(
                f"UPDATE workflow_status SET status = 'ERROR' WHERE workflow_uuid = '{one}-1'"
            )


def test_a_still_letter_is_found_behind_any_number_that_move(
    stores: Stores, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.moving.sweep._BATCH", 3)
    for number in range(10):
        stores.intake().accept(letter(stores, b"flood %d" % number))
    stores.intake().accept(letter(stores, b"quiet", sender="pat@smithdefence.example"))
    end_in_an_error(stores, 11)
    assert sweep.letters() == 1
    assert states(stores) == [("checking", 1)] * 10 + [("checking", 2)]
    end_in_an_error(stores, *range(1, 11))
    assert sweep.letters() == 10, "page by page, to the last one"
    assert states(stores) == [("checking", 2)] * 11


def test_a_letter_that_cannot_be_set_moving_keeps_nobody_else_still(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.moving.sweep._BATCH", 2)

    def give_up(letter_id: int, _attempt: int) -> bool:
        if letter_id < 4:
            raise OSError(f"words of letter {letter_id}")
        return True

    road = stores.settings.road.model_copy(update={"max_attempts": 1})
    settings = stores.settings.model_copy(update={"road": road})
    sweep = Sweep(stores.database, stores.queue(), stores.vault, settings, now, give_up)
    for number in range(5):
        stores.intake().accept(letter(stores, b"%d" % number))
    end_in_an_error(stores, *range(1, 6))
    with structlog.testing.capture_logs() as log:
        assert sweep.letters() == 2
    assert [(one["letter"], one["fault"]) for one in log] == [(n, "OSError") for n in (1, 2, 3)]
    assert "words" not in str(log)
    assert b'casebridge_sweep_failures_total{fault="OSError"} 3.0' in sweep.metrics.text()


def test_who_stands_still_is_asked_by_the_index_of_the_librarys_ids(stores: Stores) -> None:
    asked = sa.select(letters.c.id).where(letters.c.state == "checking", stores.queue().is_still())
    with stores.database.read() as connection:
        sql = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    assert all(step.startswith(("SEARCH", "CORRELATED")) for step in steps), steps


def test_the_fence_stops_an_attempt_that_is_not_the_live_one(stores: Stores) -> None:
    stores.intake().accept(letter(stores))
    carry = filing(stores)
    with pytest.raises(StaleAttempt):
        carry(1, 2)
    assert carry(1, 1) == "filed"
    with pytest.raises(StaleAttempt):
        carry(1, 1)


def test_two_threads_that_race_for_one_letter_file_it_once(stores: Stores) -> None:
    carry = filing(stores)
    for number in range(20):
        stores.intake().accept(letter(stores, b"%d" % number))
        outcomes: list[str] = []
        barrier = threading.Barrier(2)

        def race(
            letter_id: int = number + 1,
            outcomes: list[str] = outcomes,
            barrier: threading.Barrier = barrier,
        ) -> None:
            barrier.wait()
            try:
                outcomes.append(carry(letter_id, 1))
            except StaleAttempt:
                outcomes.append("stale")

        threads = [threading.Thread(target=race) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["filed", "stale"]


@pytest.mark.slow
def test_nothing_a_person_wrote_is_in_the_queues_tables(stores: Stores) -> None:
    marker = b"canary-in-the-narrative"
    stores.intake().accept(letter(stores, marker, sender="canary-sender@bakerllp.example"))
    with running(stores, filing(stores)):
        assert wait_until_empty(stores.queue(), 10)
    stored = _queue_tables(stores.folder / "casebridge.db")
    assert "1" in stored
    assert "canary" not in stored


def _queue_tables(file: Path) -> str:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    names = ("workflow_status", "operation_outputs")
    text = "\n".join(
        repr(row) for name in names for row in connection.execute(f"SELECT * FROM {name}")
    )
    connection.close()
    return text


@pytest.mark.slow
def test_ended_workflows_are_purged(stores: Stores) -> None:
    stores.intake().accept(letter(stores))
    with running(stores, filing(stores)):
        assert wait_until_empty(stores.queue(), 10)
    queue = stores.queue()
    assert queue.purge(now() - timedelta(hours=1)) == 0
    assert queue.purge(now() + timedelta(hours=1)) == 1
    assert "road" not in _queue_tables(stores.folder / "casebridge.db")


@pytest.mark.slow
def test_waiting_and_flying_letters_outlive_an_upgrade(
    stores: Stores, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version whose one step does something else finishes what an older one began."""
    stores.intake().accept(letter(stores, b"in flight"))
    stores.intake().accept(letter(stores, b"waiting"))
    _die_in_flight(stores)
    assert states(stores) == [("checking", 1)] * 2
    carry = filing(stores)

    def newer(letter_id: int, attempt: int) -> str:
        return carry(letter_id, attempt).upper()

    _run_until_rested(stores, sweep, newer)
    assert states(stores) == [("filed", 1)] * 2


@pytest.mark.slow
def test_our_own_end_counts_against_no_letter(stores: Stores, sweep: Sweep) -> None:
    """More often than a letter may end the process, and than it may fail."""
    stores.intake().accept(letter(stores))
    for _ in range(stores.settings.road.max_attempts + 1):
        begun, closed = threading.Event(), threading.Event()

        def stopped(
            _letter_id: int,
            _attempt: int,
            begun: threading.Event = begun,
            closed: threading.Event = closed,
        ) -> str:
            begun.set()
            closed.wait(10)
            raise AttemptInterrupted

        runner = Runner(stores.database.queue_engine, stopped, workers=4, poll_seconds=0.02)
        runner.start()
        assert begun.wait(10)
        runner.stop(0)
        closed.set()
        runner.wait()
        assert stores.queue().put_back() == 1
        assert (sweep.letters(), states(stores)) == (0, [("checking", 1)])
    with running(stores, filing(stores)):
        assert wait_until_empty(stores.queue(), 10)
    assert states(stores) == [("filed", 1)]
    assert stores.queue().put_back() == 0


@pytest.mark.slow
def test_what_ends_while_we_wait_is_filed_once(stores: Stores) -> None:
    stores.intake().accept(letter(stores))
    begun, go_on = threading.Event(), threading.Event()
    carry = filing(stores)

    def slow(letter_id: int, attempt: int) -> str:
        begun.set()
        go_on.wait(10)
        return carry(letter_id, attempt)

    runner = Runner(stores.database.queue_engine, slow, workers=4, poll_seconds=0.02)
    runner.start()
    assert begun.wait(10)
    runner.stop(0)
    go_on.set()
    runner.wait()
    assert states(stores) == [("filed", 1)]
    # The queue was gone when it ended: it goes round once more, and finds nothing to do.
    assert stores.queue().put_back() == 1
    seen: list[str] = []

    def finds(letter_id: int, attempt: int) -> str:
        with pytest.raises(StaleAttempt):
            carry(letter_id, attempt)
        seen.append("stale")
        return "stale"

    with running(stores, finds):
        assert wait_until_empty(stores.queue(), 10)
    assert (seen, states(stores)) == (["stale"], [("filed", 1)])


@pytest.mark.slow
def test_a_letter_that_kills_the_process_each_time_is_held(stores: Stores) -> None:
    settings = stores.settings.model_copy(
        update={"road": stores.settings.road.model_copy(update={"max_attempts": 2})}
    )
    worker = Carrier(stores).worker
    sweep = Sweep(stores.database, stores.queue(), stores.vault, settings, now, worker.give_up)
    stores.intake().accept(letter(stores))
    killed = 0
    while states(stores)[0][0] == "checking":
        killed += _carry_poison(stores)
        assert killed <= 8, "four times for each attempt"
        sweep.letters()
    assert states(stores) == [("with_us", 2)]
    assert killed == 8


def _carry_poison(stores: Stores) -> bool:
    """Run the queue until it is empty, in a process that each letter kills. Say whether one did."""

    script = """
import os, signal, sys, time
from pathlib import Path
from gateway.moving.queue import Queue, Runner
from portal.database import open_database
database = open_database(Path(sys.argv[1]))
def carry(letter_id, attempt):
    os.kill(os.getpid(), signal.SIGKILL)
runner = Runner(database.queue_engine, carry, workers=1, poll_seconds=0.02)
runner.start()
while Queue(database.queue_engine).depth():
    time.sleep(0.02)
os._exit(0)
"""
    file = stores.folder / "casebridge.db"
    ended = subprocess.run([sys.executable, "-c", script, str(file)], check=False, timeout=60)
    assert ended.returncode in {0, -signal.SIGKILL}
    return ended.returncode == -signal.SIGKILL


def _run_until_rested(stores: Stores, sweep: Sweep, carry: Callable[[int, int], str]) -> None:
    with running(stores, carry):
        for _ in range(3):
            assert wait_until_empty(stores.queue(), 20)
            sweep.letters()


def _die_in_flight(stores: Stores) -> None:
    """Carry the first letter in a process of its own, which is killed in the middle of it."""

    script = """
import os, signal, sys
from pathlib import Path
from gateway.moving.queue import Runner
from portal.database import open_database
import time
database = open_database(Path(sys.argv[1]))
def carry(letter_id, attempt):
    print("flying", flush=True)
    time.sleep(60)
runner = Runner(database.queue_engine, carry, workers=1, poll_seconds=0.02)
runner.start()
time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(stores.folder / "casebridge.db")],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "flying\n"
        process.send_signal(signal.SIGKILL)


@dataclass
class Line:
    """The order in which letters are begun, by a name for each; one at a time."""

    stores: Stores
    names: dict[int, str] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)

    def put(self, *names: str, turn: str | None) -> None:
        """Queue letters of one turn, by themselves each: nobody looks into them here."""
        queue = self.stores.queue()
        for name in names:
            letter_id = len(self.names) + 1
            self.names[letter_id] = name
            with self.stores.database.write() as connection:
                queue.put(connection, letter_id, 1, turn)

    def run(self, *, until: int | None = None) -> list[str]:
        """Run the queue until it is empty, or so many have begun. Return those begun by now."""
        enough, ending = threading.Event(), threading.Event()

        def carry(letter_id: int, _attempt: int) -> str:
            if enough.is_set():
                # It holds the one place until we end: else each that is begun and given back is
                # the first of the next run, and on a busy machine there would be many.
                assert ending.wait(30)
                raise AttemptInterrupted
            self.begun.append(self.names[letter_id])
            if len(self.begun) == until:
                enough.set()
            return "filed"

        engine = self.stores.database.queue_engine
        runner = Runner(engine, carry, workers=1, poll_seconds=0.002)
        runner.start()
        if until is None:
            assert wait_until_empty(self.stores.queue(), 30)
        else:
            assert enough.wait(30)
        runner.stop(0)
        ending.set()
        runner.wait()
        self.stores.queue().put_back()
        return self.begun


def numbered(name: str, count: int, first: int = 0) -> list[str]:
    return [f"{name}{number}" for number in range(first, first + count)]


@pytest.mark.slow
def test_a_flood_stands_behind_the_one_letter_of_another(stores: Stores) -> None:
    line = Line(stores)
    line.put(*numbered("flood", 30), turn="firm 1")
    line.put("quiet", turn="firm 2")
    line.put("unknown", turn="network 1")
    assert line.run()[:4] == ["flood0", "quiet", "unknown", "flood1"]
    assert [one for one in line.begun if one.startswith("flood")] == numbered("flood", 30)


@pytest.mark.slow
def test_whoever_comes_while_a_flood_is_carried_is_next_and_two_floods_alternate(
    stores: Stores,
) -> None:
    line = Line(stores)
    line.put(*numbered("a", 20), turn="firm 1")
    assert line.run(until=8) == numbered("a", 8)
    line.put(*numbered("b", 5), turn="firm 2")
    line.put(*numbered("a", 2, first=20), turn="firm 1")
    both = line.run()[8:]
    # What ran when we were told to end comes first.
    assert [one for one in both if one[0] == "b"] == numbered("b", 5)
    assert [one[0] for one in both[1:10]].count("a") in {4, 5}
    assert both[both.index("b4") :].count("b4") == 1
    assert set(both[both.index("b4") + 1 :]) <= set(numbered("a", 22))
    assert [one for one in line.begun if one[0] == "a"] == numbered("a", 22)


@pytest.mark.slow
def test_who_was_quiet_has_saved_nothing_up(stores: Stores) -> None:
    """A turn begins where the line is, and not where it stood when it was empty."""
    line = Line(stores)
    line.put("b", turn="firm 2")
    line.put(*numbered("a", 12), turn="firm 1")
    line.run(until=9)
    line.put(*numbered("c", 4), turn="firm 2")
    rest = line.run()[9:]
    assert [one for one in rest if one[0] == "a"] == numbered("a", 4, first=8)
    assert {rest.index("a9") < rest.index("c2"), rest.index("c0") < rest.index("a10")} == {True}


@pytest.mark.slow
def test_old_mail_waits_for_everybody_whoever_comes_later(stores: Stores) -> None:
    line = Line(stores)
    line.put(*numbered("old", 6), turn=None)
    line.put(*numbered("flood", 6), turn="firm 1")
    assert line.run(until=3) == numbered("flood", 3)
    line.put("quiet", turn="firm 2")
    line.put("old6", turn=None)
    begun = line.run()
    assert "quiet" in begun[3:5]
    assert begun[7:] == numbered("old", 7)


@pytest.mark.slow
def test_the_order_outlives_a_process_that_is_killed(stores: Stores, sweep: Sweep) -> None:
    line = Line(stores)
    intake = stores.intake()
    for number, name in enumerate(numbered("flood", 10)):
        intake.accept(letter(stores, b"%d" % number))
        line.names[number + 1] = name
    _die_in_flight(stores)
    intake.accept(letter(stores, b"quiet", sender="pat@smithdefence.example"))
    line.names[11] = "quiet"
    begun = line.run()
    assert sorted(begun) == sorted(line.names.values()), "each once"
    assert begun[:3] in (["flood0", "flood1", "quiet"], ["flood0", "quiet", "flood1"])
    assert [one for one in begun if one != "quiet"] == numbered("flood", 10)
    # Each ended and none rests: the sweep queues them again, and they take turns as before.
    assert sweep.letters() == 11
    line.begun.clear()
    assert "quiet" in line.run()[:2]
    assert states(stores) == [("checking", 2)] * 11


def test_the_line_is_read_by_steps_into_an_index(stores: Stores) -> None:
    queue = stores.queue()
    asked = places(queue._workflows).params(turn="firm 1")
    with stores.database.read() as connection:
        sql = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
    searches = [step for step in steps if "workflow_status" in step]
    assert len(searches) == 4
    for step in searches:
        assert "USING COVERING INDEX idx_workflow_status_" in step, steps


def test_the_librarys_inserts_are_compiled_once(stores: Stores) -> None:
    # A new version of the library that goes another way would make every accept slow again.
    queue = stores.queue()
    kept = queue._client._sys_db._execute_prepared
    assert isinstance(kept, _KeptStatements)
    with stores.database.write() as connection:
        queue.put(connection, 1, 1, "firm 1")
        queue.put(connection, 2, 1, "firm 2")
    assert {name: len(one._kept) for name, one in kept._kept.items()} == {
        "insert_workflow_status": 1,
        "insert_workflow_input": 1,
    }
    assert queue.depth() == 2

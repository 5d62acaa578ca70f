"""The queue: which letter is carried next, durable in the record's own database, by DBOS.

A letter's row is the truth; the queue only moves it. A workflow is named by letter and attempt, so
a letter that stands still is set moving again by raising its attempt: queueing the same workflow a
second time is a silent no-op, even where it ended in an error. What is stored of a workflow are a
letter's id, its attempt and a code, as JSON, and whose turn it is: nothing that a person wrote.

The next letter is the one with the lowest priority, and the priority is its place in line: each
turn (gateway/moving/turn.py) has one letter at each place, and whoever comes anew stands where the
line is now (start-time fair queueing). So a turn with two thousand letters and one with a single
letter alternate. The line (gateway/moving/line.py) is read from the queue itself in the transaction
that puts a letter there: an end in the middle loses nothing of it. Passed by are letters whose turn
has no room (gateway/moving/shares.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer, EnqueueOptions
from dbos._schemas import SCHEMA_PLACEHOLDER
from dbos._sys_db import SystemDatabase  # DBOS.migrate takes a URL, and would open its own SQLite
from sqlalchemy.orm import Session

from gateway.moving.line import MOVING, OLD_MAIL, QUEUE, next_place, places, rows_of
from gateway.moving.shares import Shares
from portal.prepared import Prepared
from portal.tables import letters

_APPLICATION = "casebridge"
# DBOS would take a hash of the code otherwise, and leave an older version's letters where they are.
_VERSION = "1"
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_BATCH = 200
# A letter that ends the process this often is left to the sweep, which holds it in the end.
_RECOVERIES = 3

Carry = Callable[[int, int], str]


def migrate(engine: sa.Engine) -> None:
    """Bring the queue's tables to the schema of the library that is installed."""
    _system_database(engine).run_migrations()


def require_current(engine: sa.Engine) -> None:
    """Raise dbos.DBOSException where the queue's tables are not at this schema."""
    _system_database(engine).verify_migrations()


def _system_database(engine: sa.Engine) -> SystemDatabase:
    return SystemDatabase.create(
        system_database_url=engine.url.render_as_string(hide_password=False),
        engine_kwargs={},
        engine=engine,
        schema="dbos",
        serializer=DBOSPortableJSONSerializer(),
        executor_id=None,
    )


class _KeptStatements:
    """Takes the place of the library's own `_execute_prepared`, which on SQLite builds and compiles
    the two inserts of a workflow anew each time: a third of what an accept cost.
    """

    def __init__(self, system: SystemDatabase) -> None:
        self._library = system._execute_prepared  # noqa: SLF001  # test_gateway_moving_queue.py watches it
        self._schemas = {SCHEMA_PLACEHOLDER: system.schema}
        self._kept: dict[str, Prepared] = {}

    def __call__(
        self,
        connection: sa.Connection | Session,
        name: str,
        values: dict[str, Any],
        build: Callable[[], Any],
        *,
        insert_columns: bool = True,
    ) -> Any:
        if isinstance(connection, Session) or not insert_columns:
            return self._library(connection, name, values, build, insert_columns=insert_columns)
        prepared = self._kept.get(name)
        if prepared is None:
            prepared = self._kept[name] = Prepared(build, self._schemas)
        return prepared.run(connection, values)


class Queue:
    """The queue as doors, sweep and commands use it: to put in and to look, never to run."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._client = DBOSClient(
            system_database_engine=engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=_APPLICATION,
        )
        system = self._client._sys_db  # noqa: SLF001  # test_gateway_moving_queue.py watches it
        system._execute_prepared = _KeptStatements(system)  # type: ignore[assignment]  # noqa: SLF001
        self._workflows = rows_of(engine)
        self._places = Prepared(lambda: places(self._workflows))

    def put(
        self, connection: sa.Connection, letter_id: int, attempt: int, turn: str | None
    ) -> None:
        """Queue a letter's attempt within the caller's transaction: both are there, or neither.

        It is begun when every other `turn` has had as many letters begun as this one since it last
        stood empty; without a turn, when nothing waits that has one.
        """
        turn = turn or OLD_MAIL
        options: EnqueueOptions = {
            "workflow_name": QUEUE,
            "queue_name": QUEUE,
            "workflow_id": _workflow_id(letter_id, attempt),
            "app_version": _VERSION,
            "priority": self._place(connection, turn),
            # A label and no partition: the queue has no limits for partitions.
            "queue_partition_key": turn,
        }
        self._client.enqueue_in_transaction(connection, options, letter_id, attempt)

    def _place(self, connection: sa.Connection, turn: str) -> int:
        found = self._places.first(connection, {"turn": turn})
        assert found is not None, "four questions have one row"
        return next_place(turn, tuple(found))

    def is_still(self) -> sa.ColumnElement[bool]:
        """Return the condition on rows of `letters` that their attempt neither waits nor moves.

        Both are read at one moment: a letter is not in motion any more before its workflow ends.
        """
        named = (
            sa.cast(letters.c.id, sa.Text)
            .concat(sa.literal_column("'-'"))
            .concat(sa.cast(letters.c.attempt, sa.Text))
        )
        return ~sa.exists().where(
            self._workflows.c.workflow_uuid == named, self._workflows.c.status.in_(MOVING)
        )

    def put_back(self) -> int:
        """Queue again what a Runner that has ended left half done. Return how many letters.

        They count as never begun: what does not end by itself, and is told to, is no fault of the
        letter's. For the process that may run letters alone, when Runner.wait has returned.
        """
        half_done = self._client.list_workflows(
            name=QUEUE, status="PENDING", load_input=False, load_output=False
        )
        if half_done:
            ids = [workflow.workflow_id for workflow in half_done]
            self._client.resume_workflows(ids, queue_name=QUEUE)
        return len(half_done)

    def depth(self) -> int:
        """Count what waits in the queue or moves."""
        counted = sa.select(sa.func.count()).select_from(self._workflows)
        moving = self._workflows.c.status.in_(MOVING)
        with self._engine.connect() as connection:
            return connection.execute(counted.where(moving)).scalar_one()

    def purge(self, before: datetime) -> int:
        """Forget workflows that ended before this moment. Return how many."""
        gone = 0
        while ended := self._client.list_workflows(
            status=_ENDED,
            completed_before=before.isoformat(),
            load_input=False,
            load_output=False,
            limit=_BATCH,
        ):
            self._client.delete_workflows([workflow.workflow_id for workflow in ended])
            gone += len(ended)
        return gone


class Runner:
    """What carries queued letters, in the one process that may (see gateway/lock.py)."""

    def __init__(
        self, engine: sa.Engine, carry: Carry, *, workers: int, poll_seconds: float
    ) -> None:
        self._engine = engine
        self._carry = carry
        self._workers = workers
        self._poll_seconds = poll_seconds
        self._change = threading.Condition()
        self._in_hand = 0

    def start(self) -> None:
        """Begin to run what is queued, an ended process's unfinished workflows first."""

        @DBOS.step(name="carry")
        def carry(letter_id: int, attempt: int) -> str:
            with self._holding():
                return self._carry(letter_id, attempt)

        @DBOS.workflow(name=QUEUE, max_recovery_attempts=_RECOVERIES)
        def road(letter_id: int, attempt: int) -> str:
            return carry(letter_id, attempt)

        _label_old_mail(self._engine)
        config: DBOSConfig = {
            "name": _APPLICATION,
            "system_database_engine": self._engine,
            "application_version": _VERSION,
            "executor_id": "local",
            "serializer": DBOSPortableJSONSerializer(),
            "run_migrations": False,
            # Nobody sends messages to our workflows; its listener is waited for at the end.
            "notification_listener_polling_interval_sec": 0.1,
            "log_level": "ERROR",
        }
        launched = DBOS(config=config)
        DBOS.launch()
        _keep_shares(launched._sys_db, Shares.of(self._workers))  # noqa: SLF001
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._workers, polling_interval_sec=self._poll_seconds
        )

    def stop(self, grace_seconds: int) -> None:
        """Take nothing new, and wait this long for what moves. The rest goes on; see `wait`."""
        with self._change:
            moves = self._in_hand > 0
        # The library looks after whole seconds, and where nothing moves it waits for one as well.
        waits = grace_seconds if moves else 0
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=waits)

    def wait(self) -> None:
        """Wait for what still moves: when the engines are closed, it ends soon, and unfinished."""
        with self._change:
            self._change.wait_for(lambda: not self._in_hand)

    @contextmanager
    def _holding(self) -> Iterator[None]:
        with self._change:
            self._in_hand += 1
        try:
            yield
        finally:
            with self._change:
                self._in_hand -= 1
                self._change.notify_all()


def _label_old_mail(engine: sa.Engine) -> None:
    """Give what an earlier version has queued without a turn the one that it has now."""
    rows = rows_of(engine)
    unlabelled = (rows.c.queue_name == QUEUE, rows.c.queue_partition_key.is_(None))
    with engine.begin() as connection:
        connection.execute(
            rows.update()
            .where(*unlabelled, rows.c.status.in_(MOVING))
            .values(queue_partition_key=OLD_MAIL)
        )


def _keep_shares(system: SystemDatabase, shares: Shares) -> None:
    """Have the library claim what `shares` let it: by its own place for what a claim must meet.

    test_gateway_moving_shares.py watches that it asks there. It looks at the queue first when it
    has been up for as long as between two looks.
    """
    room = shares.keep(system.tables.workflow_status)

    def gate(queue_name: str, partition_key: str | None) -> list[sa.ColumnElement[bool]]:
        del partition_key  # there are none
        return room if queue_name == QUEUE else []

    system._claim_gate = gate  # type: ignore[method-assign]  # noqa: SLF001


def _workflow_id(letter_id: int, attempt: int) -> str:
    return f"{letter_id}-{attempt}"

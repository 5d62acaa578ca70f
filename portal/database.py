"""The engines on the record's database: ours, and the one that the queue's library is given.

Every engine of every process comes from `open_database`. Two copies of SQLite on one file break its
locks, and pysqlite3's is the one without the WAL-reset race (https://sqlite.org/wal.html, 3.51.3).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pysqlite3
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from portal.turns import NoTurn, Turns

BUSY_TIMEOUT_MS = 30_000
# 32 MB of log: a checkpoint writes and fsyncs the database while every accept waits. The default of
# 1,000 pages is a checkpoint for each hundred letters, and took a quarter of their rate.
_CHECKPOINT_PAGES = 8000
_OLDEST_SAFE_SQLITE = (3, 51, 3)
_READS = "casebridge_reads"
_HAS_TURN = "casebridge_has_turn"
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class UnsafeSqlite(Exception):
    """The SQLite library has the WAL-reset race (3.7.0 to 3.51.2) and may corrupt the record."""


class UtcDateTime(sa.TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no zone, so it is put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn a moment into UTC. Raises ValueError for one without a zone."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give the moment its zone back."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Database:
    """The record's database, as two engines on one file."""

    engine: sa.Engine
    queue_engine: sa.Engine

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open a transaction that may write: it commits at the end, or rolls back at a fault.

        On SQLite it takes the write lock at once (BEGIN IMMEDIATE), so that what it reads cannot
        change before it writes.
        """
        with self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a transaction that only reads, on one snapshot."""
        with self.engine.connect().execution_options(**{_READS: True}) as connection:
            yield connection

    @contextlib.contextmanager
    def aside(self) -> Iterator[sa.Connection]:
        """Open a connection to fill temporary tables on, which keeps nobody else from writing.

        They are this connection's alone. `write_on` then writes what they say; the caller commits
        what came before, and drops them at the end.
        """
        with self.engine.connect() as connection:
            connection.execution_options(**{_READS: True})
            yield connection

    @contextlib.contextmanager
    def write_on(self, connection: sa.Connection) -> Iterator[None]:
        """Open a transaction that may write, as `write` does, on a connection of `aside`."""
        connection.execution_options(**{_READS: False})
        try:
            with connection.begin():
                yield
        finally:
            connection.execution_options(**{_READS: True})

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        self.queue_engine.dispose()


def open_database(file: Path | None) -> Database:
    """Open the SQLite database in `file`, or one in memory for None.

    Raises UnsafeSqlite where the library is one with the WAL-reset race.
    """
    if pysqlite3.sqlite_version_info < _OLDEST_SAFE_SQLITE:
        raise UnsafeSqlite(pysqlite3.sqlite_version)
    turns = Turns()
    return Database(engine=_ours(file, turns), queue_engine=_the_queues(file, turns))


def _ours(file: Path | None, turns: Turns) -> sa.Engine:
    engine = _sqlite_engine(file, {}, turns)

    @event.listens_for(engine, "connect")
    def begin_by_ourselves(connection: DBAPIConnection, _record: object) -> None:
        # pysqlite3's own transaction control begins at the first write, which loses updates.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get(_READS, False):
            connection.exec_driver_sql("BEGIN")
            return
        _take_turn(connection, turns)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _the_queues(file: Path | None, turns: Turns) -> sa.Engine:
    # DBOS's migration issues its own BEGIN IMMEDIATE, so our event would break it. The driver
    # begins at the first statement that writes: there this engine's writers take their turn.
    engine = _sqlite_engine(file, {"isolation_level": "IMMEDIATE"}, turns)

    @event.listens_for(engine, "before_cursor_execute")
    def before(connection: sa.Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip()[:7].upper().startswith(_WRITES):
            _take_turn(connection, turns)

    return engine


def _take_turn(connection: sa.Connection, turns: Turns) -> None:
    """Take the turn for a connection's transaction; it is handed on with the connection."""
    info = connection.connection.info
    if not info.get(_HAS_TURN):
        try:
            turns.take(BUSY_TIMEOUT_MS / 1000)
        except NoTurn as fault:
            # As SQLite itself would say it, so that what retries on that retries on this.
            locked = pysqlite3.OperationalError("database is locked")
            raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, locked) from fault
        info[_HAS_TURN] = True


def _sqlite_engine(file: Path | None, connect_args: dict[str, Any], turns: Turns) -> sa.Engine:
    arguments = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False, **connect_args}
    if file is None:
        engine = sa.create_engine(
            "sqlite://", module=pysqlite3, connect_args=arguments, poolclass=sa.StaticPool
        )
    else:
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(file)),
            module=pysqlite3,
            connect_args=arguments,
            hide_parameters=True,  # a fault's text would quote a letter otherwise
            pool_size=20,
            max_overflow=20,
        )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "foreign_keys=ON",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "checkin")
    def hand_on(_connection: DBAPIConnection | None, record: sa.pool.ConnectionPoolEntry) -> None:
        if record.info.pop(_HAS_TURN, False):
            turns.hand_on()

    return engine

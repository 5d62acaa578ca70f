"""The engines: one SQLite library for all of them, and no lost update between threads."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pysqlite3
import pytest
import sqlalchemy as sa

from gateway.stores import Stores
from portal.database import UnsafeSqlite, UtcDateTime, open_database
from portal.tables import firms

SAFE = (3, 51, 3)


def test_every_engine_has_the_same_safe_sqlite(stores: Stores) -> None:
    queue = stores.queue()
    engines = {
        "ours": stores.database.engine,
        "the queue's": stores.database.queue_engine,
        "the queue client's": queue._client._sys_db.engine,
    }
    for name, engine in engines.items():
        with engine.connect() as connection:
            version = connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()
            assert tuple(map(int, version.split("."))) >= SAFE, name
            assert version == pysqlite3.sqlite_version, name
            pragmas = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
            }
        # FULL is 2: a commit is in the write-ahead log and fsynced when it returns.
        assert pragmas == {
            "journal_mode": "wal",
            "synchronous": 2,
            "busy_timeout": 30_000,
            "foreign_keys": 1,
        }, name


def test_an_affected_sqlite_is_refused(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pysqlite3, "sqlite_version_info", (3, 40, 1))
    file = tmp_path_factory.mktemp("unsafe") / "casebridge.db"
    with pytest.raises(UnsafeSqlite):
        open_database(file)


def test_threads_that_read_and_then_write_lose_no_update(stores: Stores) -> None:
    with stores.database.write() as connection:
        connection.execute(firms.insert().values(id=1, name="0"))

    def count_up() -> None:
        for _ in range(25):
            with stores.database.write() as connection:
                seen = connection.execute(sa.select(firms.c.name)).scalar_one()
                connection.execute(firms.update().values(name=str(int(seen) + 1)))

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores.database.read() as connection:
        assert connection.execute(sa.select(firms.c.name)).scalar_one() == "200"


def test_a_read_waits_for_no_writer_and_sees_one_snapshot(stores: Stores) -> None:
    with stores.database.read() as reading:
        before = reading.execute(sa.select(sa.func.count()).select_from(firms)).scalar_one()
        with stores.database.write() as writing:
            writing.execute(firms.insert().values(name="Baker LLP"))
        after = reading.execute(sa.select(sa.func.count()).select_from(firms)).scalar_one()
    assert before == after == 0


def test_a_fault_in_a_transaction_undoes_it(stores: Stores) -> None:
    def fail_half_way() -> None:
        with stores.database.write() as connection:
            connection.execute(firms.insert().values(name="Baker LLP"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    with stores.database.read() as connection:
        assert connection.execute(sa.select(firms)).all() == []


def test_moments_are_kept_in_utc() -> None:
    kind = UtcDateTime()
    dialect = sa.create_engine("sqlite://", module=pysqlite3).dialect
    eastern = datetime(2026, 11, 21, 15, 42, tzinfo=ZoneInfo("America/New_York"))
    bound = kind.process_bind_param(eastern, dialect)
    assert bound == datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
    with pytest.raises(ValueError, match="without a zone"):
        kind.process_bind_param(datetime(2026, 11, 21, 15, 42), dialect)  # noqa: DTZ001

"""The watch on the directory's folder: a whole export once, in its time, nothing half-written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog

from config.settings import Directory, Settings
from gateway.stores import Stores
from gateway.upkeep.directory_watch import DirectoryWatch
from portal import directory_runs
from portal.directory_import import Terms
from portal.tables import cases
from portal.tables import directory_runs as runs
from tests.exports import export

ONE = {"24-001234": "dana"}
TWO = {"24-001234": "lee", "24-001300": "lee"}


@dataclass
class Turned:
    """A clock that tests turn."""

    now: datetime = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)  # 1:00 am in New York

    def __call__(self) -> datetime:
        return self.now

    def on(self, **length: float) -> None:
        self.now += timedelta(**length)


@dataclass
class Watched:
    """A watch on a folder of this test's own."""

    stores: Stores
    folder: Path
    directory: Directory
    clock: Turned = field(default_factory=Turned)
    watch: DirectoryWatch = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew, as after a restart."""
        settings = Settings(storage=self.stores.settings.storage, directory=self.directory)
        self.watch = DirectoryWatch(self.stores.database, settings, str.strip, self.clock)

    def settle(self) -> bool:
        """Look, let the export settle, and look again."""
        self.watch.look()
        self.clock.on(seconds=31)
        return self.watch.look()

    def outcomes(self) -> list[tuple[str, str]]:
        with self.stores.database.read() as connection:
            rows = connection.execute(sa.select(runs).order_by(runs.c.id))
            return [(row.source, row.outcome) for row in rows]

    def cases(self) -> int:
        with self.stores.database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(cases)) or 0


def watched(stores: Stores, tmp_path: Path, **changes: object) -> Watched:
    folder = tmp_path / "export"
    directory = Directory.model_validate({"folder": str(folder)} | changes)
    return Watched(stores, folder, directory)


def test_an_export_is_loaded_once_when_it_has_settled(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path)
    assert not one.settle(), "there is none"
    export(one.folder, ONE)
    assert not one.watch.look()
    one.clock.on(seconds=20)
    export(one.folder, TWO)  # still being written
    one.clock.on(seconds=20)
    assert not one.watch.look()
    one.clock.on(seconds=31)
    assert one.watch.look()
    assert one.cases() == 2
    assert not one.settle()
    one.start()
    assert not one.settle()
    assert one.outcomes() == [("watched", "loaded")]


def test_an_export_without_one_of_its_files_is_not_whole(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path)
    (export(one.folder, ONE) / "rights.csv").unlink()
    assert not one.settle()
    assert one.outcomes() == []


def test_a_marker_says_that_it_is_whole(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path, marker="done")
    export(one.folder, ONE)
    assert not one.settle()
    (one.folder / "done").touch()
    for file in one.folder.glob("*.csv"):
        os.utime(file, ns=(0, 10**18))
    assert one.watch.look()
    os.utime(one.folder / "done", ns=(0, 10**18))
    export(one.folder, TWO)  # the next one is being written, and the marker is the last one's
    assert not one.settle()
    os.utime(one.folder / "done")
    assert one.watch.look()
    assert one.cases() == 2


def test_the_same_bytes_anew_are_noted_and_not_loaded(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path)
    export(one.folder, ONE)
    assert one.settle()
    for file in one.folder.iterdir():
        os.utime(file, ns=(0, 10**18))
    assert not one.settle()
    assert one.outcomes() == [("watched", "loaded"), ("watched", "unchanged")]


def test_an_older_export_that_comes_again_is_loaded_again(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path)
    for number in range(3):
        export(one.folder, ONE if number % 2 == 0 else {"24-001234": "lee"})
        assert one.settle()
    assert one.outcomes() == [("watched", "loaded")] * 3


def test_what_the_command_loaded_is_not_put_back(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path)
    export(one.folder, ONE)
    assert one.settle()
    by_hand = export(tmp_path / "by_hand", TWO)
    directory_runs.run(
        stores.database, by_hand, str.strip, source="command", clock=one.clock, terms=Terms()
    )
    one.start()
    assert not one.settle()
    assert one.cases() == 2


@pytest.mark.slow
def test_a_rejected_export_changes_nothing_is_told_and_waits_for_its_mending(
    stores: Stores, tmp_path: Path
) -> None:
    one = watched(stores, tmp_path)
    export(one.folder, TWO)
    assert one.settle()
    (one.folder / "rights.csv").write_text("firm,case_number,from,until\n")
    with structlog.testing.capture_logs() as logs:
        assert one.settle()
        assert not one.settle()
    (said,) = [log for log in logs if log["event"] == "directory.rejected"]
    assert said == {
        "event": "directory.rejected", "log_level": "error", "source": "watched", "rejections": 1
    }  # fmt: skip
    assert one.outcomes()[1:] == [("watched", "rejected")]
    export(one.folder, TWO | {"24-001301": "dana"})
    assert one.settle()
    assert one.cases() == 3


def test_the_log_names_nobody(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path)
    export(one.folder, TWO | {"24-1": "nobody"})
    with structlog.testing.capture_logs() as logs:
        assert one.settle()
        export(one.folder, TWO)
        assert one.settle()
    assert [log["event"] for log in logs] == ["directory.rejected", "directory.loaded"]
    assert logs[1]["cases_added"] == 2
    assert not any(word in str(logs) for word in ("example", "Dana", "Baker", "24-"))


def test_a_fault_is_raised_and_tried_again_later(stores: Stores, tmp_path: Path) -> None:
    one = watched(stores, tmp_path)
    export(one.folder, ONE)
    with stores.database.write() as connection:
        connection.execute(sa.text("ALTER TABLE rights RENAME TO elsewhere"))
    one.watch.look()
    one.clock.on(seconds=31)
    with pytest.raises(sa.exc.OperationalError):
        one.watch.look()
    one.clock.on(minutes=9)
    assert not one.watch.look()
    with stores.database.write() as connection:
        connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO rights"))
    one.clock.on(minutes=2)
    assert one.watch.look()
    assert one.outcomes() == [("watched", "failed"), ("watched", "loaded")]


def test_with_a_time_one_new_export_a_day_is_loaded_from_then_on(
    stores: Stores, tmp_path: Path
) -> None:
    one = watched(stores, tmp_path, at="02:30")
    export(one.folder, ONE)
    assert one.settle(), "yesterday's time has passed, and nothing was loaded since"
    export(one.folder, {"24-001234": "lee"})
    assert not one.settle(), "it is 1:01"
    one.clock.on(minutes=88)
    assert not one.settle(), "it is 2:29"
    one.clock.on(minutes=1)
    assert one.watch.look()
    export(one.folder, ONE)
    one.clock.on(hours=20)
    assert not one.settle(), "today's is done"
    one.clock.on(hours=4)
    assert one.watch.look()
    assert one.outcomes() == [("scheduled", "loaded")] * 3

"""Fixtures that several rooms' tests share: a fresh record, vault and settings for each test."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
import structlog

from config.settings import CONFIG_FOLDER, Conversion, Settings, Storage
from converters.workshop import Workshop
from gateway.numbers.case_number import CaseShape
from gateway.stores import Stores, open_stores
from portal.database import open_database
from portal.directory_import import import_directory
from tests import vaults
from tests.browser import Chromium, started
from tests.desk import filled_desk
from tests.screen import Screen

# What guards main tries the same examples each time; the long run looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None)
hypothesis.settings.register_profile("new", deadline=None, print_blob=True)
hypothesis.settings.load_profile("new" if os.environ.get("CASEBRIDGE_LONG") else "same")

_MARK = re.compile(r"^pytestmark = pytest\.mark\.(\w+)$", re.MULTILINE)

# The longest test of pages takes a twentieth of this on a quiet machine.
_SCREEN_SECONDS = 720


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a module unread whose own mark is not asked for: a third of all collecting."""
    if collection_path.suffix != ".py":
        return None
    mark = _MARK.search(collection_path.read_text(encoding="utf-8"))
    return (mark is not None and f"not {mark[1]}" in config.option.markexpr) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that have slow tests: no processor waits for one at the end.

    Mark what a test needs a record with cases and firms for: most of them carry letters.
    """
    for item in items:
        if isinstance(item, pytest.Function) and "sampled" in item.fixturenames:
            item.add_marker(pytest.mark.record)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def logs_as_they_are_by_default() -> Iterator[None]:
    """Undo what a command that ran in this process has set for its own log."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at this version's schema, to copy: migrating it anew takes a second."""
    folder = tmp_path_factory.mktemp("migrated")
    with (
        open_stores(Settings(storage=Storage(path=folder)), migrating=True) as stores,
        stores.database.engine.connect() as connection,
    ):
        connection.connection.driver_connection.execute(  # type: ignore[union-attr]
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )
    return folder / "casebridge.db"


@pytest.fixture(scope="session")
def sampled(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the sample directory: firms, cases, consultants and rights."""
    file = tmp_path_factory.mktemp("sampled") / "casebridge.db"
    shutil.copy(migrated, file)
    database = open_database(file)
    shape = CaseShape.of(Settings().cases)
    assert not import_directory(database, CONFIG_FOLDER / "directory", shape.normal).rejected
    database.close()
    return file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Default settings on a storage folder of this test's own."""
    return Settings(storage=Storage(path=tmp_path / "var"))


@pytest.fixture
def stores(settings: Settings, migrated: Path) -> Iterator[Stores]:
    """An open storage folder."""
    with _storage(settings, migrated) as opened:
        yield opened


@pytest.fixture
def sample_stores(settings: Settings, sampled: Path) -> Iterator[Stores]:
    """An open storage folder with the sample directory."""
    with _storage(settings, sampled) as opened:
        yield opened


@contextmanager
def _storage(settings: Settings, database: Path) -> Iterator[Stores]:
    settings.storage.path.mkdir()
    shutil.copy(database, settings.storage.path / "casebridge.db")
    vaults.place(settings.storage.path / "vault")
    with open_stores(settings) as opened:
        yield opened
    vaults.take_back(opened.vault)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small tmpfs needs root and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Chromium, for one module: while Playwright runs, no other test may run an event loop."""
    with started() as chromium:
        yield chromium


@pytest.fixture
def screen(chromium: Chromium, tmp_path: Path) -> Iterator[Screen]:
    """The sample pages in Chromium, where nothing but our own origin may be asked."""
    desk = filled_desk(tmp_path / "desk")
    with desk.serving() as origin:
        screen = Screen(desk, chromium, origin)
        with chromium.within(_SCREEN_SECONDS):
            yield screen
    desk.close()
    assert screen.asked_elsewhere == []
    assert screen.complaints == []


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real mails and documents, where CASEBRIDGE_CORPUS names one."""
    folder = os.environ.get("CASEBRIDGE_CORPUS")
    if not folder:
        pytest.skip("CASEBRIDGE_CORPUS is not set")
    return Path(folder)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The engines, with one process for what needs no LibreOffice."""
    made = Workshop(Conversion(render_processes=1), tmp_path_factory.mktemp("workshop"))
    made.start()
    try:
        yield made
    finally:
        made.close()


def pytest_collection_finish() -> None:
    """Leave what the modules hold out of each later collection of garbage: it stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)

"""The assembly: builds every part once, from the settings, and hands each what it needs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from config import media
from config.settings import Settings
from converters.pool import Pool
from converters.sandbox import Limits
from converters.workshop import Workshop
from gateway.case_number import CaseShape
from gateway.intake import Intake
from gateway.queue import Queue
from gateway.queue import migrate as migrate_queue
from gateway.queue import require_current as require_current_queue
from gateway.road.walk import Road, Timer, untimed
from portal import migrations
from portal.database import Database, open_database
from portal.vault import Vault

READER = "gateway.reader.job:run"


def now() -> datetime:
    """The clock of the running system."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Stores:
    """What a storage folder holds, opened: the record and the vault, and the way into the queue."""

    settings: Settings
    database: Database
    vault: Vault

    @property
    def folder(self) -> Path:
        """The storage folder."""
        return self.settings.storage.path

    @property
    def work(self) -> Path:
        """Where letters are taken apart; empty when nothing runs."""
        return self.folder / "work"

    def queue(self) -> Queue:
        """Open the queue, to put in and to look."""
        return Queue(self.database.queue_engine)

    def intake(self) -> Intake:
        """Build the wall."""
        return Intake(self.database, self.queue())


@contextlib.contextmanager
def stores(settings: Settings, *, migrating: bool = False) -> Iterator[Stores]:
    """Open the storage folder for as long as the context lasts; make it where it is missing.

    Raises portal.migrations.SchemaBehind where the schema is not this version's, unless the caller
    is `migrating`, and portal.database.UnsafeSqlite.
    """
    folder = settings.storage.path
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = open_database(folder / "casebridge.db")
    try:
        if migrating:
            migrations.migrate(database)
            migrate_queue(database.queue_engine)
        else:
            migrations.require_current(database)
            require_current_queue(database.queue_engine)
        vault = Vault(folder / "vault")
        vault.prepare()
        yield Stores(settings, database, vault)
    finally:
        database.close()


@contextlib.contextmanager
def road(
    settings: Settings, work: Path, *, timer: Timer = untimed, converting: bool = True
) -> Iterator[Road]:
    """Start the sandboxed processes that read and convert, for as long as the context lasts.

    Without `converting` the engines stay away, and the road must not be asked to convert.

    Raises converters.sandbox.SandboxMissing where bubblewrap cannot be used.
    """
    reading = settings.reading
    reader = Pool(
        READER,
        processes=reading.processes,
        folder=work / "readers",
        limits=Limits(
            seconds=reading.max_seconds,
            memory_bytes=reading.max_memory_bytes,
            output_bytes=settings.conversion.max_output_bytes,
            processes=16,
        ),
    )
    workshop = Workshop(settings.conversion, work / "engines")
    reader.start()
    try:
        if converting:
            workshop.start()
        try:
            yield Road(
                settings=settings,
                media=media.catalogue(),
                shape=CaseShape.of(settings.cases),
                reader=reader,
                workshop=workshop,
                timer=timer,
            )
        finally:
            workshop.close()
    finally:
        reader.close()

"""The stores: a storage folder, opened: the record, the vault and the way into the queue."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.settings import Settings
from gateway import storage_folder
from gateway.intake import Intake
from gateway.moving.queue import Queue
from gateway.moving.queue import migrate as migrate_queue
from gateway.moving.queue import require_current as require_current_queue
from gateway.web_door import WebDoor
from portal import migrations
from portal.database import Database, open_database
from portal.pouch import Raw
from portal.vault import Vault


@dataclass(frozen=True)
class Stores:
    """An open storage folder."""

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

    def raw(self) -> Raw:
        """Build the way to the raw bytes of letters."""
        return Raw(self.database, self.vault)

    def queue(self) -> Queue:
        """Open the queue, to put in and to look."""
        return Queue(self.database.queue_engine)

    def intake(self) -> Intake:
        """Build the wall."""
        return Intake(self.database, self.queue())

    def web_door(self, clock: Callable[[], datetime]) -> WebDoor:
        """Build the door of the form, before a wall of its own."""
        address = self.settings.intake.address
        return WebDoor(self.database, self.vault, self.intake().accept, address, clock)


@contextlib.contextmanager
def open_stores(settings: Settings, *, migrating: bool = False) -> Iterator[Stores]:
    """Open the storage folder for as long as the context lasts; `migrating` makes it.

    Raises portal.migrations.SchemaBehind where the schema is not this version's, unless the caller
    is `migrating`, portal.database.UnsafeSqlite, and FolderUnusable where it cannot be made.
    """
    folder = settings.storage.path
    if migrating:
        storage_folder.make(folder)
    elif not (folder / "casebridge.db").exists():
        raise migrations.SchemaBehind(None, migrations.needed())
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

"""Scans: after filing, the words of pictures of pages are read, where the settings say so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from config.settings import Settings
from converters import ocr
from converters.fault import ConversionFault, JobStopped
from converters.workshop import Scan, Workshop
from gateway.numbers.case_number import CaseShape
from gateway.stores import Stores
from gateway.upkeep.chore import Chore
from gateway.watch import fault_fields
from portal import text_layers
from portal.database import Database
from portal.vault import BlobMissing, Vault

_SECONDS = 20
_LOOKED_THROUGH_AGAIN = timedelta(days=1)
_LATE = timedelta(hours=1)  # between a letter's moment and its commit, whatever holds that up


@dataclass
class Scans:
    """Reads one scan at a time. `folder` is where it works, and nobody else's.

    Once all are read, what has stood still since is looked through again once a day: what failed is
    tried again when that is forgotten.
    """

    workshop: Workshop
    database: Database
    vault: Vault
    shape: CaseShape
    folder: Path
    clock: Callable[[], datetime]
    _all_read_at: datetime | None = None
    _looked_through_at: datetime | None = None  # all letters, and not those alone that moved since

    def read(self) -> bool:
        """Look at one PDF that nobody has looked at yet, and read it where it is a scan.

        Says whether there was one. Nothing of its letter changes.
        """
        now, since = self.clock(), self._all_read_at
        whole = self._looked_through_at
        if whole is None or now - whole >= _LOOKED_THROUGH_AGAIN:
            since = None
        with self.database.read() as connection:
            sha256 = text_layers.unread(connection, since and since - _LATE)
        if sha256 is None:
            self._all_read_at = now
            self._looked_through_at = now if since is None else whole
            return False
        is_failed = False
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            try:
                scan = self.workshop.read_scan(self.vault.file(sha256), Path(name))
            except (ConversionFault, BlobMissing) as fault:
                structlog.get_logger().warning("scan.not_read", **fault_fields(fault))
                scan, is_failed = None, True
            except JobStopped:
                return False
            copy, numbers = None, tuple[tuple[str, str], ...]()
            if scan is not None:
                with scan.file.open("rb") as stream:
                    blob = self.vault.add(stream)
                copy, numbers = (blob.sha256, blob.bytes), tuple(self._numbers(scan))
        with self.database.write() as connection:
            text_layers.keep(
                connection,
                sha256,
                copy=copy,
                numbers=numbers,
                now=self.clock(),
                is_failed=is_failed,
            )
        return True

    def _numbers(self, scan: Scan) -> Iterator[tuple[str, str]]:
        for found in self.shape.find(scan.first_page):
            if found.number is not None:
                yield found.text, found.number


def reading(stores: Stores, workshop: Workshop, clock: Callable[[], datetime]) -> Iterator[Chore]:
    """Return the chore; none where the settings do not ask for it, or the program is not there."""
    settings: Settings = stores.settings
    if settings.conversion.ocr and ocr.installed():
        shape, folder = CaseShape.of(settings.cases), stores.work / "scans"
        scans = Scans(workshop, stores.database, stores.vault, shape, folder, clock)
        yield Chore("scans", lambda _: scans.read(), _SECONDS)

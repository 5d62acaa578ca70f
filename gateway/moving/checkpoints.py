"""Checkpoints of conversions: kept in the record for the next attempt, or forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from converters.workshop import Rendition as Made
from gateway.road.package import Pdf
from portal import renditions
from portal.database import Database
from portal.renditions import Key
from portal.vault import Vault


@dataclass(frozen=True)
class Kept:
    """Checkpoints of conversions, in the record and the vault."""

    database: Database
    vault: Vault
    clock: Callable[[], datetime]

    def find(self, key: Key) -> Pdf | None:
        """Look for a PDF that was made before."""
        with self.database.read() as connection:
            there = renditions.find(connection, key)
        return None if there is None else _pdf(there, key.engine)

    def keep(self, key: Key, made: Made) -> Pdf:
        """Keep a PDF that was made just now, durably."""
        with made.file.open("rb") as stream:
            blob = self.vault.add(stream)
        with self.database.write() as connection:
            kept = renditions.keep(
                connection,
                key,
                pdf_sha256=blob.sha256,
                pages=made.pages,
                pdf_bytes=blob.bytes,
                warnings=made.warnings,
                now=self.clock(),
            )
        return _pdf(kept, key.engine)


def _pdf(kept: renditions.Rendition, engine: str) -> Pdf:
    return Pdf(kept.id, kept.sha256, kept.pages, kept.bytes, engine, kept.warnings)


class Forgotten:
    """Finds nothing, since nothing is kept: for letters that are not filed."""

    def find(self, key: Key) -> Pdf | None:
        """Find nothing."""

    def keep(self, key: Key, made: Made) -> Pdf:
        """Describe the PDF."""
        return Pdf(0, key.source_sha256, made.pages, made.bytes, made.engine, made.warnings)

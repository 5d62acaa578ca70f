"""Reads the passwords that a letter says from its bytes, for staff who try them, and keeps none."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog

from converters.fault import JobFault, SandboxMissing
from gateway.letter import letter_of
from gateway.road.mask import own_words
from gateway.road.read import MessageUnreadable
from gateway.road.walk import Road
from gateway.said_password import to_try
from gateway.watch import fault_fields
from portal.database import Database
from portal.directory import Directory
from portal.pouch import PouchChanged, Raw
from portal.tables import letters
from portal.vault import VaultFault


@dataclass(frozen=True)
class MailedPasswords:
    """Takes a letter apart in the sandbox again. `folder` is where, and nobody else's."""

    database: Database
    raw: Raw
    road: Road
    folder: Path

    def __call__(self, letter_id: int) -> tuple[str, ...]:
        """Return what to try of the passwords that a letter says; none where it can't be read."""
        with self.database.read() as connection:
            row = connection.execute(sa.select(letters).where(letters.c.id == letter_id)).one()
        letter = letter_of(row)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.folder) as room:
            try:
                with self.raw.open(letter.raw.sha256) as raw:
                    package = self.road.read(letter, raw, Path(room), self.raw.vault)
                directory, day = Directory(self.database), row.arrived_at.date()
                package = self.road.passed_on(package, directory, day)
            except (MessageUnreadable, VaultFault, PouchChanged, JobFault, SandboxMissing) as fault:
                structlog.get_logger().error("password.not_read", **fault_fields(fault))
                return ()
            return to_try(own_words(package))


def none_said(letter_id: int) -> tuple[str, ...]:
    """Read nothing: for pages that are served without engines."""
    del letter_id
    return ()

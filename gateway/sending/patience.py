"""Patience: owes a progress mail to whoever waits too long for a receipt.

A letter that is still in motion is looked at in a reader's sandbox of its own: whether a machine
wrote it, whom it names, and how many files it has, stands in no row before the road has ended.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.letter import Letter, letter_of
from gateway.road.package import NARRATIVE_CHARACTERS, Fate, Package, Resolution
from gateway.road.read import MessageUnreadable
from gateway.road.sender import sender_of
from gateway.road.sort import sort
from gateway.road.tell import mail_of, replied_to
from gateway.road.walk import Road
from gateway.telling.progress import progress
from gateway.trial import Trial
from portal.database import Database
from portal.directory import Directory
from portal.postbox import owe
from portal.pouch import Raw
from portal.tables import letters, outbox

# Readers belong to the road first: one look at a time, and a round ends before it is overdue.
_BATCH = 4
# As mails go out: a flood stands behind the first letter of any other (gateway/sending/due.py).
_OF_ITS_TURN = sa.func.row_number().over(
    partition_by=sa.func.coalesce(letters.c.turn, letters.c.sender), order_by=letters.c.id
)

Row = sa.Row[tuple[object, ...]]


@dataclass(frozen=True)
class Patience:
    """Looks for letters that take long. One thread's."""

    database: Database
    raw: Raw
    road: Road
    settings: Settings
    work: Path
    clock: Callable[[], datetime]
    _seen: set[int] = field(default_factory=set)

    def look(self, stop: threading.Event) -> bool:
        """Look at one batch. Return whether there may be more."""
        late = self._late()
        for row in late:
            if stop.is_set():
                break
            self._look_at(row)
            self._seen.add(row.id)
        return len(late) == _BATCH

    def _late(self) -> list[Row]:
        """Return letters in motion past the patience, of whom nobody was told anything yet."""
        since = self.clock() - timedelta(seconds=self.settings.receipts.patience_seconds)
        told = sa.exists().where(
            outbox.c.letter_id == letters.c.id, outbox.c.kind.in_(("receipt", "progress"))
        )
        with self.database.read() as connection:
            in_motion = set(
                connection.execute(
                    sa.select(letters.c.id).where(letters.c.state == "checking")
                ).scalars()
            )
            self._seen.intersection_update(in_motion)
            return list(
                connection.execute(
                    sa.select(letters)
                    .where(
                        letters.c.state == "checking",
                        letters.c.arrived_at <= since,
                        letters.c.sender != "",
                        ~letters.c.quiet,
                        letters.c.id.not_in(self._seen),
                        ~told,
                    )
                    .order_by(_OF_ITS_TURN, letters.c.id)
                    .limit(_BATCH)
                )
            )

    def _look_at(self, row: Row) -> None:
        package = self._package(letter_of(row), self.work / f"patience-{row.id}")
        # Before a device nobody waits.
        if package is None or package.not_submission is not None or package.device is not None:
            return
        recipient = receipt_goes_to(package, own_domain=self.settings.intake.domain)
        if recipient is None:
            return
        words = progress(
            sum(_is_file(part.fate, part.reason) for part in package.parts),
            row.receipt,
            self.settings.service,
            arrived_at=row.arrived_at,
            promised=self.road.calendar.promise(self.clock()),
            trial=Trial.of(row.recipients, self.settings.intake),
        )
        mail = mail_of("progress", recipient, words, in_reply_to=replied_to(package))
        with self.database.write() as connection:
            # The road may have ended while we looked: then its receipt says everything.
            moving = sa.select(letters.c.id).where(
                letters.c.id == row.id, letters.c.state == "checking"
            )
            if connection.execute(moving).first() is not None:
                owe(connection, mail, letter_id=row.id, occasion="arrival", now=self.clock())

    def _package(self, letter: Letter, folder: Path) -> Package | None:
        """Read and sort a letter, and see whose it is; None where it cannot be read."""
        zone = ZoneInfo(self.settings.service.time_zone)
        directory, today = Directory(self.database), self.clock().astimezone(zone).date()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            with self.raw.open(letter.raw.sha256) as raw:
                package = self.road.read(letter, raw, folder, self.raw.vault)
            package = self.road.passed_on(package, directory, today)
            package = sort(
                package,
                self.road.media,
                self.road.apart,
                narrative_characters=NARRATIVE_CHARACTERS,
            )
            package = self.road.judged(self.road.devices.mark(package))
        except MessageUnreadable as fault:
            structlog.get_logger().warning("patience.unreadable", why=fault.why)
            return None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        trouble = sender_of(package, directory, today).trouble
        hold = None if trouble is None else trouble.code
        return package.but(resolution=Resolution(hold=hold))


def _is_file(fate: Fate | None, reason: str | None) -> bool:
    """Say whether a sender would count a part among the files that were sent."""
    return fate is not Fate.LEFT_OUT and reason != "narrative"

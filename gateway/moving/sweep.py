"""The sweep: finds letters that neither rest nor move, and what nobody refers to any more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from config.settings import Settings
from gateway.moving.queue import Queue
from gateway.watch import Metrics, fault_fields
from portal import (
    address_code,
    answer_link,
    binder,
    draft,
    sign_in,
    six_digits,
    text_layers,
    thumbnails,
    upload,
    upload_link,
)
from portal.database import Database
from portal.decision import pending
from portal.pouch import PouchChanged, Raw
from portal.tables import binders, letters, outbox, parts, pouch, renditions, uploads
from portal.tables import text_layers as copies
from portal.tables import thumbnails as pictures
from portal.vault import Vault

_BATCH = 500
_WORKFLOWS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Sweep:
    """Sets still letters moving again, holds what cannot be carried, and clears the vault."""

    database: Database
    queue: Queue
    vault: Vault
    settings: Settings
    clock: Callable[[], datetime]
    give_up: Callable[[int, int], bool]  # holds a letter's attempt, and tells its sender
    metrics: Metrics = field(default_factory=Metrics)

    def house(self, stop: threading.Event) -> bool:
        """Clear drafts, thumbnails, blobs, workflows, sessions, codes that are over, every one."""
        self.drafts()
        self.binders()
        self.thumbnails()
        self.blobs(stop)
        self.queue.purge(self.clock() - _WORKFLOWS_KEPT)
        self.sessions()
        self.codes()
        self.pouch(stop)
        return False

    def letters(self) -> int:
        """Raise the attempt of every letter that is in motion by its row and not in the queue.

        Each by itself: a fault is logged and counted by its class, that letter is tried again in
        the next round, and those behind it are seen to in this one. Returns how many were set
        moving or held.
        """
        return sum(self._set_moving(*one) for one in self._still())

    def _still(self) -> Iterator[tuple[int, int, str | None]]:
        """Yield letter, attempt and turn of all that stand still, however many others move."""
        last = 0
        while True:
            with self.database.read() as connection:
                found = connection.execute(
                    sa.select(letters.c.id, letters.c.attempt, letters.c.turn)
                    .where(
                        letters.c.state == "checking", self.queue.is_still(), letters.c.id > last
                    )
                    .order_by(letters.c.id)
                    .limit(_BATCH)
                ).all()
            for row in found:
                yield row.id, row.attempt, row.turn
            if len(found) < _BATCH:
                return
            last = found[-1].id

    def _set_moving(self, letter_id: int, attempt: int, turn: str | None) -> bool:
        try:
            return self._again(letter_id, attempt, turn)
        except Exception as fault:  # noqa: BLE001  # whatever it was, others wait behind this one
            structlog.get_logger().error(
                "letter.stands_still", letter=letter_id, attempt=attempt, **fault_fields(fault)
            )
            self.metrics.sweep_failed(type(fault).__name__)
            return False

    def _again(self, letter_id: int, attempt: int, turn: str | None) -> bool:
        """Raise a letter's attempt and queue it, or give it up where that was tried enough.

        What was tried before a person decided does not count.
        """
        with self.database.read() as connection:
            decision = pending(connection, letter_id)
        tried = attempt - (decision.was_attempt if decision else 0)
        if tried >= self.settings.road.max_attempts:
            return self.give_up(letter_id, attempt)
        live = (
            letters.c.id == letter_id,
            letters.c.attempt == attempt,
            letters.c.state == "checking",
        )
        with self.database.write() as connection:
            raised = letters.update().where(*live).values(attempt=attempt + 1)
            if connection.execute(raised).rowcount != 1:
                return False
            self.queue.put(connection, letter_id, attempt + 1, turn)
        structlog.get_logger().warning("letter.again", letter=letter_id, attempt=attempt)
        return True

    def pouch(self, stop: threading.Event) -> None:
        """Bring into the vault what rests in the pouch: letters that no attempt could begin with.

        Raises DiskFull and WriteFailed.
        """
        rests = (
            sa.select(letters.c.receipt, letters.c.raw_sha256)
            .join_from(pouch, letters)
            .where(letters.c.state != "checking")
        )
        with self.database.read() as connection:
            resting = connection.execute(rests).all()
        for letter in resting:
            if stop.is_set():
                break
            try:
                Raw(self.database, self.vault).empty(letter.raw_sha256)
            except PouchChanged:
                structlog.get_logger().error("pouch.changed", receipt=letter.receipt)

    def sessions(self) -> int:
        """Remove the sessions and links that hold no longer. Return how many."""
        idle = timedelta(minutes=self.settings.web.session_minutes)
        with self.database.write() as connection:
            gone = sign_in.sweep(connection, now=self.clock(), idle=idle)
            gone += answer_link.sweep(connection, now=self.clock())
            days = self.settings.sending.link_days
            return gone + upload_link.sweep(connection, now=self.clock(), days=days)

    def codes(self) -> int:
        """Remove codes that hold no longer, and their mails. Return how many."""
        minutes = self.settings.sending.code_minutes
        with self.database.write() as connection:
            gone = six_digits.sweep(connection, now=self.clock(), minutes=minutes)
            return gone + address_code.sweep(connection, now=self.clock())

    def drafts(self) -> int:
        """Remove the drafts that were left alone, and uploads that stopped. Return how many."""
        days = self.settings.sending.draft_days
        with self.database.write() as connection:
            gone = draft.sweep(connection, now=self.clock(), days=days)
        return gone + upload.clear(self.database, self.vault)

    def binders(self) -> int:
        """Remove the packages as one PDF that were made long ago. Return how many."""
        with self.database.write() as connection:
            days = self.settings.conversion.binder_days
            return binder.sweep(connection, now=self.clock(), days=days)

    def thumbnails(self) -> int:
        """Remove the thumbnails and copies of scans whose PDF is gone. Return how many."""
        with self.database.write() as connection:
            gone = text_layers.sweep(connection, now=self.clock())
            return gone + thumbnails.sweep(connection, now=self.clock())

    def blobs(self, stop: threading.Event) -> int:
        """Remove what nobody refers to from the vault. Return how many blobs and drafts went."""
        seconds = self.settings.storage.sweep_after_hours * 3600

        def referenced(sha256: str) -> bool:
            # A read of its own for each: a long one would keep the write-ahead log from shrinking.
            with self.database.read() as connection:
                return is_referenced(connection, sha256)

        return self.vault.sweep(seconds, referenced, stop.is_set)


# A rehearsal is purged as soon as its receipt is told, or will never be.
_ANSWER_WAITS = sa.exists().where(
    outbox.c.letter_id == letters.c.id,
    outbox.c.sent_at.is_(None),
    outbox.c.withdrawn_at.is_(None),
    outbox.c.failed_at.is_(None),
)
HOLDS_ITS_CONTENT = sa.or_(letters.c.state != "rehearsed", _ANSWER_WAITS)


def is_referenced(connection: sa.Connection, sha256: str) -> bool:
    """Say whether anything in the record is made of this blob."""
    asked = sa.union_all(
        sa.select(letters.c.id).where(letters.c.raw_sha256 == sha256, HOLDS_ITS_CONTENT),
        sa.select(parts.c.id).where(parts.c.sha256 == sha256, parts.c.stored),
        sa.select(renditions.c.id).where(renditions.c.pdf_sha256 == sha256),
        sa.select(pictures.c.id).where(pictures.c.picture_sha256 == sha256),
        sa.select(copies.c.made_at).where(copies.c.copy_sha256 == sha256),
        sa.select(uploads.c.id).where(uploads.c.sha256 == sha256),
        sa.select(binders.c.id).where(binders.c.pdf_sha256 == sha256),
    ).limit(1)
    return connection.execute(asked).first() is not None

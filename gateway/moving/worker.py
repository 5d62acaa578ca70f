"""The worker: carries one letter down the road, files it, and leaves nothing behind.

The only place that sees both sides of the wall: what a door took, and what the road makes of it.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from config.settings import Settings
from converters.fault import JobStopped
from gateway.letter import Form, letter_of
from gateway.moving.attempt import Attempt, listed_files, live, not_scanned, placed_documents
from gateway.moving.checkpoints import Forgotten, Kept
from gateway.moving.ending import Ending
from gateway.replies import password_mail
from gateway.replies.asides import Asides
from gateway.road.copy import Known, likeness_of
from gateway.road.decided import DIFFERS, CannotCarry, Decided, decided, fits
from gateway.road.file import StaleAttempt, keep_parts
from gateway.road.package import Package
from gateway.road.unread import unread
from gateway.road.walk import Road
from gateway.trial import Trial
from gateway.watch import Metrics, fault_fields
from portal.database import Database
from portal.decision import Decision, is_decided, pending
from portal.directory import Directory
from portal.earlier import Earlier
from portal.pouch import PouchChanged, Raw
from portal.renditions import of_letter
from portal.vault import VaultFault

STALE = "stale"
# So often may a sandbox be killed or be too slow before that counts against the letter.
_PATIENT_ATTEMPTS = 2


class AttemptFailed(Exception):
    """An attempt ended in a fault of this class; the sweep tries the letter again."""


class AttemptInterrupted(Exception):
    """We are closing. The attempt goes back into the queue, as if it had not begun."""


@dataclass(frozen=True)
class Worker:
    """Carries letters; safe for threads, each with a letter of its own."""

    database: Database
    raw: Raw
    road: Road
    settings: Settings
    work: Path
    clock: Callable[[], datetime]
    metrics: Metrics

    def carry(self, letter_id: int, attempt: int) -> str:
        """Carry a letter's attempt to its end, and return the letter's state then.

        Returns `stale`, and changes nothing, where another attempt has the letter. Raises
        AttemptFailed; the log says why, under the receipt number. Raises AttemptInterrupted where
        the engines are closed, which is no fault of the letter.
        """
        row = live(self.database, letter_id, attempt)
        if row is None:
            return STALE
        with structlog.contextvars.bound_contextvars(receipt=row.receipt, attempt=attempt):
            folder = self.work / f"{letter_id}-{attempt}"
            shutil.rmtree(folder, ignore_errors=True)  # what a crash of this attempt left
            folder.mkdir(parents=True)
            try:
                state = self._carry(self._attempt(row), folder)
            except StaleAttempt:
                state = STALE
            except JobStopped:
                structlog.get_logger().info("letter.interrupted")
                raise AttemptInterrupted from None
            except Exception as fault:  # noqa: BLE001  # logged, and raised as one of ours
                structlog.get_logger().error("letter.failed", **fault_fields(fault))
                # The queue keeps what ended a workflow, and a fault's text may quote a letter.
                raise AttemptFailed(type(fault).__name__) from None
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            self.metrics.letter_ended(row.door, state)
            structlog.get_logger().info("letter.ended", state=state, door=row.door)
        return state

    def give_up(self, letter_id: int, attempt: int) -> bool:
        """Hold a letter that could not be carried, and tell its sender. Return whether it was.

        One that a person has decided about goes back to the team as it was: its sender has been
        told before that it is there.
        """
        row = live(self.database, letter_id, attempt)
        if row is None:
            return False
        structlog.get_logger().error("letter.held", receipt=row.receipt, attempt=attempt)
        try:
            self.raw.bring(row.raw_sha256)
        except (VaultFault, PouchChanged) as fault:
            # It is held all the same; housekeeping tries again, and verification names it.
            structlog.get_logger().error("letter.not_in_vault", **fault_fields(fault))
        this = self._attempt(row)
        try:
            if this.decision is not None:
                state = self._ending.give_back(this, "not_finished")
            else:
                listed = listed_files(this.letter, self.raw)
                state = self._ending.file(this, unread(this.letter, "not_finished", listed=listed))
        except StaleAttempt:
            return False
        self.metrics.letter_ended(row.door, state)
        return True

    @property
    def _asides(self) -> Asides:
        return Asides(self.database, self.raw, self.road, self.settings, self.clock)

    @property
    def _ending(self) -> Ending:
        return Ending(self.database, self.raw, self.road, self.settings, self.clock)

    def _attempt(self, row: sa.Row[tuple[Any, ...]]) -> Attempt:
        letter = letter_of(row)
        with self.database.read() as connection:
            decision = pending(connection, row.id)
        is_trial = Trial.of(letter.envelope.recipients, self.settings.intake) is Trial.ALONE
        return Attempt(letter, row.id, row.attempt, row.receipt, decision, is_trial)

    def _known(self, this: Attempt) -> Known | None:
        """Return what a letter's copies know it by; None where it is nobody's and has none.

        So is a rehearsal, and what the form sends goes by no other door.
        """
        if this.is_trial or this.letter.form is Form.MANIFEST:
            return None
        with self.raw.open(this.letter.raw.sha256) as raw:
            like = likeness_of(raw)
        tag = self.road.addresses.case_tag
        return Known(this.letter_id, like, this.letter.envelope, tag)

    def _carry(self, this: Attempt, folder: Path) -> str:
        this = dataclasses.replace(this, known=self._known(this))
        if this.known is not None and not this.is_ours:
            with self.database.read() as connection:
                first = this.known.first(connection)
            if first is not None:
                return self._ending.copy(this, first)
        try:
            taken = decided(this.decision, Directory(self.database).case) if this.decision else None
        except CannotCarry as fault:
            return self._ending.give_back(this, fault.code)
        package = self._walk(this, folder, taken)
        if this.decision is not None:
            state = self._given_back(this, this.decision, package, taken)
        elif this.is_trial:
            state = None
        else:
            package, state = self._asides.state(
                package, this.receipt, this.letter_id, this.number, this.known
            )
        return state or self._file(this, package, taken)

    def _given_back(
        self, this: Attempt, decision: Decision, package: Package, taken: Decided | None
    ) -> str | None:
        """Give a decision back that does not fit what was read; return None where it does."""
        if package.is_sealed:
            return None
        if taken and not fits(package, taken, placed_documents(self.database, this.letter_id)):
            keep_parts(package, self.raw.vault)
            return self._ending.give_back(this, DIFFERS, package)
        if package.resolution.hold == "scanner_away":
            return self._ending.give_back(this, "scanner_away")
        if decision.kind == "ask" and not package.asked:
            return self._ending.give_back(this, decision.was_reason)
        return None

    def _walk(self, this: Attempt, folder: Path, taken: Decided | None) -> Package:
        with self.database.read() as connection:
            is_submission = this.is_trial or is_decided(connection, this.letter_id)
        with self.raw.open(this.letter.raw.sha256) as raw:
            return self.road.walk(
                this.letter,
                raw,
                folder,
                blobs=self.raw.vault,
                directory=Directory(self.database),
                earlier=Earlier(self.database),
                now=self.clock(),
                checkpoints=Forgotten()
                if this.is_trial
                else Kept(self.database, self.raw.vault, self.clock),
                owner=of_letter(this.letter_id),
                last_chance=this.tried > _PATIENT_ATTEMPTS,
                decision=taken,
                is_submission=is_submission,
                not_scanned=not_scanned(self.database, this.letter_id),
            )

    def _file(self, this: Attempt, package: Package, taken: Decided | None) -> str:
        answered = self._asides.own(package)
        if package.says_password:
            with self.database.read() as connection:
                locked = password_mail.locked_by(connection, package, answered)
            base_url = self.settings.service.base_url
            package = password_mail.pointed(package, this.receipt, locked, base_url)
        with self.metrics.stage("file"):
            if not this.is_trial:
                keep_parts(package, self.raw.vault)
            state = self._ending.file(this, package, taken, answered)
        for part in package.parts:
            if part.reason == "file_convert_failed":
                self.metrics.conversion_failed(part.detected_type, part.reason)
        return state

"""The worker: carries one letter down the road, files it, and leaves nothing behind.

The only place that sees both sides of the wall: what a door took, and what the road makes of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from config.settings import Settings
from converters.fault import JobStopped
from gateway import confirming, deleting, password_mail
from gateway.asides import Asides
from gateway.attempt import (
    is_held_as_before,
    listed_files,
    live,
    not_scanned,
    placed_documents,
)
from gateway.checkpoints import Forgotten, Kept
from gateway.letter import Form, Letter, letter_of
from gateway.letter_links import LetterLinks, links_of
from gateway.road.aside import rehearse
from gateway.road.copy import Known, likeness_of, set_aside
from gateway.road.decided import DIFFERS, CannotCarry, Decided, decided, fits
from gateway.road.file import StaleAttempt, file, keep_parts
from gateway.road.give_back import give_back
from gateway.road.package import Package
from gateway.road.tell import owed
from gateway.road.unread import unread
from gateway.road.walk import Road
from gateway.trial import Trial
from gateway.watch import Metrics, fault_fields
from portal import confirmation
from portal.database import Database
from portal.decision import Decision, is_decided, pending
from portal.directory import Directory
from portal.earlier import Earlier
from portal.firm_contacts import Contacts, contacts_of
from portal.postbox import Owed
from portal.pouch import PouchChanged, Raw
from portal.renditions import of_letter
from portal.vault import VaultFault

STALE = "stale"
_FILED = {"filed", "filed_in_part"}
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

    @property
    def _asides(self) -> Asides:
        return Asides(self.database, self.raw, self.road, self.settings, self.clock)

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
                state = self._carry(letter_of(row), row.receipt, folder, letter_id, attempt)
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

    def _carry(
        self, letter: Letter, receipt: str, folder: Path, letter_id: int, attempt: int
    ) -> str:
        is_trial = self._is_trial(letter)
        known = self._known(letter, letter_id)
        with self.database.read() as connection:
            decision = pending(connection, letter_id)
            is_submission = is_trial or is_decided(connection, letter_id)
            is_ours = decision is not None and decision.account_id is not None
            first = None
            if known is not None and not is_ours:  # else one of us has seen it
                first = known.first(connection)
        if first is not None:
            with self.database.write() as connection:
                set_aside(connection, letter_id, attempt, first, self.clock(), decision)
            return "copy"
        tried = attempt - (decision.was_attempt if decision else 0)
        taken = None
        if decision is not None:
            try:
                taken = decided(decision, Directory(self.database).case)
            except CannotCarry as fault:
                return self._give_back(decision, letter_id, attempt, fault.code)
        package = self._package(
            letter, letter_id, folder, tried, taken, is_submission=is_submission
        )
        if (
            decision
            and taken
            and not package.is_sealed
            and not fits(package, taken, placed_documents(self.database, letter_id))
        ):
            keep_parts(package, self.raw.vault)
            return self._give_back(decision, letter_id, attempt, DIFFERS, package)
        away = package.resolution.hold == "scanner_away"
        unasked = decision is not None and decision.kind == "ask" and not package.asked
        if decision is not None and not package.is_sealed and (away or unasked):
            why = "scanner_away" if away else decision.was_reason
            return self._give_back(decision, letter_id, attempt, why)
        if decision is None and not is_trial:
            package, aside = self._asides.state(package, receipt, letter_id, attempt, known)
            if aside is not None:
                return aside
        if package.says_password:
            with self.database.read() as connection:
                locked = password_mail.locked_by(connection, package, self._asides.own(package))
            base_url = self.settings.service.base_url
            package = password_mail.pointed(package, receipt, locked, base_url)
        with self.metrics.stage("file"):
            if not is_trial:
                keep_parts(package, self.raw.vault)
            state = self._file(package, receipt, letter_id, attempt, known, decision, taken)
        for part in package.parts:
            if part.reason == "file_convert_failed":
                self.metrics.conversion_failed(part.detected_type, part.reason)
        return state

    def _known(self, letter: Letter, letter_id: int) -> Known | None:
        """Return what a letter's copies know it by; None where it is nobody's and has none.

        So is a rehearsal, and what the form sends goes by no other door.
        """
        if self._is_trial(letter) or letter.form is Form.MANIFEST:
            return None
        with self.raw.open(letter.raw.sha256) as raw:
            like = likeness_of(raw)
        return Known(letter_id, like, letter.envelope, self.road.addresses.case_tag)

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
        with self.database.read() as connection:
            decision = pending(connection, letter_id)
        try:
            if decision is not None:
                state = self._give_back(decision, letter_id, attempt, "not_finished")
            else:
                letter = letter_of(row)
                package = unread(letter, "not_finished", listed=listed_files(letter, self.raw))
                state = self._file(package, row.receipt, letter_id, attempt)
        except StaleAttempt:
            return False
        self.metrics.letter_ended(row.door, state)
        return True

    def _give_back(
        self,
        decision: Decision,
        letter_id: int,
        attempt: int,
        reason: str | None,
        package: Package | None = None,
    ) -> str:
        with self.database.write() as connection:
            give_back(connection, decision, letter_id, attempt, reason, self.clock(), package)
        return "with_us"

    def _file(
        self,
        package: Package,
        receipt: str,
        letter_id: int,
        attempt: int,
        known: Known | None = None,
        decision: Decision | None = None,
        taken: Decided | None = None,
    ) -> str:
        now = self.clock()
        is_trial = self._is_trial(package.letter)
        links, code = LetterLinks(), None
        if not is_trial:
            links = links_of(package, self.settings, is_decided=taken is not None)
            if taken is None:
                code = confirming.code_for(self.database, package, letter_id, self.settings, now)
        mails: tuple[Owed, ...] = ()
        if taken is not None or not is_held_as_before(self.database, letter_id, package):
            mails = owed(
                package,
                receipt,
                self.settings,
                answer_link=links.answer,
                upload_link=links.upload,
                code=code,
                promised=self.road.calendar.promise(now),
                contacts=self._contacts(package),
            )
        with self.database.write() as connection:
            self.raw.leave(connection)
            if known is not None:
                # Asked again: the same message may have come down the road beside this one.
                is_ours = decision is not None and decision.account_id is not None
                first = known.first(connection, package, is_decided=is_ours)
                if first is not None:
                    set_aside(connection, letter_id, attempt, first, self.clock(), decision)
                    confirmation.unasked(connection, letter_id)
                    return "copy"
                known.note(connection)
            if is_trial:
                return rehearse(
                    connection,
                    package,
                    letter_id=letter_id,
                    attempt=attempt,
                    owed=mails,
                    now=self.clock(),
                )
            state = file(
                connection,
                package,
                letter_id=letter_id,
                attempt=attempt,
                owed=mails,
                now=self.clock(),
                decision=taken,
                question=links.question,
                offered=links.offered,
                answered=self._asides.own(package),
            )
            if attempt > 1 and state in _FILED:  # before its first nobody asks anything
                deleting.carry_on(
                    connection,
                    letter_id,
                    receipt,
                    self.settings,
                    attempt=attempt,
                    now=now,
                    not_before=None if taken is None else taken.undo_until,
                )
            return state

    def _contacts(self, package: Package) -> Contacts:
        with self.database.read() as connection:
            return contacts_of(connection, package.resolution.firm_id)

    def _is_trial(self, letter: Letter) -> bool:
        return Trial.of(letter.envelope.recipients, self.settings.intake) is Trial.ALONE

    def _package(
        self,
        letter: Letter,
        letter_id: int,
        folder: Path,
        tried: int,
        decision: Decided | None,
        *,
        is_submission: bool,
    ) -> Package:
        with self.raw.open(letter.raw.sha256) as raw:
            return self.road.walk(
                letter,
                raw,
                folder,
                blobs=self.raw.vault,
                directory=Directory(self.database),
                earlier=Earlier(self.database),
                now=self.clock(),
                checkpoints=Forgotten()
                if self._is_trial(letter)
                else Kept(self.database, self.raw.vault, self.clock),
                owner=of_letter(letter_id),
                last_chance=tried > _PATIENT_ATTEMPTS,
                decision=decision,
                is_submission=is_submission,
                not_scanned=not_scanned(self.database, letter_id),
            )

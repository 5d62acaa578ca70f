"""Asides: which letters are set aside instead of filed, and to which letter they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.settings import Settings
from gateway import agreeing, confirming, deleting, joining, messaging, password_mail
from gateway.agreeing import Yes
from gateway.deleting import Asking
from gateway.joining import Joining
from gateway.near_number import near_numbers
from gateway.replying import Reply, take
from gateway.road.aside import MACHINE_ANSWERED, come_back, shelve
from gateway.road.copy import Likeness
from gateway.road.delete_word import deletion_in
from gateway.road.file import keep_parts
from gateway.road.package import NotSubmission, Package
from gateway.road.reply import agreed_in, number_in, says_yes, slip_in
from gateway.road.walk import Road
from portal.database import Database
from portal.pouch import Raw


@dataclass(frozen=True)
class Asides:
    """What is no submission, or a part of another letter. The methods raise StaleAttempt."""

    database: Database
    raw: Raw
    road: Road
    settings: Settings
    clock: Callable[[], datetime]

    def own(self, package: Package) -> tuple[str, ...]:
        """Return the mails of ours that a letter answers, as the outbox holds them."""
        return self.road.addresses.own_messages(package.answered)

    def state(
        self,
        package: Package,
        receipt: str,
        letter_id: int,
        attempt: int,
        like: Likeness | None = None,
    ) -> str | None:
        """Settle what is not to be filed by itself. Return the letter's state then, or None."""
        if self._is_shelved(package, letter_id, attempt):
            return "set_aside"
        kinds = (
            self._answers,
            self._agrees,
            self._confirms,
            self._says_password,
            self._deletes,
            self._is_message,
        )
        for belongs in kinds:
            if belongs(package, receipt, letter_id, attempt):
                return "set_aside"
        if self._joins(package, receipt, letter_id, attempt, like):
            return "filed"
        return None

    def _is_shelved(self, package: Package, letter_id: int, attempt: int) -> bool:
        """Shelve what is no submission; what came back to a mail of ours is noted there."""
        tokens = self.road.addresses.return_tokens(package.letter.envelope.recipients)
        came_back = bool(tokens) and (package.automatic or not package.letter.envelope.sender)
        found = NotSubmission(MACHINE_ANSWERED, "return_path") if came_back else None
        found = found or package.not_submission
        if found is None:
            return False
        keep_parts(package, self.raw.vault)
        with self.database.write() as connection:
            self.raw.leave(connection)
            shelve(
                connection,
                package,
                found,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )
            if came_back:
                come_back(connection, package, tokens, self.clock())
        return True

    def _answers(self, package: Package, receipt: str, letter_id: int, attempt: int) -> bool:
        """Take a letter for the answer to our question, where it is nothing else."""
        shape, tags = self.road.shape, self._tags(package)
        number = number_in(package, shape, tags)
        slip = slip_in(package, shape, tags) if number is None else None
        said = number or slip
        if said is None:
            return False
        keep_parts(package, self.raw.vault)
        near = near_numbers(said, shape)
        reply = Reply(package, said, self.own(package), receipt, near, is_slip=number is None)
        with self.database.write() as connection:
            self.raw.leave(connection)
            return take(
                connection,
                reply,
                self.settings,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )

    def _agrees(self, package: Package, receipt: str, letter_id: int, attempt: int) -> bool:
        """Take a letter that only says yes for the answer to the mail that suggested a case."""
        named = agreed_in(package, self.road.shape, self._tags(package))
        if named is None:
            return False
        keep_parts(package, self.raw.vault)
        with self.database.write() as connection:
            self.raw.leave(connection)
            return agreeing.take(
                connection,
                Yes(package, named, self.own(package), receipt),
                self.settings,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )

    def _tags(self, package: Package) -> tuple[str, ...]:
        recipients = package.letter.envelope.recipients
        return tuple(filter(None, map(self.road.addresses.case_tag, recipients)))

    def _confirms(self, package: Package, receipt: str, letter_id: int, attempt: int) -> bool:
        """Take a letter that only says yes for the confirmation of the one that it answers."""
        if not says_yes(package):
            return False
        keep_parts(package, self.raw.vault)
        with self.database.write() as connection:
            self.raw.leave(connection)
            return confirming.take(
                connection,
                package,
                self.own(package),
                self.settings,
                receipt=receipt,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )

    def _says_password(self, package: Package, receipt: str, letter_id: int, attempt: int) -> bool:
        """Take a letter that only says a password for a part of the one that it answers."""
        rules, apart = self.road.not_submissions, self.road.apart
        if not password_mail.is_only_password(package, rules, apart):
            return False
        keep_parts(package, self.raw.vault)
        with self.database.write() as connection:
            self.raw.leave(connection)
            return password_mail.take(
                connection,
                package,
                self.own(package),
                self.settings,
                receipt=receipt,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )

    def _deletes(self, package: Package, receipt: str, letter_id: int, attempt: int) -> bool:
        """Take a letter for a request to delete what was sent before."""
        deletion = deletion_in(package)
        own = self.own(package)
        if deletion is None or not own:
            return False
        keep_parts(package, self.raw.vault)
        with self.database.write() as connection:
            self.raw.leave(connection)
            return deleting.take(
                connection,
                Asking(package, deletion, own, receipt),
                self.settings,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )

    def _is_message(self, package: Package, receipt: str, letter_id: int, attempt: int) -> bool:
        """Take a letter for a message on the package that it answers."""
        own = self.own(package)
        if not own or not messaging.may_be_message(package):
            return False
        keep_parts(package, self.raw.vault)
        with self.database.write() as connection:
            self.raw.leave(connection)
            return messaging.take(
                connection,
                package,
                own,
                self.settings,
                receipt=receipt,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )

    def _joins(
        self, package: Package, receipt: str, letter_id: int, attempt: int, like: Likeness | None
    ) -> bool:
        """Add what a reply brings to the package of which it heals a part."""
        own = self.own(package)
        if not own or not joining.may_join(package):
            return False
        keep_parts(package, self.raw.vault)
        with self.database.write() as connection:
            self.raw.leave(connection)
            return joining.take(
                connection,
                Joining(package, own, receipt, like),
                self.settings,
                letter_id=letter_id,
                attempt=attempt,
                now=self.clock(),
            )

"""Asides: which letters are set aside instead of filed, and to which letter they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from config.settings import Settings
from gateway.numbers.near_number import near_numbers
from gateway.replies import (
    agreeing,
    confirming,
    deleting,
    joining,
    messaging,
    password_mail,
    replying,
)
from gateway.replies.agreeing import Yes
from gateway.replies.deleting import Asking
from gateway.replies.joining import Joining
from gateway.replies.repeats import Repeats
from gateway.replies.replying import Reply
from gateway.road.aside import MACHINE_ANSWERED, come_back, shelve
from gateway.road.copy import Known, set_aside
from gateway.road.delete_word import deletion_in
from gateway.road.file import keep_parts
from gateway.road.package import NotSubmission, Package, Trouble
from gateway.road.reply import agreed_in, number_in, says_yes, slip_in
from gateway.road.walk import Road
from portal import receipt_number
from portal.answer_reply import replied
from portal.database import Database
from portal.pouch import Raw
from portal.stands_for import last_told

# Takes a letter for something, in a transaction of the caller's; False where it was not that.
_Take = Callable[..., bool]


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
        known: Known | None = None,
    ) -> tuple[Package, str | None]:
        """Settle what is not to be filed by itself.

        Return the package, as a repeat where it is one, and the letter's state then, or None.
        """
        if self._is_shelved(package, letter_id, attempt):
            return package, "set_aside"
        is_answer = False
        for kind in (
            *(self._answers, self._agrees, self._confirms, self._says_password),
            self._deletes,
        ):
            take = kind(package, receipt)
            is_answer = is_answer or take is not None
            taken = take and self._taken(package, take, letter_id, attempt, known)
            if taken:
                return package, taken
        # Whoever says YES or a number says something, however often.
        if not is_answer:
            road, receipts = self.road, self.settings.receipts
            repeats = Repeats(self.database, receipts, road.shape, road.addresses)
            package = repeats.marked(package, self.own(package), letter_id)
        for kind, state in ((self._is_message, "set_aside"), (self._joins, "filed")):
            take = kind(package, receipt)
            taken = take and self._taken(package, take, letter_id, attempt, known, state)
            if taken:
                return package, taken
        return self._beside_a_question(package), None

    def _beside_a_question(self, package: Package) -> Package:
        """Say in what answers our question, and is no answer to it, that this stays open."""
        firm_id, own = package.resolution.firm_id, self.own(package)
        if firm_id is None or not own:
            return package
        with self.database.read() as connection:
            question = replied(connection, own, firm_id, now=self.clock())
        if question is None:
            return package
        fields = {"r": receipt_number.shown(question.receipt)}
        return package.but(troubles=(*package.troubles, Trouble("question_open", fields)))

    def _taken(
        self,
        package: Package,
        take: _Take,
        letter_id: int,
        attempt: int,
        known: Known | None,
        state: str = "set_aside",
    ) -> str | None:
        """Take a letter for what it seems to be. Return its state then, or None where it is not.

        What has been taken before, from another door, is a copy of that.
        """
        keep_parts(package, self.raw.vault)
        now = self.clock()
        with self.database.write() as connection:
            self.raw.leave(connection)
            first = known.first(connection, package) if known is not None else None
            if first is not None:
                set_aside(connection, letter_id, attempt, first, now)
                return "copy"
            is_it = take(
                connection,
                settings=self.settings,
                letter_id=letter_id,
                attempt=attempt,
                now=now,
            )
            if is_it and known is not None:
                known.note(connection)
        return state if is_it else None

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

    def _answers(self, package: Package, receipt: str) -> _Take | None:
        """See whether a letter is the answer to our question, and nothing else."""
        shape, tags = self.road.shape, self._tags(package)
        number = number_in(package, shape, tags)
        slip = slip_in(package, shape, tags) if number is None else None
        said = number or slip
        if said is None:
            return None
        near = near_numbers(said, shape)
        reply = Reply(package, said, self.own(package), receipt, near, is_slip=number is None)
        return partial(replying.take, reply=reply)

    def _agrees(self, package: Package, receipt: str) -> _Take | None:
        """See whether a letter only says yes, to a mail that suggested a case."""
        named = agreed_in(package, self.road.shape, self._tags(package))
        if named is None:
            return None
        return partial(agreeing.take, yes=Yes(package, named, self.own(package), receipt))

    def _tags(self, package: Package) -> tuple[str, ...]:
        recipients = package.letter.envelope.recipients
        return tuple(filter(None, map(self.road.addresses.case_tag, recipients)))

    def _confirms(self, package: Package, receipt: str) -> _Take | None:
        """See whether a letter only says yes, to a mail that asked whether one was its sender's."""
        if not says_yes(package):
            return None
        own = self.own(package)
        return partial(confirming.take, package=package, own=own, receipt=receipt)

    def _says_password(self, package: Package, receipt: str) -> _Take | None:
        """See whether a letter only says a password for a part of the one that it answers."""
        rules, apart = self.road.not_submissions, self.road.apart
        if not password_mail.is_only_password(package, rules, apart):
            return None
        own = self.own(package)
        return partial(password_mail.take, package=package, own=own, receipt=receipt)

    def _thread(self, package: Package) -> tuple[str, ...]:
        """Return what a letter answers, the nearest first: mails of ours as the outbox holds them.

        A letter of the firm's own among them stands for the last mail about it. Without any mail of
        ours nothing shows that its sender has read one.
        """
        own = {one: self.road.addresses.own_message(one) for one in package.answered}
        firm_id = package.resolution.firm_id
        if firm_id is None or not any(own.values()):
            return self.own(package)
        theirs = [one for one, ours in own.items() if ours is None]
        with self.database.read() as connection:
            told = last_told(connection, theirs, firm_id)
        found = (ours or told.get(one) for one, ours in own.items())
        return tuple(dict.fromkeys(filter(None, found)))

    def _deletes(self, package: Package, receipt: str) -> _Take | None:
        """See whether a letter asks to delete what was sent before."""
        deletion = deletion_in(package)
        own = () if deletion is None else self._thread(package)
        if deletion is None or not own:
            return None
        return partial(deleting.take, asking=Asking(package, deletion, own, receipt))

    def _is_message(self, package: Package, receipt: str) -> _Take | None:
        """See whether a letter is a message on the package that it answers."""
        own = self._thread(package) if messaging.may_be_message(package) else ()
        if not own:
            return None
        return partial(messaging.take, package=package, own=own, receipt=receipt)

    def _joins(self, package: Package, receipt: str) -> _Take | None:
        """See whether a reply may bring what the package lacks that it answers."""
        own = self._thread(package) if joining.may_join(package) else ()
        if not own:
            return None
        return partial(joining.take, joining=Joining(package, own, receipt))

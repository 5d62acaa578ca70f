"""The ending: what becomes of a letter when an attempt has walked the road, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from config.settings import Settings
from gateway.moving.attempt import Attempt, is_held_as_before
from gateway.replies import confirming, deleting
from gateway.road.aside import rehearse
from gateway.road.copy import set_aside
from gateway.road.decided import Decided
from gateway.road.file import file
from gateway.road.give_back import give_back
from gateway.road.package import Package
from gateway.road.tell import owed
from gateway.road.walk import Road
from gateway.telling.letter_links import LetterLinks, links_of
from portal import confirmation
from portal.database import Database
from portal.firm_contacts import contacts_of
from portal.postbox import Owed
from portal.pouch import Raw

_FILED = {"filed", "filed_in_part"}


@dataclass(frozen=True)
class Ending:
    """Ends attempts. Each method returns the letter's state then, or raises StaleAttempt."""

    database: Database
    raw: Raw
    road: Road
    settings: Settings
    clock: Callable[[], datetime]

    def copy(self, this: Attempt, first: int) -> str:
        """Set a letter aside that is a copy of another one."""
        with self.database.write() as connection:
            return self._copy(connection, this, first)

    def give_back(self, this: Attempt, reason: str | None, package: Package | None = None) -> str:
        """Give a decision back that cannot be carried out, with what was read, where that is news.

        The attempt has one.
        """
        assert this.decision is not None
        with self.database.write() as connection:
            give_back(
                connection,
                this.decision,
                this.letter_id,
                this.number,
                reason,
                self.clock(),
                package,
            )
        return "with_us"

    def file(
        self,
        this: Attempt,
        package: Package,
        taken: Decided | None = None,
        answered: tuple[str, ...] = (),
    ) -> str:
        """File a package, hold it or rehearse it, with the mails that are owed for that.

        `answered` are the mails of ours that it answers. It is a copy where the same message has
        come down the road beside it.
        """
        now = self.clock()
        links, code = LetterLinks(), None
        if not this.is_trial:
            links = links_of(package, self.settings, is_decided=taken is not None)
            if taken is None:
                code = confirming.code_for(
                    self.database, package, this.letter_id, self.settings, now
                )
        mails: tuple[Owed, ...] = ()
        if taken is not None or not is_held_as_before(self.database, this.letter_id, package):
            mails = self._owed(this, package, links, code, now)
        with self.database.write() as connection:
            self.raw.leave(connection)
            if this.known is not None:
                first = this.known.first(connection, package, is_decided=this.is_ours)
                if first is not None:
                    state = self._copy(connection, this, first)
                    confirmation.unasked(connection, this.letter_id)
                    return state
                this.known.note(connection)
            if this.is_trial:
                return rehearse(
                    connection,
                    package,
                    letter_id=this.letter_id,
                    attempt=this.number,
                    owed=mails,
                    now=self.clock(),
                )
            state = file(
                connection,
                package,
                letter_id=this.letter_id,
                attempt=this.number,
                owed=mails,
                now=self.clock(),
                decision=taken,
                question=links.question,
                offered=links.offered,
                answered=answered,
            )
            if this.number > 1 and state in _FILED:  # before its first nobody asks anything
                deleting.carry_on(
                    connection,
                    this.letter_id,
                    this.receipt,
                    self.settings,
                    attempt=this.number,
                    now=now,
                    not_before=None if taken is None else taken.undo_until,
                )
            return state

    def _copy(self, connection: sa.Connection, this: Attempt, first: int) -> str:
        set_aside(connection, this.letter_id, this.number, first, self.clock(), this.decision)
        return "copy"

    def _owed(
        self, this: Attempt, package: Package, links: LetterLinks, code: str | None, now: datetime
    ) -> tuple[Owed, ...]:
        with self.database.read() as connection:
            contacts = contacts_of(connection, package.resolution.firm_id)
        return owed(
            package,
            this.receipt,
            self.settings,
            answer_link=links.answer,
            upload_link=links.upload,
            code=code,
            promised=self.road.calendar.promise(now),
            contacts=contacts,
        )

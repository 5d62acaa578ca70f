"""Outbound: carries the outbox's receipts and notices out, again and again until each is told.

A row is marked sent after its mail is durable where it goes: in a file of the row's own, so that a
crash between the two writes the same file again; or in the relay's hands, where that crash sends
the same Message-ID twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from config.settings import Settings
from gateway.letter import Proof
from gateway.sending.caps import Caps
from gateway.sending.due import DUE
from gateway.sending.gathering import KINDS, Gathering
from gateway.sending.way import Outcome, Verdict, Way, WayDown
from gateway.telling.message import Message, Unsendable, message_of
from gateway.watch import Metrics, fault_fields
from portal import events
from portal.database import Database
from portal.tables import letters, outbox

UNSENDABLE = "no mail can be made of it"
BATCH = 50
_LONGEST_WAIT = timedelta(hours=1)
_LONGEST_REST_SECONDS = 600.0  # of a relay that is down: its mails wait for it alone

Row = sa.Row[tuple[Any, ...]]
_EARLIER = (
    sa.select(outbox.c.message_id)
    .where(
        outbox.c.letter_id == sa.bindparam("letter"),
        outbox.c.recipient == sa.bindparam("who"),
        outbox.c.in_reply_to == sa.bindparam("answered"),
        outbox.c.sent_at.is_not(None),
        outbox.c.digest_id.is_(None),
        outbox.c.id < sa.bindparam("mail"),
    )
    .order_by(outbox.c.id)
)
_WITHDRAWN = sa.select(outbox.c.withdrawn_at).where(outbox.c.id == sa.bindparam("mail"))


@dataclass
class Outbound:
    """Sends what is due. One thread's, and one process's."""

    database: Database
    way: Way
    settings: Settings
    clock: Callable[[], datetime]
    metrics: Metrics
    monotonic: Callable[[], float] = time.monotonic  # of the rests: a clock may be set right
    _failures: int = field(default=0, init=False)
    _rests_until: float | None = field(default=None, init=False)

    def send_due(self) -> int:
        """Send one batch of what is due. Return how many rows were looked at.

        While the way out is down nothing is: it is tried again after a rest that doubles from one
        second to ten minutes, for as long as it takes.
        """
        if self._rests_until is not None and self.monotonic() < self._rests_until:
            return 0
        now = self.clock()
        due, going = self._due(now)
        messages = [one for row in going if (one := self._message(row, now)) is not None]
        kinds = {row.id: row for row in going}
        try:
            if messages:
                self.way.carry(messages, self._is_owed, lambda said: self._note(said, kinds, now))
        except WayDown as down:
            self._rest(down)
            return 0
        self._failures, self._rests_until = 0, None
        return due

    def _due(self, now: datetime) -> tuple[int, list[Row]]:
        """Return how many rows are due, and those among them that go out now."""
        asked = DUE.where(outbox.c.not_before <= now).limit(BATCH)
        with self.database.read() as connection:
            if connection.execute(asked).first() is None:
                return 0, []
        with self.database.write() as connection:
            due = connection.execute(asked).all()
            passing = Caps(self.settings).passing(connection, due, now)
            gathering = Gathering(self.settings)
            digests = [
                row.id
                for row in passing
                # What was tried may have been read: under its Message-ID it says the same.
                if row.kind in KINDS and (row.tries > 0 or gathering.write(connection, row.id, now))
            ]
            written = {
                row.id: row
                for row in connection.execute(sa.select(outbox).where(outbox.c.id.in_(digests)))
            }
        going = [written.get(row.id, row) for row in passing]
        return len(due), [row for row in going if row.kind not in KINDS or row.id in written]

    def _message(self, row: Row, now: datetime) -> Message | None:
        """Build a row's message; note one of which none can be made."""
        with self.database.read() as connection:
            thread = _thread(connection, row)
            failed = _failed(connection, row)
        try:
            return message_of(row, thread, self.settings, now, failed=failed)
        except (Unsendable, ValueError) as fault:
            structlog.get_logger().error("mail.failed", outbox=row.id, **fault_fields(fault))
            outcome = Outcome(row.id, Verdict.REFUSED, UNSENDABLE)
            self._note([outcome], {row.id: row}, now)
            return None

    def _is_owed(self, outbox_id: int) -> bool:
        """Look once more: it may have been withdrawn while others were sent."""
        with self.database.read() as connection:
            return connection.execute(_WITHDRAWN, {"mail": outbox_id}).scalar_one() is None

    def _rest(self, down: WayDown) -> None:
        rest = min(2.0 ** min(self._failures, 12), _LONGEST_REST_SECONDS)
        self._failures += 1
        self._rests_until = self.monotonic() + rest
        structlog.get_logger().error(
            "outbound.down",
            where=str(down),
            rest_seconds=rest,
            **fault_fields(down),
        )

    def _note(self, said: Sequence[Outcome], rows: dict[int, Row], now: datetime) -> None:
        """Write down what became of mails, in one transaction."""
        with self.database.write() as connection:
            for outcome in said:
                _note_one(connection, outcome, rows[outcome.outbox_id], now)
        for outcome in said:
            counted = "failed" if outcome.verdict is Verdict.LATER else outcome.verdict.value
            self.metrics.mail_sent(rows[outcome.outbox_id].kind, counted)


def _thread(connection: sa.Connection, row: Row) -> list[str]:
    """Return the Message-IDs of what was sent to the same person in answer to the same mail."""
    if row.in_reply_to is None:
        return []
    asked = {
        "letter": row.letter_id,
        "who": row.recipient,
        "answered": row.in_reply_to,
        "mail": row.id,
    }
    return list(connection.execute(_EARLIER, asked).scalars())


def _failed(connection: sa.Connection, row: Row) -> Sequence[str]:
    """Return the addresses that a letter came to, where the row says that it was not filed.

    That is the receipt of the attempt the letter rests in. An unproven sender may be a forged one,
    and a forged one's programs are told nothing.
    """
    if row.kind != "receipt":
        return ()
    letter = connection.execute(
        sa.select(letters.c.recipients, letters.c.proof).where(
            letters.c.id == row.letter_id,
            letters.c.state == "not_filed",
            sa.cast(letters.c.attempt, sa.Text) == row.occasion,
        )
    ).first()
    return letter.recipients if letter is not None and Proof(letter.proof).holds else ()


def _note_one(connection: sa.Connection, outcome: Outcome, row: Row, now: datetime) -> None:
    this = outbox.update().where(outbox.c.id == row.id)
    if outcome.verdict is Verdict.LATER:
        wait = min(timedelta(seconds=2 ** min(row.tries, 12)), _LONGEST_WAIT)
        values = {"not_before": now + wait, "tries": row.tries + 1, "failure": outcome.failure}
        connection.execute(this.values(values))
        return
    when = "sent_at" if outcome.verdict is Verdict.SENT else "failed_at"
    connection.execute(this.values({when: now, "tries": row.tries + 1, "failure": outcome.failure}))
    if row.kind in KINDS:
        # What it tells is told with it, or was refused with it.
        told = outbox.update().where(outbox.c.digest_id == row.id, outbox.c.withdrawn_at.is_(None))
        connection.execute(told.values({when: now, "failure": outcome.failure}))
    events.record(
        connection,
        letter_id=row.letter_id,
        actor="gateway",
        kind=f"{row.kind}.{outcome.verdict.value}",
        detail={},
        at=now,
    )

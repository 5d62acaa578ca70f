"""Carrying: sets a letter moving again when a person has decided about it, when its sender has
confirmed their address, or when the virus scanner that it waits for is back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from gateway.moving.queue import Queue
from gateway.moving.turn import STAFF
from gateway.scanner import ScannerAway
from portal import events
from portal.database import Database
from portal.decision import WAITING, carried, may_be_carried, waits_to_be_carried
from portal.directory import Directory
from portal.tables import confirmations, decisions, letters

_BATCH = 100


@dataclass(frozen=True)
class Carrying:
    """Carries decisions from their rows to the road."""

    database: Database
    queue: Queue
    clock: Callable[[], datetime]
    zone: ZoneInfo  # of the office: rights are by its days

    def decisions(self) -> int:
        """Take up every decision whose letter still stands. Return how many."""
        with self.database.read() as connection:
            due = connection.execute(
                sa.select(
                    decisions.c.id,
                    decisions.c.letter_id,
                    decisions.c.kind,
                    decisions.c.account_id,
                    letters.c.turn,
                )
                .join(letters, letters.c.id == decisions.c.letter_id)
                .where(may_be_carried(), *waits_to_be_carried())
                .order_by(decisions.c.id)
                .limit(_BATCH)
            ).all()
        return sum(
            self._take_up(
                row.id, row.letter_id, row.kind, row.turn if row.account_id is None else STAFF
            )
            for row in due
        )

    def _take_up(self, decision_id: int, letter_id: int, kind: str, turn: str | None) -> bool:
        """Raise the letter's attempt and queue it, or set it aside: in one transaction."""
        now = self.clock()
        with self.database.write() as connection:
            # Taken back since it was read, or taken up by another: the letter stays as it is.
            attempt = connection.scalar(
                letters.update()
                .where(
                    letters.c.id == letter_id,
                    sa.exists().where(
                        decisions.c.id == decision_id, may_be_carried(), *waits_to_be_carried()
                    ),
                )
                .values(
                    attempt=letters.c.attempt + 1,
                    state="set_aside" if kind == "not_submission" else "checking",
                    state_since=now,
                )
                .returning(letters.c.attempt)
            )
            if attempt is None:
                return False
            if kind == "not_submission":
                # It needs no road: nothing of the letter is read, and nobody is told.
                carried(connection, decision_id, now=now)
                events.record(
                    connection,
                    letter_id=letter_id,
                    actor=events.GATEWAY,
                    kind=events.SET_ASIDE,
                    detail={"reason": None, "case": None},
                    at=now,
                )
            else:
                self.queue.put(connection, letter_id, attempt, turn)
        structlog.get_logger().info("decision.taken_up", letter=letter_id, attempt=attempt)
        return True

    def confirmed(self) -> int:
        """Set every letter moving again that was confirmed, if we know its sender. Return how many.

        Any other stays where it is, with the team: who reads a mailbox has no right by that.
        """
        with self.database.read() as connection:
            due = connection.execute(
                sa.select(confirmations.c.letter_id, confirmations.c.email)
                .where(
                    confirmations.c.confirmed_at.is_not(None), confirmations.c.seen_to_at.is_(None)
                )
                .order_by(confirmations.c.letter_id)
                .limit(_BATCH)
            ).all()
        return sum(self._see_to(row.letter_id, is_known=self._is_known(row.email)) for row in due)

    def _is_known(self, email: str) -> bool:
        directory, today = Directory(self.database), self.clock().astimezone(self.zone).date()
        return directory.firm_of(email) is not None or bool(directory.contributed(email, today))

    def _see_to(self, letter_id: int, *, is_known: bool) -> bool:
        now = self.clock()
        with self.database.write() as connection:
            connection.execute(
                confirmations.update()
                .where(confirmations.c.letter_id == letter_id)
                .values(seen_to_at=now)
            )
            return is_known and self._again(connection, letter_id, now)

    def _again(
        self, connection: sa.Connection, letter_id: int, now: datetime, reason: str | None = None
    ) -> bool:
        """Queue a letter that waits, for this reason if one is given; not one that is decided."""
        again = connection.execute(
            letters.update()
            .where(
                letters.c.id == letter_id,
                letters.c.state.in_(WAITING),
                sa.true() if reason is None else letters.c.reason == reason,
                # A person's decision goes its own way, by `decisions`.
                ~sa.exists().where(decisions.c.letter_id == letter_id, *waits_to_be_carried()),
            )
            .values(attempt=letters.c.attempt + 1, state="checking", state_since=now)
            .returning(letters.c.attempt, letters.c.turn)
        ).one_or_none()
        if again is None:
            return False
        self.queue.put(connection, letter_id, again.attempt, again.turn)
        return True

    def unscanned(self, ping: Callable[[], None]) -> int:
        """Set every letter moving again that waits for a virus scanner, once it answers `ping`."""
        with self.database.read() as connection:
            held = connection.scalars(
                sa.select(letters.c.id)
                .where(letters.c.state == "with_us", letters.c.reason == "scanner_away")
                .order_by(letters.c.state_since)
                .limit(_BATCH)
            ).all()
        if not held:
            return 0
        try:
            ping()
        except ScannerAway as fault:
            structlog.get_logger().error("scanner.away", why=str(fault), letters=len(held))
            return 0
        return sum(self._scan_again(letter_id) for letter_id in held)

    def _scan_again(self, letter_id: int) -> bool:
        with self.database.write() as connection:
            return self._again(connection, letter_id, self.clock(), "scanner_away")

"""Caps: how many mails one address gets, and what is gathered into a digest instead.

Looked at when mails are due, not when they are owed: filing never waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from config.settings import Settings
from gateway.gathering import Gathering
from gateway.letter import Proof
from portal.tables import letters, outbox, packages

CAPPED = "too many mails to an address that is not proven"
TOLD_BY_DIGEST = "told by a digest"
_TO_SENDERS = ("receipt", "progress", "digest")

Row = sa.Row[tuple[Any, ...]]
_OPEN = (
    outbox.c.sent_at.is_(None),
    outbox.c.withdrawn_at.is_(None),
    outbox.c.failed_at.is_(None),
)
# Rows that are due come with what decides about them.
DUE = (
    sa.select(outbox, letters.c.proof, letters.c.firm_id, letters.c.state, packages.c.urgent)
    .select_from(
        outbox.outerjoin(letters, letters.c.id == outbox.c.letter_id).outerjoin(
            packages, packages.c.letter_id == outbox.c.letter_id
        )
    )
    .where(*_OPEN, outbox.c.digest_id.is_(None))
    .order_by(outbox.c.id)
)


@dataclass
class _Sent:
    """What one address got lately, and is getting now."""

    singles: int
    mails: int
    digest_id: int | None  # the one that gathers for it


@dataclass(frozen=True)
class Caps:
    """Decides which of the due mails go out by themselves."""

    settings: Settings

    def passing(self, connection: sa.Connection, due: Sequence[Row], now: datetime) -> list[Row]:
        """Return the rows that go out now; the others are withdrawn, or put into a digest.

        `due` are rows of DUE, oldest first; the transaction writes.
        """
        limits = self.settings.receipts
        lately: dict[str, _Sent] = {}
        passing = []
        for row in due:
            if row.kind not in _TO_SENDERS:
                passing.append(row)
                continue
            if row.recipient not in lately:
                lately[row.recipient] = self._lately(connection, row.recipient, now)
            sent = lately[row.recipient]
            # Urgent mails and questions go by themselves; who rehearses wants to see each receipt.
            alone = row.urgent is not None or row.state in {"rehearsed", "needs_you"}
            many = not alone and (sent.digest_id is not None or sent.singles >= limits.singles)
            if sent.mails >= limits.unproven_mails and not self._is_proven(connection, row):
                _withdraw(connection, row.id, CAPPED, now)
            elif row.kind == "progress" and many:
                _withdraw(connection, row.id, TOLD_BY_DIGEST, now)
            elif row.kind == "receipt" and many:
                sent.digest_id = Gathering(self.settings).add(connection, row, sent.digest_id, now)
            else:
                passing.append(row)
                sent.singles += row.kind == "receipt"
                sent.mails += 1
        return passing

    def _lately(self, connection: sa.Connection, recipient: str, now: datetime) -> _Sent:
        limits = self.settings.receipts
        to_them = outbox.c.recipient == recipient

        def count(*which: sa.ColumnElement[bool], minutes: int) -> int:
            since = now - timedelta(minutes=minutes)
            return connection.execute(
                sa.select(sa.func.count()).where(
                    to_them, outbox.c.sent_at > since, outbox.c.digest_id.is_(None), *which
                )
            ).scalar_one()

        gathering = connection.execute(
            sa.select(outbox.c.id).where(
                to_them, outbox.c.kind == "digest", outbox.c.not_before > now, *_OPEN
            )
        ).scalar()
        return _Sent(
            count(outbox.c.kind == "receipt", minutes=limits.singles_minutes),
            count(outbox.c.kind.in_(_TO_SENDERS), minutes=limits.unproven_minutes),
            gathering,
        )

    def _is_proven(self, connection: sa.Connection, row: Row) -> bool:
        """Say whether a row's letter, or each letter of a digest, is a known and proven firm's."""
        if row.letter_id is not None:
            return row.firm_id is not None and Proof(row.proof).holds
        of_digest = connection.execute(
            sa.select(letters.c.proof, letters.c.firm_id)
            .join(outbox, outbox.c.letter_id == letters.c.id)
            .where(outbox.c.digest_id == row.id)
        )
        return all(one.firm_id is not None and Proof(one.proof).holds for one in of_digest)


def _withdraw(connection: sa.Connection, row_id: int, why: str, now: datetime) -> None:
    connection.execute(
        outbox.update().where(outbox.c.id == row_id).values(withdrawn_at=now, failure=why)
    )

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
from gateway.digest import goes_alone, may_be_gathered
from gateway.gathering import DAILY, DIGEST, Gathering
from gateway.letter import Proof
from gateway.road.tell import LISTED
from portal.confirmation import unasked
from portal.tables import confirmations, letters, outbox, packages

CAPPED = "too many mails to an address that is not proven"
TOLD_BY_DIGEST = "told by a digest"
_RECEIPTS = ("receipt", "receipt_copy")
_TO_SENDERS = (*_RECEIPTS, "progress", DIGEST, LISTED, DAILY)

_PROVEN = [proof.value for proof in Proof if proof.holds]

Row = sa.Row[tuple[Any, ...]]
_OPEN = (
    outbox.c.sent_at.is_(None),
    outbox.c.withdrawn_at.is_(None),
    outbox.c.failed_at.is_(None),
)
_ASKS = sa.exists().where(
    confirmations.c.letter_id == outbox.c.letter_id, confirmations.c.asked_at.is_not(None)
)
# How many mails about letters of the same turn are due before it: a firm's thousand receipts stand
# behind the first one of any other. What is about no letter is its recipient's.
_OF_ITS_TURN = sa.func.row_number().over(
    partition_by=(outbox.c.tries, sa.func.coalesce(letters.c.turn, outbox.c.recipient)),
    order_by=outbox.c.id,
)
# Rows that are due come with what decides about them.
DUE = (
    sa.select(
        outbox,
        *(letters.c.proof, letters.c.firm_id, letters.c.state),
        *(packages.c.urgent, packages.c.forwarded),
        _ASKS.label("asks"),
    )
    .select_from(
        outbox.outerjoin(letters, letters.c.id == outbox.c.letter_id).outerjoin(
            packages, packages.c.letter_id == outbox.c.letter_id
        )
    )
    .where(*_OPEN, outbox.c.digest_id.is_(None))
    # What could not be sent before comes behind what was not tried: it may be its own fault.
    .order_by(outbox.c.tries, _OF_ITS_TURN, outbox.c.id)
)


def _is_nobodys(letter: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition on rows of `letters` that nobody known was proven to have sent."""
    passed_on = sa.exists().where(
        packages.c.letter_id == letter.c.id, packages.c.forwarded.is_not(None)
    )
    of_no_firm = sa.and_(
        letter.c.firm_id.is_(None), letter.c.proof != Proof.ACCOUNT.value, ~passed_on
    )
    return sa.or_(of_no_firm, letter.c.proof.not_in(_PROVEN))


def _tells_of_unproven(digest_id: sa.ColumnElement[int] | int) -> sa.ColumnElement[bool]:
    """Return the condition that one of a digest's letters is nobody's."""
    member, theirs = outbox.alias("member"), letters.alias("theirs")
    return sa.exists(
        sa.select(member.c.id)
        .join(theirs, theirs.c.id == member.c.letter_id)
        .where(member.c.digest_id == digest_id, _is_nobodys(theirs))
    )


# Of a row of `outbox`, beside its letter where it is about one.
_IS_PROVEN = sa.and_(
    sa.or_(outbox.c.letter_id.is_(None), ~_is_nobodys(letters)), ~_tells_of_unproven(outbox.c.id)
)


@dataclass
class _Sent:
    """What one address got lately, and is getting now, about letters of one kind of proof."""

    singles: int
    mails: int
    gathers: dict[str, int | None]  # the digest, and the daily list, that gather for it


@dataclass(frozen=True)
class Caps:
    """Decides which of the due mails go out by themselves."""

    settings: Settings

    def passing(self, connection: sa.Connection, due: Sequence[Row], now: datetime) -> list[Row]:
        """Return the rows that go out now; the others are withdrawn, or put into a digest.

        `due` are rows of DUE, in its order; the transaction writes.
        """
        limits = self.settings.receipts
        lately: dict[tuple[str, bool], _Sent] = {}
        passing = []
        for row in due:
            if row.kind not in _TO_SENDERS:
                passing.append(row)
                continue
            # Apart, since anyone can cause mails about letters that nobody proved: they must
            # neither stop the others nor push them into a digest.
            proven = _is_proven(connection, row)
            if (row.recipient, proven) not in lately:
                lately[row.recipient, proven] = self._lately(
                    connection, row.recipient, now, proven=proven
                )
            sent = lately[row.recipient, proven]
            alone = goes_alone(row.state, row.urgent) or row.asks
            is_many = sent.gathers[DIGEST] is not None or sent.singles >= limits.singles
            many = not alone and is_many
            if sent.mails >= limits.unproven_mails and not proven:
                _stop(connection, row, now)
            elif row.kind == "progress" and many:
                _withdraw(connection, row.id, TOLD_BY_DIGEST, now)
            elif (row.kind == LISTED and not alone) or (
                row.kind in _RECEIPTS and many and may_be_gathered(row.state)
            ):
                into = DAILY if row.kind == LISTED else DIGEST
                gathering = Gathering(self.settings)
                sent.gathers[into] = gathering.add(connection, row, sent.gathers[into], now, into)
            else:
                passing.append(row)
                sent.singles += row.kind in _RECEIPTS
                sent.mails += 1
        return passing

    def _lately(
        self, connection: sa.Connection, recipient: str, now: datetime, *, proven: bool
    ) -> _Sent:
        limits = self.settings.receipts
        to_them = (outbox.c.recipient == recipient, _IS_PROVEN if proven else ~_IS_PROVEN)
        here = outbox.outerjoin(letters, letters.c.id == outbox.c.letter_id)

        def count(*kinds: str, minutes: int) -> int:
            since = now - timedelta(minutes=minutes)
            return connection.execute(
                sa.select(sa.func.count())
                .select_from(here)
                .where(
                    *to_them,
                    outbox.c.kind.in_(kinds),
                    outbox.c.sent_at > since,
                    outbox.c.digest_id.is_(None),
                )
            ).scalar_one()

        def gathering(kind: str) -> int | None:
            return connection.execute(
                sa.select(sa.func.max(outbox.c.id))
                .select_from(here)
                .where(*to_them, outbox.c.kind == kind, outbox.c.not_before > now, *_OPEN)
            ).scalar()

        return _Sent(
            count(*_RECEIPTS, minutes=limits.singles_minutes),
            count(*_TO_SENDERS, minutes=limits.unproven_minutes),
            {kind: gathering(kind) for kind in (DIGEST, DAILY)},
        )


def _is_proven(connection: sa.Connection, row: Row) -> bool:
    """Say whether a row's letter, or each letter of a digest, is a known and proven firm's."""
    if row.letter_id is not None:
        proof = Proof(row.proof)
        is_known = row.firm_id is not None or row.forwarded is not None
        return proof is Proof.ACCOUNT or (is_known and proof.holds)
    return bool(connection.execute(sa.select(~_tells_of_unproven(row.id))).scalar_one())


def _stop(connection: sa.Connection, row: Row, now: datetime) -> None:
    """Withdraw what would be one mail too many; of a digest, what it was to tell as well.

    Those of its letters that have been proven since go back to be told by themselves.
    """
    unproven = sa.exists().where(letters.c.id == outbox.c.letter_id, _is_nobodys(letters))
    gathered = outbox.update().where(outbox.c.digest_id == row.id)
    connection.execute(gathered.where(~unproven).values(digest_id=None))
    connection.execute(gathered.values(withdrawn_at=now, failure=CAPPED))
    _withdraw(connection, row.id, CAPPED, now)
    if row.asks:
        unasked(connection, row.letter_id)


def _withdraw(connection: sa.Connection, row_id: int, why: str, now: datetime) -> None:
    connection.execute(
        outbox.update().where(outbox.c.id == row_id).values(withdrawn_at=now, failure=why)
    )

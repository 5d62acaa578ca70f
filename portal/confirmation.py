"""A confirmation: that whoever reads the mail of an address has sent the letters that bear it.

It proves a mailbox, and nothing else: not a firm, and no right to a case. So a letter goes on by it
where its firm is known and lacked the proof alone; any other stays with the team, marked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from portal import events
from portal.decision import WAITING
from portal.piece import pieces_of
from portal.rights import UNPROVEN
from portal.tables import confirmations, letters, outbox

By = Literal["code", "reply"]
CONFIRMED = {"code", "reply"}
"""Of letters.proof: whoever sent it reads the mail of its address."""
RULE = "confirmed"
"""The rule of a proof that came after the letter: a word of portal.vocabulary.RULES."""

_ASKED_FOR = timedelta(days=1)
_MOST = 50


@dataclass(frozen=True)
class Unconfirmed:
    """A letter that waits, as it is told to whoever has the code: counted, and not named."""

    letter_id: int
    receipt: str
    arrived_at: datetime
    documents: int


def expect(connection: sa.Connection, letter_id: int, email: str, *, now: datetime) -> bool:
    """Note that a letter of this address may be confirmed. Return whether its receipt is to ask.

    An address is asked once within a day, by one letter, however often that one is carried.
    """
    connection.execute(sa.delete(confirmations).where(confirmations.c.letter_id == letter_id))
    asked = sa.select(confirmations.c.letter_id).where(
        confirmations.c.email == email, confirmations.c.asked_at > now - _ASKED_FOR
    )
    asks = connection.execute(asked.limit(1)).first() is None
    connection.execute(
        sa.insert(confirmations).values(
            letter_id=letter_id, email=email, asked_at=now if asks else None
        )
    )
    return asks


def unasked(connection: sa.Connection, letter_id: int) -> None:
    """Note that a letter's receipt does not ask after all: another letter of its address may."""
    connection.execute(
        sa.update(confirmations)
        .where(confirmations.c.letter_id == letter_id, confirmations.c.confirmed_at.is_(None))
        .values(asked_at=None)
    )


def waiting(connection: sa.Connection, email: str) -> tuple[Unconfirmed, ...]:
    """Return the letters of an address that may be confirmed, the newest first, at most 50."""
    rows = connection.execute(
        sa.select(letters.c.id, letters.c.receipt, letters.c.arrived_at)
        .join(confirmations, confirmations.c.letter_id == letters.c.id)
        .where(*_open(email))
        .order_by(letters.c.arrived_at.desc(), letters.c.id.desc())
        .limit(_MOST)
    ).all()
    return tuple(
        Unconfirmed(row.id, row.receipt, row.arrived_at, _documents(connection, row.id))
        for row in rows
    )


def is_waiting(connection: sa.Connection, email: str) -> bool:
    """Say whether a letter of an address may be confirmed."""
    found = sa.select(letters.c.id).join(confirmations, confirmations.c.letter_id == letters.c.id)
    return connection.execute(found.where(*_open(email)).limit(1)).first() is not None


def replied(connection: sa.Connection, message_ids: Collection[str], email: str) -> int | None:
    """Return the one letter of an address that these mails of ours to it are about, or None.

    `message_ids` are as the outbox holds them: nobody knows one who has not read that mail.
    """
    rows = connection.scalars(
        sa.select(letters.c.id)
        .join(confirmations, confirmations.c.letter_id == letters.c.id)
        .join(outbox, outbox.c.letter_id == letters.c.id)
        .where(
            *_open(email),
            outbox.c.message_id.in_(sorted(message_ids)),
            outbox.c.recipient == email,
        )
        .distinct()
        .limit(2)
    ).all()
    return rows[0] if len(rows) == 1 else None


def confirm(
    connection: sa.Connection, email: str, letter_ids: Collection[int], by: By, *, now: datetime
) -> int:
    """Confirm letters of an address, and return how many. What is decided meanwhile stays out.

    A letter that nothing had proven is proven by it; how it came is kept in the trail.
    """
    confirmed = 0
    for letter_id in sorted(letter_ids):
        row = connection.execute(
            sa.select(letters.c.proof, letters.c.proof_rule)
            .join(confirmations, confirmations.c.letter_id == letters.c.id)
            .where(letters.c.id == letter_id, *_open(email))
            .with_for_update()
        ).one_or_none()
        if row is None:
            continue
        connection.execute(
            sa.update(confirmations)
            .where(confirmations.c.letter_id == letter_id)
            .values(confirmed_at=now, confirmed_by=by)
        )
        if row.proof in UNPROVEN:
            proven = sa.update(letters).where(letters.c.id == letter_id)
            connection.execute(proven.values(proof=by, proof_rule=RULE))
        events.record(
            connection,
            letter_id=letter_id,
            actor=events.SENDER,
            kind=events.ADDRESS_CONFIRMED,
            detail={"by": by, "proof": row.proof, "rule": row.proof_rule},
            at=now,
        )
        confirmed += 1
    return confirmed


def is_confirmed(connection: sa.Connection, letter_id: int) -> bool:
    """Say whether a letter's address was confirmed."""
    row = sa.select(confirmations.c.letter_id).where(
        confirmations.c.letter_id == letter_id, confirmations.c.confirmed_at.is_not(None)
    )
    return connection.execute(row).first() is not None


def _open(email: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        confirmations.c.email == email,
        confirmations.c.confirmed_at.is_(None),
        letters.c.state.in_(WAITING),
        letters.c.proof != "failed",
    )


def _documents(connection: sa.Connection, letter_id: int) -> int:
    return sum(piece.is_placed for piece in pieces_of(connection, letter_id).values())

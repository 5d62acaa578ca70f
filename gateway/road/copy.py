"""Copies: the same message by another door is a letter of its own, set aside beside the first."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from gateway.road.file import move_letter
from portal import events
from portal.tables import letters


def first_filed(connection: sa.Connection, letter_id: int) -> int | None:
    """Return the id of an earlier letter with the same bytes, filed from another door.

    One that is held does not count: a stranger who sends a firm's message first, by another door,
    must not be able to shut the firm's own out.
    """
    this, first = letters.alias(), letters.alias()
    return connection.execute(
        sa.select(first.c.id)
        .join(this, this.c.raw_sha256 == first.c.raw_sha256)
        .where(
            this.c.id == letter_id,
            first.c.id < this.c.id,
            first.c.door != this.c.door,
            first.c.state.in_(("filed", "filed_in_part")),
        )
        .order_by(first.c.id)
        .limit(1)
    ).scalar()


def set_aside(
    connection: sa.Connection, letter_id: int, attempt: int, first_id: int, now: datetime
) -> None:
    """Set a letter aside as a copy of the first one. Raises StaleAttempt by the fence."""
    move_letter(connection, letter_id, attempt, "copy", None, now)
    connection.execute(letters.update().where(letters.c.id == letter_id).values(copy_of=first_id))
    events.record(
        connection,
        letter_id=letter_id,
        actor="gateway",
        kind="letter.copy",
        detail={"reason": None, "case": None},
        at=now,
    )

"""Requests to delete: the sender of a letter asks once, and a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal import events
from portal.tables import erasure_requests as requests

MOST_CHARACTERS = 500


@dataclass(frozen=True)
class Request:
    """What was asked, and when."""

    reason: str
    asked_at: datetime


def request_of(connection: sa.Connection, letter_id: int) -> Request | None:
    """Return the request to delete a letter, or None."""
    row = connection.execute(
        sa.select(requests).where(requests.c.letter_id == letter_id)
    ).one_or_none()
    return None if row is None else Request(row.reason, row.asked_at)


def ask(connection: sa.Connection, letter_id: int, reason: str, *, now: datetime) -> None:
    """Record the request, unless there is one."""
    if request_of(connection, letter_id) is not None:
        return
    connection.execute(sa.insert(requests).values(letter_id=letter_id, reason=reason, asked_at=now))
    events.record(
        connection,
        letter_id=letter_id,
        actor=events.SENDER,
        kind=events.ERASURE_ASKED,
        detail={},
        at=now,
    )

"""Missing: the parts that their sender meant to file and that are not, until a better one comes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from portal.absent import absent
from portal.hidden import is_hidden
from portal.tables import letters, packages, parts


def is_missing() -> sa.ColumnElement[bool]:
    """Return the condition on rows of `parts`; `vocabulary.is_missing` says the same of a piece."""
    return sa.and_(
        sa.or_(parts.c.fate.in_(("held", "refused")), parts.c.reason == "file_empty"),
        is_unhealed(),
    )


def is_unhealed() -> sa.ColumnElement[bool]:
    """Return the condition on rows of `parts` that nothing in sight came in their place."""
    return sa.or_(parts.c.healed_by_id.is_(None), is_hidden(parts.c.healed_by_id))


def settle(connection: sa.Connection, letter_id: int, now: datetime) -> None:
    """Say of a letter filed except some what it still lacks, or that it is filed."""
    missed = _first_missing(connection, letter_id)
    problems = connection.scalar(
        sa.select(packages.c.problems).where(packages.c.letter_id == letter_id)
    )
    elsewhere = (one["code"] for one in problems or () if absent([one]))
    reason = missed or next(elsewhere, None)
    state = {"state": "filed", "state_since": now} if reason is None else {}
    connection.execute(
        letters.update()
        .where(letters.c.id == letter_id, letters.c.state == "filed_in_part")
        .values(reason=reason, **state)
    )


def lack_again(connection: sa.Connection, letter_id: int, now: datetime) -> None:
    """Say of a filed letter that it lacks a part again, if it does."""
    missed = _first_missing(connection, letter_id)
    if missed is not None:
        connection.execute(
            letters.update()
            .where(letters.c.id == letter_id, letters.c.state == "filed")
            .values(state="filed_in_part", reason=missed, state_since=now)
        )
        settle(connection, letter_id, now)


def _first_missing(connection: sa.Connection, letter_id: int) -> str | None:
    """Return why the first part is missing that is; None where none is."""
    return connection.scalar(
        sa.select(parts.c.reason)
        .where(parts.c.letter_id == letter_id, is_missing())
        .order_by(parts.c.position)
        .limit(1)
    )

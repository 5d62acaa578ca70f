"""Healing: a later letter's documents join the package of an earlier one, and heal what failed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from portal import events, missing
from portal.conversation import unread_again
from portal.tables import documents, letters, parts, submissions


def room_in(connection: sa.Connection, letter_id: int, most_bytes: int | None) -> int | None:
    """Return how many bytes the last submission of a letter still holds; None for no limit."""
    if most_bytes is None:
        return None
    held = connection.scalar(
        sa.select(sa.func.sum(parts.c.bytes))
        .join(documents, documents.c.part_id == parts.c.id)
        .where(documents.c.submission_id == _last(letter_id))
    )
    return most_bytes - int(held or 0)


def join(
    connection: sa.Connection,
    letter_id: int,
    home_id: int,
    brought: Sequence[int],
    *,
    urgent: str | None = None,
    now: datetime,
) -> None:
    """Append the parts that a letter brought to the package of another, which has them from now on.

    The caller has moved the letter, and its parts are described.
    """
    connection.execute(letters.update().where(letters.c.id == letter_id).values(home_id=home_id))
    submission_id = connection.execute(sa.select(_last(home_id))).scalar_one()
    last = connection.scalar(
        sa.select(sa.func.max(documents.c.position)).where(
            documents.c.submission_id == submission_id
        )
    )
    for position, part_id in enumerate(brought, (last or 0) + 1):
        connection.execute(
            documents.insert().values(
                submission_id=submission_id, part_id=part_id, position=position
            )
        )
    unread_again(connection, home_id, urgent)
    for one, other in ((home_id, letter_id), (letter_id, home_id)):
        events.record(
            connection,
            letter_id=one,
            actor=events.GATEWAY,
            kind=events.JOINED if one == home_id else events.JOINS,
            detail={"letter": other},
            at=now,
        )


def heal(connection: sa.Connection, healed: Mapping[int, int], *, now: datetime) -> None:
    """Mark parts as healed, each by the part that came in its place; say what is lacking still."""
    for part_id, by in healed.items():
        letter_id = connection.execute(
            parts.update()
            .where(parts.c.id == part_id, missing.is_unhealed())
            .values(healed_by_id=by)
            .returning(parts.c.letter_id)
        ).scalar_one_or_none()
        if letter_id is not None:
            _note_healed(connection, letter_id, part_id, by, now)


def lack_again(connection: sa.Connection, by: int, *, now: datetime) -> None:
    """Say that what a part healed is lacking again: that part is hidden by now."""
    for part_id, letter_id in _healed_by(connection, by):
        events.record(
            connection,
            letter_id=letter_id,
            actor=events.GATEWAY,
            kind=events.LACKS_AGAIN,
            detail={"part": part_id},
            at=now,
        )
        missing.lack_again(connection, letter_id, now)


def heal_again(connection: sa.Connection, by: int, *, now: datetime) -> None:
    """Say that what a part healed, and nothing else has since, is healed: it is in sight again."""
    for part_id, letter_id in _healed_by(connection, by):
        _note_healed(connection, letter_id, part_id, by, now)


def _healed_by(connection: sa.Connection, by: int) -> Sequence[tuple[int, int]]:
    """Return the parts that one came in the place of, each with its letter."""
    rows = connection.execute(
        sa.select(parts.c.id, parts.c.letter_id)
        .where(parts.c.healed_by_id == by)
        .order_by(parts.c.id)
    )
    return [(row.id, row.letter_id) for row in rows]


def _note_healed(
    connection: sa.Connection, letter_id: int, part_id: int, by: int, now: datetime
) -> None:
    events.record(
        connection,
        letter_id=letter_id,
        actor=events.GATEWAY,
        kind=events.HEALED,
        detail={"part": part_id, "by": by},
        at=now,
    )
    missing.settle(connection, letter_id, now)


def lock(connection: sa.Connection, letter_ids: Collection[int]) -> None:
    """Keep others from changing these letters until the caller's transaction ends."""
    connection.execute(
        sa.select(letters.c.id)
        .where(letters.c.id.in_(sorted(letter_ids)))
        .order_by(letters.c.id)
        .with_for_update()
    ).all()


def _last(letter_id: int) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.max(submissions.c.id))
        .where(submissions.c.letter_id == letter_id)
        .scalar_subquery()
    )

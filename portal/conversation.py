"""The conversation: which letters a mail answers, by the mails of ours that nobody can guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal.absent import absent
from portal.directory import Consultant
from portal.stands_for import about
from portal.tables import consultants, decisions, letters, packages, submissions

_FILED = ("filed", "filed_in_part")
_WAITING = ("with_us", "needs_you")


@dataclass(frozen=True)
class Answered:
    """A letter of the firm's that a mail answers: filed, to one case, and told of for good."""

    letter_id: int
    receipt: str
    sender: str
    case_id: int


@dataclass(frozen=True)
class Nearest:
    """The letter of the firm's that a mail answers before any other."""

    letter_id: int
    receipt: str
    is_settled: bool  # filed, and no decision about it can be taken back


def nearest(
    connection: sa.Connection, own: Sequence[str], firm_id: int, now: datetime
) -> Nearest | None:
    """Return the letter that a mail answers before any other, filed or waiting, where it is theirs.

    `own` are mails of ours as the outbox holds them, the nearest first. What it answers besides, of
    the whole thread, does not count.
    """
    for letter_id in _about(connection, own)[:1]:
        row = connection.execute(
            sa.select(letters.c.receipt, letters.c.state.in_(_FILED) & ~_undoable(now))
            .where(
                letters.c.id == letter_id,
                letters.c.firm_id == firm_id,
                letters.c.state.in_(_FILED + _WAITING),
                letters.c.home_id.is_(None),  # it may have joined another one just now
            )
            .with_for_update(of=letters)
        ).one_or_none()
        return None if row is None else Nearest(letter_id, row[0], bool(row[1]))
    return None


def answered(
    connection: sa.Connection, own: Sequence[str], firm_id: int, now: datetime
) -> tuple[Answered, ...]:
    """Return the firm's filed letters that a mail answers, in the order of `own`.

    `own` are mails of ours as the outbox holds them. A letter of another firm, one in several cases
    and one whose decision may still be taken back are none: nothing is added to these.
    """
    wanted = _about(connection, own)
    rows = connection.execute(
        sa.select(
            letters.c.id,
            letters.c.receipt,
            letters.c.sender,
            sa.func.min(submissions.c.case_id).label("case_id"),
        )
        .join(submissions, submissions.c.letter_id == letters.c.id)
        .where(
            letters.c.id.in_(wanted),
            letters.c.firm_id == firm_id,
            letters.c.state.in_(_FILED),
            ~_undoable(now),
        )
        .group_by(letters.c.id, letters.c.receipt, letters.c.sender)
        .having(sa.func.count(submissions.c.case_id.distinct()) == 1)
    )
    found = {row.id: Answered(*row) for row in rows}
    return tuple(found[one] for one in wanted if one in found)


def _about(connection: sa.Connection, own: Sequence[str]) -> list[int]:
    """Return the letters that mails of ours were about, in the order of the mails."""
    if not own:
        return []
    letter_of = {row.message_id: row.letter_id for row in connection.execute(sa.select(about(own)))}
    return list(dict.fromkeys(letter_of[one] for one in own if one in letter_of))


def _undoable(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition on rows of `letters` that what a person decided may be taken back."""
    return sa.exists().where(
        decisions.c.letter_id == letters.c.id,
        decisions.c.undone_at.is_(None),
        decisions.c.undo_until > now,
    )


def lacks(connection: sa.Connection, letter_id: int) -> bool:
    """Say whether a letter speaks of documents that are elsewhere."""
    problems = connection.scalar(
        sa.select(packages.c.problems).where(packages.c.letter_id == letter_id)
    )
    return absent(problems or ()) > 0


def readers(connection: sa.Connection, letter_id: int, day: date) -> tuple[str, ...]:
    """Return who is told of a letter: its consultants, and who covers them on a day."""
    rows = connection.execute(
        sa.select(
            consultants.c.id,
            consultants.c.name,
            consultants.c.email,
            consultants.c.cover_email,
            consultants.c.cover_from,
            consultants.c.cover_until,
        )
        .join(submissions, submissions.c.consultant_id == consultants.c.id)
        .where(submissions.c.letter_id == letter_id)
        .order_by(consultants.c.id)
    )
    people = (Consultant(*row) for row in rows)
    told = (one for person in people for one in (person.email, person.cover_on(day)))
    return tuple(dict.fromkeys(filter(None, told)))


def handler(connection: sa.Connection, letter_id: int) -> str | None:
    """Return the name of who has a letter, where one person has it."""
    names = connection.scalars(
        sa.select(consultants.c.name)
        .join(submissions, submissions.c.consultant_id == consultants.c.id)
        .where(submissions.c.letter_id == letter_id)
        .distinct()
        .limit(2)
    ).all()
    return names[0] if len(names) == 1 else None


def unread_again(connection: sa.Connection, letter_id: int, urgent: str | None) -> None:
    """Put a package among those that its consultants have not read: something new is in it.

    `urgent` is why that seems so, where it does; then the package does.
    """
    connection.execute(
        submissions.update().where(submissions.c.letter_id == letter_id).values(read_at=None)
    )
    if urgent is not None:
        connection.execute(
            packages.update()
            .where(packages.c.letter_id == letter_id, packages.c.urgent.is_(None))
            .values(urgent=urgent)
        )

"""The conversation: which letters a mail answers, by the mails of ours that nobody can guess."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal.absent import absent
from portal.directory import Consultant
from portal.rights import UNPROVEN
from portal.stands_for import about
from portal.tables import cases, consultants, decisions, documents, letters, packages, submissions

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
    is_filed: bool
    undo_until: datetime | None  # till when what a person decided about it may be taken back

    @property
    def is_settled(self) -> bool:
        """Whether it is filed for good."""
        return self.is_filed and self.undo_until is None


def sent_by(firm_id: int | None, address: str) -> sa.ColumnElement[bool]:
    """Return the condition on rows of `letters` that they are the firm's.

    Of whoever is no firm it is those that this very address has sent, proven.
    """
    if firm_id is not None:
        return letters.c.firm_id == firm_id
    return sa.and_(
        letters.c.firm_id.is_(None),
        letters.c.sender == address,
        letters.c.proof.not_in(sorted(UNPROVEN)),
    )


def nearest(
    connection: sa.Connection, own: Sequence[str], theirs: sa.ColumnElement[bool], now: datetime
) -> Nearest | None:
    """Return the letter that a mail answers before any other, filed or waiting, where it is theirs.

    `own` are mails of ours as the outbox holds them, the nearest first. What it answers besides, of
    the whole thread, does not count. `theirs` is as of `sent_by`.
    """
    for letter_id in _about(connection, own)[:1]:
        undo_until = (
            sa.select(sa.func.max(decisions.c.undo_until))
            .where(*_may_be_undone(now))
            .correlate(letters)
            .scalar_subquery()
        )
        row = connection.execute(
            sa.select(letters.c.receipt, letters.c.state.in_(_FILED), undo_until)
            .where(
                letters.c.id == letter_id,
                theirs,
                _is_described(),
                letters.c.home_id.is_(None),  # it may have joined another one just now
            )
            .with_for_update(of=letters)
        ).one_or_none()
        return None if row is None else Nearest(letter_id, row[0], bool(row[1]), row[2])
    return None


def _is_described() -> sa.ColumnElement[bool]:
    """Return the condition on rows of `letters` that they are filed or wait.

    Or that they are carried once more, after that: what is in them is known by then.
    """
    again = sa.exists().where(packages.c.letter_id == letters.c.id)
    return letters.c.state.in_(_FILED + _WAITING) | ((letters.c.state == "checking") & again)


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
    return sa.exists().where(*_may_be_undone(now))


def _may_be_undone(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
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


def readers(
    connection: sa.Connection, letter_id: int, day: date, parts: Collection[int] | None = None
) -> tuple[str, ...]:
    """Return who is told of a letter: its consultants, and who covers them on a day.

    Of `parts` of it only those who have one of them.
    """
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
        .where(submissions.c.letter_id == letter_id, *_with_one_of(parts))
        .order_by(consultants.c.id)
    )
    people = (Consultant(*row) for row in rows)
    told = (one for person in people for one in (person.email, person.cover_on(day)))
    return tuple(dict.fromkeys(filter(None, told)))


def handler(
    connection: sa.Connection, letter_id: int, parts: Collection[int] | None = None
) -> str | None:
    """Return the name of who has a letter, or these parts of it, where one person has them."""
    names = connection.scalars(
        sa.select(consultants.c.name)
        .join(submissions, submissions.c.consultant_id == consultants.c.id)
        .where(submissions.c.letter_id == letter_id, *_with_one_of(parts))
        .distinct()
        .limit(2)
    ).all()
    return names[0] if len(names) == 1 else None


def _with_one_of(parts: Collection[int] | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition on rows of `submissions` that they hold one of these parts."""
    if parts is None:
        return ()
    held = documents.c.part_id.in_(sorted(parts))
    return (sa.exists().where(documents.c.submission_id == submissions.c.id, held),)


def case_numbers(
    connection: sa.Connection, letter_id: int, parts: Collection[int] | None = None
) -> tuple[str, ...]:
    """Return the cases that a letter is filed to, or these parts of it."""
    rows = connection.scalars(
        sa.select(cases.c.number)
        .join(submissions, submissions.c.case_id == cases.c.id)
        .where(submissions.c.letter_id == letter_id, *_with_one_of(parts))
        .distinct()
        .order_by(cases.c.number)
    )
    return tuple(rows)


def urgent_meanwhile(connection: sa.Connection, letter_id: int) -> str | None:
    """Return why what was said about a letter since it came seems urgent, where it does."""
    return connection.scalar(
        sa.select(packages.c.urgent)
        .join(letters, letters.c.id == packages.c.letter_id)
        .where(letters.c.home_id == letter_id, packages.c.urgent.is_not(None))
        .order_by(letters.c.id)
        .limit(1)
    )


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

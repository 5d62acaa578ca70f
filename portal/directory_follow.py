"""Following: the unread packages of a case go along when its consultant changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal import events
from portal.directory_stage import CHUNK, said_cases, staged_moves
from portal.reassignment import Move, move, note
from portal.tables import cases, submissions


@dataclass(frozen=True)
class Followed:
    """How many submissions went to the new consultant, went to nobody, or stayed since read."""

    moved: int = 0
    unassigned: int = 0
    stayed: int = 0


NOTHING_FOLLOWED = Followed()


def follow(connection: sa.Connection, at: datetime) -> Followed:
    """Move the unread submissions of the cases whose consultant the stage changes.

    Called before the cases are changed, with the consultants in place. Only what was the old
    consultant's goes along: what a person gave to somebody else stays theirs. Where the case has no
    consultant any more they are nobody's, and operations see them.
    """
    _stage(connection)
    moved = unassigned = stayed = 0
    for chunk in _chunks(connection):
        going = [one for one, was_read in chunk if not was_read]
        staying = [one for one, was_read in chunk if was_read]
        move(connection, going, why="directory", at=at)
        if staying:
            note(connection, staying, events.SUBMISSION_STAYED, at=at, why="directory")
        to_nobody = sum(one.to_id is None for one in going)
        moved += len(going) - to_nobody
        unassigned += to_nobody
        stayed += len(staying)
    return Followed(moved, unassigned, stayed)


_LATE = (
    sa.select(submissions.c.id, submissions.c.consultant_id, cases.c.consultant_id)
    .select_from(submissions.join(cases, cases.c.id == submissions.c.case_id))
    .where(
        submissions.c.letter_id == sa.bindparam("letter"),
        submissions.c.consultant_id.is_distinct_from(cases.c.consultant_id),
    )
)


def follow_late(connection: sa.Connection, letter_id: int, at: datetime) -> None:
    """Let a letter follow whose case got another consultant while it was on the road.

    Called in the transaction that files it, for what was filed to the case's own consultant.
    """
    rows = connection.execute(_LATE, {"letter": letter_id}).all()
    moves = [Move(row[0], letter_id, row[1], row[2]) for row in rows]
    move(connection, moves, why="directory", at=at)


def _stage(connection: sa.Connection) -> None:
    """Write down who moves before anything does."""
    said = said_cases()
    changed = (
        sa.select(
            submissions.c.id,
            submissions.c.letter_id,
            cases.c.consultant_id,
            said.c.consultant_id,
            submissions.c.read_at.is_not(None),
        )
        .select_from(
            said.join(cases, cases.c.number == said.c.number).join(
                submissions, submissions.c.case_id == cases.c.id
            )
        )
        .where(
            cases.c.consultant_id.is_distinct_from(said.c.consultant_id),
            submissions.c.consultant_id.is_not_distinct_from(cases.c.consultant_id),
        )
    )
    names = ["submission_id", "letter_id", "from_id", "to_id", "was_read"]
    connection.execute(staged_moves.insert().from_select(names, changed))


def _chunks(connection: sa.Connection) -> Iterator[list[tuple[Move, bool]]]:
    last = 0
    while True:
        rows = connection.execute(
            sa.select(staged_moves)
            .where(staged_moves.c.line > last)
            .order_by(staged_moves.c.line)
            .limit(CHUNK)
        ).all()
        if not rows:
            return
        yield [
            (Move(row.submission_id, row.letter_id, row.from_id, row.to_id), bool(row.was_read))
            for row in rows
        ]
        last = rows[-1].line

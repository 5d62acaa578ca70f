"""The submission: what is kept of a letter for one case, with its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import vocabulary
from portal.piece import Piece
from portal.tables import cases, consultants, documents, reassignments, submissions

Row = sa.Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Handed:
    """That a submission went from one consultant to another: the last time, if more than one."""

    giver: str | None
    taker: str | None
    why: str  # 'directory' or 'staff'
    at: datetime


@dataclass(frozen=True)
class Submission:
    """What is kept of the letter for one case, or one of the linked parts of that."""

    id: int
    case: str
    place: int  # among the linked submissions of this letter and case, from 1
    of: int
    case_state: str
    restricted: bool
    consultant_id: int | None
    consultant: str | None
    narrative: str
    filed_at: datetime
    read_at: datetime | None
    documents: tuple[Piece, ...]
    handed: Handed | None = None

    @property
    def part(self) -> str:
        """Which part it is: `part 1 of 2`; empty where it is the only one."""
        return vocabulary.part_of(self.place, self.of)

    @property
    def said(self) -> str:
        """The narrative without the words that say which part it is."""
        lead = vocabulary.part_lead(self.place, self.of)
        return self.narrative.removeprefix(lead.rstrip()).lstrip() if lead else self.narrative


def rows_of(connection: sa.Connection, letter_id: int) -> Sequence[Row]:
    """Return the rows of a letter's submissions, each with its case and its consultant."""
    return connection.execute(
        sa.select(
            submissions,
            cases.c.number,
            cases.c.state,
            cases.c.restricted,
            consultants.c.name.label("consultant"),
        )
        .join(cases, cases.c.id == submissions.c.case_id)
        .outerjoin(consultants, consultants.c.id == submissions.c.consultant_id)
        .where(submissions.c.letter_id == letter_id)
        .order_by(submissions.c.id)
    ).all()


def documents_of(
    connection: sa.Connection, submission_id: int, pieces: Mapping[int, Piece]
) -> tuple[Piece, ...]:
    """Return the documents of a submission in their order, out of the letter's pieces."""
    rows = connection.execute(
        sa.select(documents)
        .where(documents.c.submission_id == submission_id)
        .order_by(documents.c.position, documents.c.id)
    )
    return tuple(pieces[row.part_id] for row in rows)


def submission_of(
    connection: sa.Connection, row: Row, of: int, filed: tuple[Piece, ...]
) -> Submission:
    """Return a submission, one of so many of its letter and case, with the documents it holds."""
    return Submission(
        id=row.id,
        case=row.number,
        place=row.sequence,
        of=of,
        case_state=row.state,
        restricted=row.restricted,
        consultant_id=row.consultant_id,
        consultant=row.consultant,
        narrative=row.narrative,
        filed_at=row.filed_at,
        read_at=row.read_at,
        documents=filed,
        handed=_handed(connection, row.id),
    )


def _handed(connection: sa.Connection, submission_id: int) -> Handed | None:
    giver, taker = consultants.alias("giver"), consultants.alias("taker")
    row = connection.execute(
        sa.select(
            giver.c.name.label("giver"),
            taker.c.name.label("taker"),
            reassignments.c.why,
            reassignments.c.at,
        )
        .select_from(
            reassignments.outerjoin(
                giver, giver.c.id == reassignments.c.from_consultant_id
            ).outerjoin(taker, taker.c.id == reassignments.c.to_consultant_id)
        )
        .where(reassignments.c.submission_id == submission_id)
        .order_by(reassignments.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Handed(row.giver, row.taker, row.why, row.at)

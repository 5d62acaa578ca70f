"""Following: a package that came in answer to an earlier one of its case points to it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal import rights
from portal.conversation import answered
from portal.rights import Viewer
from portal.tables import letters, submissions


@dataclass(frozen=True)
class Followed:
    """The packages beside one, by their receipts: only those that the viewer may see."""

    first: str | None = None
    later: tuple[str, ...] = ()


def follow(connection: sa.Connection, letter_id: int, own: Sequence[str], *, now: datetime) -> None:
    """Let a filed letter point to the first of its firm and case that it answers, if any.

    `own` are the mails of ours that it answers, as the outbox holds them.
    """
    firm_id = connection.scalar(sa.select(letters.c.firm_id).where(letters.c.id == letter_id))
    if firm_id is None or not own:
        return
    here = set(
        connection.scalars(
            sa.select(submissions.c.case_id).where(submissions.c.letter_id == letter_id)
        )
    )
    there = (one for one in answered(connection, own, firm_id, now) if {one.case_id} == here)
    first = min((one.letter_id for one in there if one.letter_id < letter_id), default=None)
    connection.execute(letters.update().where(letters.c.id == letter_id).values(follows_id=first))


def beside(connection: sa.Connection, viewer: Viewer, letter_id: int) -> Followed:
    """Return what a letter follows, and what follows it, the oldest first."""
    first = sa.select(letters.c.follows_id).where(letters.c.id == letter_id).scalar_subquery()
    rows = connection.execute(
        sa.select(letters.c.receipt, (letters.c.id == first).label("is_first"))
        .where(
            sa.or_(letters.c.id == first, letters.c.follows_id == letter_id),
            rights.visible(viewer),
        )
        .order_by(letters.c.id)
    ).all()
    return Followed(
        next((row.receipt for row in rows if row.is_first), None),
        tuple(row.receipt for row in rows if not row.is_first),
    )

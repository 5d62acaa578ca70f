"""Reassigning by hand: which submissions of a letter a viewer may hand on, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.directory import Consultant
from portal.dossier import Dossier, NotThere, Submission
from portal.reassignment import Move, move
from portal.rights import Filing, Viewer, may_open
from portal.tables import consultants, submissions


class Overtaken(Exception):
    """The submission is somebody else's by now than the page had said."""


@dataclass(frozen=True)
class Offer:
    """What may be handed on, and everybody it may go to."""

    submissions: tuple[Submission, ...] = ()
    consultants: tuple[Consultant, ...] = ()


def offer(connection: sa.Connection, viewer: Viewer, dossier: Dossier) -> Offer:
    """Return what the viewer may hand on of a letter that they may see."""
    theirs = tuple(one for one in dossier.submissions if may_open(viewer, _filing(one)))
    if not theirs:
        return Offer()
    rows = connection.execute(
        sa.select(consultants.c.id, consultants.c.name, consultants.c.email).order_by(
            consultants.c.name, consultants.c.email
        )
    )
    return Offer(theirs, tuple(Consultant(*row) for row in rows))


def reassign(
    connection: sa.Connection,
    viewer: Viewer,
    dossier: Dossier,
    wish: Move,
    *,
    now: datetime,
) -> None:
    """Hand a submission on, in the caller's transaction. To whom it is already changes nothing.

    Raises NotThere where the viewer may not, or there is no such consultant, and Overtaken.
    """
    offered = offer(connection, viewer, dossier)
    if wish.submission_id not in {one.id for one in offered.submissions} or (
        wish.to_id not in {one.id for one in offered.consultants}
    ):
        raise NotThere(dossier.letter_id)
    holder = connection.execute(
        sa.select(submissions.c.consultant_id).where(submissions.c.id == wish.submission_id)
    ).scalar_one()
    if holder != wish.from_id:
        raise Overtaken
    if wish.from_id != wish.to_id:
        move(connection, [wish], why="staff", at=now, account_id=viewer.account_id)


def _filing(submission: Submission) -> Filing:
    return Filing(submission.consultant_id, submission.restricted)

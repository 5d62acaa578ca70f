"""Reassigning by hand: which submissions of a letter a viewer may hand on, and to whom.

Linked submissions of one case go together, as one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from portal.directory import Consultant
from portal.dossier import Dossier, NotThere
from portal.reassignment import Move, move
from portal.rights import Filing, Viewer, may_open
from portal.submission import Submission
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
    theirs = tuple(one for one in dossier.filings if may_open(viewer, _filing(one)))
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
    """Hand a submission on, and what is linked with it, in the caller's transaction.

    To whom it is already changes nothing.

    Raises NotThere where the viewer may not, or there is no such consultant, and Overtaken.
    """
    offered = offer(connection, viewer, dossier)
    if wish.submission_id not in {one.id for one in offered.submissions} or (
        wish.to_id not in {one.id for one in offered.consultants}
    ):
        raise NotThere(dossier.letter_id)
    named = submissions.alias("named")
    linked = connection.execute(
        sa.select(submissions.c.id, submissions.c.consultant_id)
        .join(
            named,
            sa.and_(
                named.c.letter_id == submissions.c.letter_id,
                named.c.case_id == submissions.c.case_id,
            ),
        )
        .where(named.c.id == wish.submission_id)
        .order_by(submissions.c.id)
    ).all()
    holders = {row.id: row.consultant_id for row in linked}
    if holders[wish.submission_id] != wish.from_id:
        raise Overtaken
    if wish.from_id != wish.to_id:
        theirs = [one for one, holder in holders.items() if holder == wish.from_id]
        moves = [replace(wish, submission_id=one) for one in theirs]
        move(connection, moves, why="staff", at=now, account_id=viewer.account_id)


def _filing(submission: Submission) -> Filing:
    return Filing(submission.consultant_id, submission.restricted)

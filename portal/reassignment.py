"""A reassignment: a submission goes from one consultant to another, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from portal import events
from portal.tables import consultants, outbox, reassignments, submissions

Why = Literal["directory", "staff"]


@dataclass(frozen=True)
class Move:
    """A submission, whose it is, and whose it is to be. None is nobody: operations then see it."""

    submission_id: int
    letter_id: int
    from_id: int | None
    to_id: int | None

    @property
    def detail(self) -> dict[str, int | None]:
        """Return it for an event: ids alone."""
        return {"submission": self.submission_id, "from": self.from_id, "to": self.to_id}


def move(
    connection: sa.Connection,
    moves: Sequence[Move],
    *,
    why: Why,
    at: datetime,
    account_id: int | None = None,
) -> None:
    """Move submissions: access ends and begins at once, and nobody is told yet.

    They are unread again, and an unsent notice to whom they leave is withdrawn. At most some
    hundreds of them at a time, each once.
    """
    if not moves:
        return
    connection.execute(
        submissions.update()
        .where(submissions.c.id == sa.bindparam("its_id"))
        .values(consultant_id=sa.bindparam("their_id"), read_at=None),
        [{"its_id": one.submission_id, "their_id": one.to_id} for one in moves],
    )
    connection.execute(
        reassignments.insert(),
        [
            {
                "submission_id": one.submission_id,
                "from_consultant_id": one.from_id,
                "to_consultant_id": one.to_id,
                "why": why,
                "account_id": account_id,
                "at": at,
            }
            for one in moves
        ],
    )
    actor = events.GATEWAY if account_id is None else events.account(account_id)
    note(connection, moves, events.SUBMISSION_REASSIGNED, actor=actor, at=at, why=why)
    _withdraw(connection, moves, at)


def note(
    connection: sa.Connection,
    moves: Sequence[Move],
    kind: str,
    *,
    at: datetime,
    actor: str = events.GATEWAY,
    **more: Any,
) -> None:
    """Write an event for each."""
    events.record_each(
        connection,
        [(one.letter_id, one.detail | more) for one in moves],
        actor=actor,
        kind=kind,
        at=at,
    )


def _withdraw(connection: sa.Connection, moves: Sequence[Move], at: datetime) -> None:
    """Withdraw what was not sent to whom the packages leave.

    One notice tells of a whole letter: it stays where another submission of it stays with them.
    """
    left = sorted({(one.letter_id, one.from_id) for one in moves if one.from_id is not None})
    if not left:
        return
    theirs = sa.exists().where(
        submissions.c.letter_id == sa.bindparam("its_letter"),
        submissions.c.consultant_id == sa.bindparam("their_id"),
    )
    email = (
        sa.select(consultants.c.email)
        .where(consultants.c.id == sa.bindparam("their_id"))
        .scalar_subquery()
    )
    connection.execute(
        outbox.update()
        .where(
            outbox.c.letter_id == sa.bindparam("its_letter"),
            outbox.c.kind == "notice",
            outbox.c.recipient == email,
            outbox.c.sent_at.is_(None),
            outbox.c.withdrawn_at.is_(None),
            ~theirs,
        )
        .values(withdrawn_at=sa.bindparam("now", type_=outbox.c.withdrawn_at.type)),
        [{"its_letter": letter, "their_id": one, "now": at} for letter, one in left],
    )

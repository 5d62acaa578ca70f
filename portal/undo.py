"""Undo: a decision taken back before anybody was told of it, and the letter where it stood."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from portal import events
from portal.decision import WAITING, Decision, actor, find, latest
from portal.tables import (
    answer_links,
    decisions,
    documents,
    letters,
    outbox,
    packages,
    reassignments,
    submissions,
)

# The last second belongs to the outbox: what it has read by then it may be sending already.
_TOO_LATE = timedelta(seconds=1)


class UndoOver(Exception):
    """The time is over, somebody was told, or the decision is not the letter's last one."""

    code = "undo_over"


def undo(connection: sa.Connection, decision_id: int, *, account_id: int, now: datetime) -> None:
    """Take a decision back, carried out or not, within the caller's transaction.

    `now` is read after the transaction has begun, so that no wait for it counts. The letter goes
    back to its earlier state and reason; one that its sender had answered goes to the team, since
    the answer used the question up. Raises UndoOver; nothing is changed then.
    """
    decision = find(connection, decision_id)
    if decision is None:
        raise UndoOver
    connection.execute(
        sa.select(letters.c.id).where(letters.c.id == decision.letter_id).with_for_update()
    )
    newest = latest(connection, decision.letter_id)
    if newest is None or newest.id != decision.id or not can_undo(newest, now):
        raise UndoOver
    if newest.carried_at is not None:
        _withdraw(connection, newest, now)
        _unfile(connection, newest)
        _release_copies(connection, newest.letter_id, now)
    _return(connection, newest, account_id=account_id, now=now)


def can_undo(decision: Decision, now: datetime) -> bool:
    """Say whether there is time left."""
    return decision.undone_at is None and now < decision.undo_until - _TOO_LATE


def not_carried(
    connection: sa.Connection, decision: Decision, reason: str | None, now: datetime
) -> None:
    """Note that a decision could not be carried out, and why: the letter is with the team again.

    The caller has moved the letter, behind its fence. What an earlier attempt wrote of it stays.
    """
    connection.execute(
        sa.update(decisions).where(decisions.c.id == decision.id).values(undone_at=now)
    )
    events.record(
        connection,
        letter_id=decision.letter_id,
        actor=events.GATEWAY,
        kind=events.NOT_CARRIED,
        detail={"decision": decision.id, "reason": reason},
        at=now,
    )


def _withdraw(connection: sa.Connection, decision: Decision, now: datetime) -> None:
    """Withdraw what was owed since. Raises UndoOver where somebody was told, or may have been."""
    since = (outbox.c.letter_id == decision.letter_id, outbox.c.id > decision.was_told)
    told = sa.or_(
        outbox.c.sent_at.is_not(None), outbox.c.tries > 0, outbox.c.digest_id.is_not(None)
    )
    if connection.execute(sa.select(outbox.c.id).where(*since, told)).first() is not None:
        raise UndoOver
    connection.execute(
        sa.update(outbox)
        .where(*since, outbox.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, failure="undone")
    )


def _unfile(connection: sa.Connection, decision: Decision) -> None:
    """Remove what a carried decision made: submissions, and the link of a question."""
    made = sa.select(submissions.c.id).where(submissions.c.decision_id == decision.id)
    for table in (documents, reassignments):
        connection.execute(sa.delete(table).where(table.c.submission_id.in_(made)))
    connection.execute(sa.delete(submissions).where(submissions.c.decision_id == decision.id))
    connection.execute(
        sa.delete(answer_links).where(
            answer_links.c.letter_id == decision.letter_id,
            answer_links.c.made_at == decision.carried_at,
        )
    )
    connection.execute(
        sa.update(packages)
        .where(packages.c.letter_id == decision.letter_id)
        .values(consultant_how="unknown")
    )


def _release_copies(connection: sa.Connection, letter_id: int, now: datetime) -> None:
    """Put back in motion what was set aside as a copy of this letter: it may be the one to file.

    The gateway's sweep finds them in motion and not in its queue.
    """
    released = connection.scalars(
        sa.update(letters)
        .where(letters.c.copy_of == letter_id, letters.c.state == "copy")
        .values(state="checking", copy_of=None, reason=None, state_since=now)
        .returning(letters.c.id)
    ).all()
    for copy_id in released:
        events.record(
            connection,
            letter_id=copy_id,
            actor=events.GATEWAY,
            kind=events.COPY_RELEASED,
            detail={"copy_of": letter_id},
            at=now,
        )


def _return(
    connection: sa.Connection, decision: Decision, *, account_id: int, now: datetime
) -> None:
    connection.execute(
        sa.update(decisions).where(decisions.c.id == decision.id).values(undone_at=now)
    )
    connection.execute(
        sa.insert(decisions).values(
            letter_id=decision.letter_id,
            account_id=account_id,
            kind="undo",
            detail={"decision": decision.id},
            decided_at=now,
            undo_until=now,
            carried_at=now,
        )
    )
    stood = decision.was_state if decision.account_id is not None else WAITING[0]
    connection.execute(
        sa.update(letters)
        .where(letters.c.id == decision.letter_id)
        .values(state=stood, reason=decision.was_reason, state_since=now)
    )
    events.record(
        connection,
        letter_id=decision.letter_id,
        actor=actor(account_id),
        kind=events.UNDONE,
        detail={"decision": decision.id},
        at=now,
    )

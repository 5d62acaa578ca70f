"""The answer by reply: which question of ours a mail answers, for the firm that was asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.answer_link import Question
from portal.decision import WAITING, pending
from portal.stands_for import about
from portal.tables import answer_links, letters, outbox


@dataclass(frozen=True)
class Suggested:
    """A mail of ours that asked a firm about a case."""

    message_id: str
    number: str
    letter_id: int  # the letter that it asked for


def suggested(
    connection: sa.Connection, message_ids: Collection[str], firm_id: int
) -> Suggested | None:
    """Return the suggestion that a YES to these mails of ours answers, or None.

    It answers the newest of them: the others are what that one is the end of. What that mail has
    not asked, no yes to it can mean.
    """
    mails = about(message_ids)
    row = connection.execute(
        sa.select(
            outbox.c.message_id,
            outbox.c.suggested,
            letters.c.firm_id,
            letters.c.id.label("about"),
        )
        .outerjoin(mails, mails.c.message_id == outbox.c.message_id)
        .outerjoin(letters, letters.c.id == mails.c.letter_id)
        .where(outbox.c.message_id.in_(sorted(message_ids)))
        .order_by(outbox.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.suggested is None or row.firm_id != firm_id:
        return None
    return Suggested(row.message_id, row.suggested, row.about)


def is_settled(connection: sa.Connection, letter_id: int) -> bool:
    """Say whether what was asked about a letter is decided; what was rehearsed never was asked."""
    state = connection.scalar(sa.select(letters.c.state).where(letters.c.id == letter_id))
    waits = state in WAITING and pending(connection, letter_id) is None
    return not waits and state != "rehearsed"


def replied(
    connection: sa.Connection, message_ids: Collection[str], firm_id: int, *, now: datetime
) -> Question | None:
    """Return the one open question that these mails of ours put to the firm, or None.

    `message_ids` are as the outbox holds them. A mail about an earlier reply stands for the letter
    which that one was about. Two questions at once are none: nobody could say which is meant.
    """
    mails = about(message_ids)
    rows = connection.execute(
        sa.select(
            letters.c.id,
            letters.c.receipt,
            letters.c.sender,
            sa.func.max(answer_links.c.token_sha256).label("token"),
        )
        .join(answer_links, answer_links.c.letter_id == letters.c.id)
        .where(
            letters.c.id.in_(sa.select(mails.c.letter_id)),
            letters.c.firm_id == firm_id,
            letters.c.state.in_(WAITING),
            answer_links.c.used_at.is_(None),
            answer_links.c.expires_at > now,
        )
        .group_by(letters.c.id, letters.c.receipt, letters.c.sender)
        .limit(2)
    ).all()
    if len(rows) != 1 or pending(connection, rows[0].id) is not None:
        return None
    (row,) = rows
    return Question(row.id, row.receipt, firm_id, row.sender, row.token)

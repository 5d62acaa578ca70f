"""Stands for: the letter that a mail of ours was about, however many letters lie between.

A letter that joined another one's package stands for that one, a copy for its first, and a reply
for the letter that it answered. Each of these may do the same by then: the copy of a reply points
to the reply, and a letter that waited may be found to be a copy once it is decided.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from portal.tables import letters, outbox, packages

_NEXT = sa.func.coalesce(letters.c.home_id, letters.c.copy_of).label("next")


def about(message_ids: Collection[str]) -> sa.Subquery:
    """Return a table of mails of ours, each with the letter that it is about in the end.

    `message_ids` are as the outbox holds them; the columns are `message_id` and `letter_id`. A ring
    of letters would end, since a row that is there is not added again, and stand for none.
    """
    way = (
        sa.select(outbox.c.message_id, letters.c.id.label("letter_id"), _NEXT)
        .join(letters, letters.c.id == outbox.c.letter_id)
        .where(outbox.c.message_id.in_(sorted(message_ids)))
        .cte("way", recursive=True)
    )
    way = way.union(
        sa.select(way.c.message_id, letters.c.id, _NEXT).join(way, letters.c.id == way.c.next)
    )
    return sa.select(way.c.message_id, way.c.letter_id).where(way.c.next.is_(None)).subquery()


def last_told(
    connection: sa.Connection, message_ids: Collection[str], firm_id: int
) -> dict[str, str]:
    """Return the last mail of ours about each of a firm's own letters, by the letter's Message-ID.

    Whoever goes on from a mail of their own, in the folder of what they sent, answers that one.
    `message_ids` have no brackets; the record has them, as they came.
    """
    bracketed = [f"<{one}>" for one in message_ids]
    rows = connection.execute(
        sa.select(packages.c.message_id, outbox.c.message_id.label("told"))
        .join(letters, letters.c.id == packages.c.letter_id)
        .join(outbox, outbox.c.letter_id == letters.c.id)
        .where(packages.c.message_id.in_(bracketed), letters.c.firm_id == firm_id)
        .order_by(outbox.c.id)
    )
    return {row.message_id[1:-1]: row.told for row in rows}

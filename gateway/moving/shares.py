"""Shares: how many letters of one turn have a worker at the same time.

The queue alternates, and yet a flood would have every worker: whoever came then would wait until
one of its letters ends, however slow its files are. So a turn that is alone leaves one worker to
whoever comes, and has one letter less in hand than two for each processor: whoever comes waits for
what is in hand. Beside another each leaves that one processor, since a letter beside seven others
takes as long as they leave it of the processors. What is over its share waits in the queue.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.moving.line import MOVES, OLD_MAIL, WAITS, are


@dataclass(frozen=True)
class Shares:
    """The most letters of a turn that are carried at once: where it is alone, and where not."""

    alone: int
    beside: int

    @classmethod
    def of(cls, workers: int) -> Shares:
        """Share out so many workers, and the processors that this process may use."""
        processors = len(os.sched_getaffinity(0))
        alone = max(1, min(workers - 1, max(2, 2 * processors - 1)))
        return cls(alone, min(alone, max(1, processors - 1)))

    def keep(self, rows: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """Return the conditions on rows of the queue that wait: that their turn has room for them.

        A turn's letters stand at consecutive places, so those that it has room for are those less
        than that behind its first one. However long the line is, some steps into an index for each
        turn are all that is read, and of the line itself what stands before the last one of them.
        """
        roomy = self._roomy(rows)
        own = rows.alias()
        has_room = (
            own.c.queue_partition_key == roomy.c.turn,
            own.c.priority < roomy.c.head + roomy.c.room,
        )
        fit = (
            # An outer join, since SQLite would begin with every letter that waits otherwise.
            sa.select(own.c.workflow_uuid, own.c.priority)
            .join_from(roomy, own, sa.and_(*are(own, WAITS), *has_room), isouter=True)
            .cte("fit")
        )
        last = sa.select(sa.func.max(fit.c.priority)).scalar_subquery()
        return [rows.c.priority <= last, rows.c.workflow_uuid.in_(sa.select(fit.c.workflow_uuid))]

    def _roomy(self, rows: sa.FromClause) -> sa.CTE:
        """Return each turn that waits: where it stands, and how many more of it may be carried."""
        waiting, in_hand = _waiting(rows), _in_hand(rows)
        others = [
            sa.exists().where(one.c.turn != waiting.c.turn, one.c.turn != OLD_MAIL)
            for one in (waiting.alias(), in_hand.alias())
        ]
        own = rows.alias()
        head = sa.select(sa.func.min(own.c.priority)).where(
            *are(own, WAITS), own.c.queue_partition_key == waiting.c.turn
        )
        held = sa.select(in_hand.c.letters).where(in_hand.c.turn == waiting.c.turn)
        share = sa.case((sa.or_(*others), self.beside), else_=self.alone)
        return (
            sa.select(
                waiting.c.turn,
                head.scalar_subquery().label("head"),
                (share - sa.func.coalesce(held.scalar_subquery(), 0)).label("room"),
            )
            # Old mail is begun when nothing else waits, and not when nothing else has room.
            .where(waiting.c.turn.is_not(None), sa.or_(waiting.c.turn != OLD_MAIL, ~others[0]))
            .cte("roomy")
        )


def _waiting(rows: sa.FromClause) -> sa.CTE:
    """Return the turns that wait, by one step into the index for each, and NULL behind them."""
    first, more = rows.alias(), rows.alias()
    turns = (
        sa.select(sa.func.min(first.c.queue_partition_key).label("turn"))
        .where(*are(first, WAITS), first.c.queue_partition_key.is_not(None))
        .cte("waiting", recursive=True)
    )
    following: Any = (
        sa.select(sa.func.min(more.c.queue_partition_key))
        .where(*are(more, WAITS), more.c.queue_partition_key > turns.c.turn)
        .scalar_subquery()
    )
    return turns.union_all(sa.select(following).where(turns.c.turn.is_not(None)))


def _in_hand(rows: sa.FromClause) -> sa.CTE:
    """Return how many letters are carried of each turn: no more rows than there are workers."""
    own = rows.alias()
    return (
        sa.select(own.c.queue_partition_key.label("turn"), sa.func.count().label("letters"))
        .where(*are(own, MOVES))
        .group_by(own.c.queue_partition_key)
        .cte("in_hand")
    )

"""The line: whose letter stands where in the queue, as the library's own rows say it.

Each turn (gateway/moving/turn.py) has one letter at each place, and whoever comes anew stands where
the line is now. Old mail stands behind all others, and has a line of its own there.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

QUEUE: Final = "road"
MOVING: Final = ("ENQUEUED", "PENDING")
WAITS, MOVES = MOVING
OLD_MAIL: Final = "old mail"
"""The turn of what waits for everybody."""

_FIRST_PLACE = 1  # the lowest priority that the library takes; it begins with it
_YIELDING = 1 << 30  # the first place of old mail; no line gets as long


def rows_of(engine: sa.Engine) -> sa.TableClause:
    """Return the library's table, as far as it is asked here."""
    names = ("workflow_uuid", "status", "queue_name", "priority", "queue_partition_key")
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    return sa.table("workflow_status", *map(sa.column, names), schema=schema)


def are(rows: sa.FromClause, state: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions on rows that they wait in the queue, or move."""
    return (
        rows.c.queue_name == sa.literal_column(f"'{QUEUE}'"),
        rows.c.status == sa.literal_column(f"'{state}'"),
        # SQLite takes a partial index where its own condition is said once more.
        rows.c.status.in_([sa.literal_column(f"'{one}'") for one in MOVING]),
    )


def places(rows: sa.FromClause) -> sa.Select[Any]:
    """Return the query for the line: its front and what was begun last, of all and of one turn.

    Each of the four is one step into an index of the library's, however long the line is.
    """
    own = rows.c.queue_partition_key == sa.bindparam("turn", type_=sa.Text)
    in_line = rows.c.priority < sa.literal_column(str(_YIELDING))

    def place(which: sa.ColumnElement[int], state: str, where: sa.ColumnElement[bool]) -> Any:
        return sa.select(which).where(*are(rows, state), where).scalar_subquery()

    lowest, highest = sa.func.min(rows.c.priority), sa.func.max(rows.c.priority)
    return sa.select(
        place(lowest, WAITS, in_line),
        place(highest, MOVES, in_line),
        place(highest, WAITS, own),
        place(highest, MOVES, own),
    )


def next_place(turn: str, found: tuple[int | None, ...]) -> int:
    """Return the next place of a turn: behind its own last letter, or where the line is now."""
    front, begun, own_last, own_begun = found
    line = _YIELDING if turn == OLD_MAIL else front or begun or _FIRST_PLACE
    return max(int(line), (own_last or 0) + 1, (own_begun or 0) + 1)

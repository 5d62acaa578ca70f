"""How SQLite answers a statement: the steps of its plan."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def steps(
    connection: sa.Connection, statement: sa.Executable, values: dict[str, Any] | None = None
) -> tuple[str, ...]:
    """Execute a statement, and return the steps by which that is done."""
    said: list[tuple[str, Any]] = []

    def note(*execution: Any) -> None:
        said.append(execution[2:4])

    sa.event.listen(connection, "before_cursor_execute", note)
    connection.execute(statement, values or {})
    sa.event.remove(connection, "before_cursor_execute", note)
    sql, given = said[-1]  # the transaction may have begun with it
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
    return tuple(row[3] for row in plan)

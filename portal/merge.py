"""Merge: brings a table to what a query says, and counts what that changed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True)
class Counts:
    """How many rows came, changed, stayed as they were, and went."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


def merge(
    connection: sa.Connection,
    table: sa.Table,
    key: tuple[str, ...],
    said: sa.Subquery,
    *,
    remove_the_rest: bool = False,
) -> Counts:
    """Insert or update a row for each of `said`, whose columns bear the table's names.

    `said` names each key once. With `remove_the_rest` rows that it does not name are deleted. It is
    done by the database, a statement for each kind of change, so it holds the write lock briefly.
    """
    same = sa.and_(*(table.c[name] == said.c[name] for name in key))
    removed = 0
    if remove_the_rest:
        removed = connection.execute(table.delete().where(left_over(table, key, said))).rowcount
    others = {name: said.c[name] for name in said.c.keys() if name not in key}  # noqa: SIM118
    there = _count(connection, table.join(said, same))
    changed = 0
    if others:
        differs = sa.or_(*(table.c[name].is_distinct_from(new) for name, new in others.items()))
        changed = connection.execute(table.update().where(same, differs).values(others)).rowcount
    new = sa.select(said).where(~sa.exists().where(same).correlate(said))
    connection.execute(table.insert().from_select(list(said.c.keys()), new))
    return Counts(_count(connection, said) - there, changed, there - changed, removed)


def left_over(table: sa.Table, key: tuple[str, ...], said: sa.Subquery) -> sa.ColumnElement[bool]:
    """Return the condition on rows of a table that `said` does not name."""
    same = sa.and_(*(table.c[name] == said.c[name] for name in key))
    return ~sa.exists().where(same).correlate(table)


def _count(connection: sa.Connection, rows: sa.FromClause) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(rows)).scalar_one()

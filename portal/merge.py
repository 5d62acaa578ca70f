"""Merge: brings a table to what a stream of rows says, and counts what that changed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

CHUNK = 500  # rows; their keys fit one statement's parameters on SQLite and PostgreSQL

Row = dict[str, Any]
_Item = TypeVar("_Item")


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
    rows: Iterable[tuple[int, Row]],
    twice: Callable[[int], None],
    *,
    remove_the_rest: bool = False,
) -> Counts:
    """Insert or update a row for each of `rows`, each with the number of its line.

    Two rows are the same by the columns `key`; the second goes to `twice`. With `remove_the_rest`
    rows that were not named are deleted. Memory holds the ids of the rows and one chunk.
    """
    columns = [table.c[name] for name in key]
    seen: set[int] = set()
    added = changed = unchanged = 0
    for chunk in chunks(rows):
        wanted: dict[tuple[Any, ...], tuple[int, Row]] = {}
        for line, row in chunk:
            if wanted.setdefault(_key(row, key), (line, row)) != (line, row):
                twice(line)
        among = sa.tuple_(*columns).in_(list(wanted))
        found = connection.execute(sa.select(table).where(among)).mappings()
        there = {tuple(row[name] for name in key): row for row in found}
        changes: list[Row] = []
        for its_key, old in there.items():
            line, new = wanted[its_key]
            if old["id"] in seen:
                twice(line)
            elif any(old[name] != value for name, value in new.items()):
                changes.append({"its_id": old["id"], **new})
            else:
                unchanged += 1
        seen.update(old["id"] for old in there.values())
        if changes:
            values: dict[str, Any] = {
                name: sa.bindparam(name) for name in changes[0] if name != "its_id"
            }
            connection.execute(
                table.update().where(table.c.id == sa.bindparam("its_id")).values(values), changes
            )
            changed += len(changes)
        if new_rows := [row for its_key, (_, row) in wanted.items() if its_key not in there]:
            connection.execute(table.insert(), new_rows)
            added += len(new_rows)
            seen.update(connection.scalars(sa.select(table.c.id).where(among)))
    removed = _remove_all_but(connection, table, seen) if remove_the_rest else 0
    return Counts(added, changed, unchanged, removed)


def chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Cut a stream into lists of at most CHUNK items."""
    stream = iter(items)
    while chunk := list(itertools.islice(stream, CHUNK)):
        yield chunk


def _key(row: Row, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in key)


def _remove_all_but(connection: sa.Connection, table: sa.Table, kept: set[int]) -> int:
    ids = connection.scalars(sa.select(table.c.id))
    gone = [its_id for its_id in ids if its_id not in kept]
    for chunk in chunks(gone):
        connection.execute(table.delete().where(table.c.id.in_(chunk)))
    return len(gone)

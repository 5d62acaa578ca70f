"""The record's schema, step by step, by Alembic; run through our own engine, never from a URL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from portal.database import Database


class SchemaBehind(Exception):
    """The database is at another schema than is needed; `found` is None for an empty one."""

    def __init__(self, found: str | None, needed: str) -> None:
        super().__init__(f"schema {found or 'none'}, needed {needed}")
        self.found = found
        self.needed = needed


class ReferenceBroken(Exception):
    """A migration left a row that names one which is not there. Nothing of it is kept."""


def migrate(database: Database, to: str = "head") -> None:
    """Bring the schema up to this version's, in one transaction. Raises ReferenceBroken.

    There is no way down: who goes back puts the copy back that was kept.
    """
    with (
        database.engine.connect() as connection,
        _replaceable_tables(connection),
        connection.begin(),
    ):
        command.upgrade(_config(connection), to)
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise ReferenceBroken(broken[0])


@contextlib.contextmanager
def _replaceable_tables(connection: sa.Connection) -> Iterator[None]:
    """On SQLite a changed table is a new one in the place of the old, which others refer to.

    The switch for that holds outside a transaction alone (https://sqlite.org/lang_altertable.html).
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    assert raw is not None, "the connection is open"
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def require_current(database: Database) -> None:
    """Raise SchemaBehind where the schema is not this version's."""
    with database.read() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != needed():
        raise SchemaBehind(found, needed())


@cache
def needed() -> str:
    """Name this version's schema."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    assert head is not None, "there is a first migration"
    return head


def _config(connection: sa.Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

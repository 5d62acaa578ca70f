"""The record's schema, step by step, by Alembic; run through our own engine, never from a URL."""

from __future__ import annotations

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


def migrate(database: Database) -> None:
    """Bring the schema to this version's."""
    with database.write() as connection:
        command.upgrade(_config(connection), "head")


def require_current(database: Database) -> None:
    """Raise SchemaBehind where the schema is not this version's."""
    with database.read() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != needed():
        raise SchemaBehind(found, needed())


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

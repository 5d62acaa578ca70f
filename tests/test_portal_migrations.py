"""The migrations: they build what the code knows, and another schema is not worked on."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gateway.stores import Stores
from portal import migrations
from portal.database import open_database
from portal.tables import metadata


def test_the_migrations_build_the_tables_that_the_code_knows(stores: Stores) -> None:
    ours = {table.name for table in metadata.sorted_tables}

    def of_ours(item: object, name: str | None, kind: str, _reflected: bool, _to: object) -> bool:
        del item
        return kind != "table" or name in ours

    with stores.database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": of_ours, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []


def test_every_check_and_unique_constraint_is_in_the_database(stores: Stores) -> None:
    with stores.database.read() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.sorted_tables:
            checks = {one["name"] for one in inspector.get_check_constraints(table.name)}
            uniques = {one["name"] for one in inspector.get_unique_constraints(table.name)}
            for constraint in table.constraints:
                if isinstance(constraint, sa.CheckConstraint):
                    assert constraint.name in checks
                if isinstance(constraint, sa.UniqueConstraint):
                    assert constraint.name in uniques


def test_an_empty_database_is_not_worked_on(tmp_path: Path) -> None:
    database = open_database(tmp_path / "casebridge.db")
    with pytest.raises(migrations.SchemaBehind) as caught:
        migrations.require_current(database)
    assert caught.value.found is None
    migrations.migrate(database)
    migrations.require_current(database)
    migrations.migrate(database)  # a second time changes nothing
    database.close()

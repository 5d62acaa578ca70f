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


def test_every_check_unique_constraint_and_foreign_key_is_in_the_database(stores: Stores) -> None:
    with stores.database.read() as connection:
        inspector = sa.inspect(connection)
        for table in metadata.sorted_tables:
            checks = {one["name"] for one in inspector.get_check_constraints(table.name)}
            uniques = {one["name"] for one in inspector.get_unique_constraints(table.name)}
            foreign = {one["name"] for one in inspector.get_foreign_keys(table.name)}
            for constraint in table.constraints:
                if isinstance(constraint, sa.CheckConstraint):
                    assert constraint.name in checks
                if isinstance(constraint, sa.UniqueConstraint):
                    assert constraint.name in uniques
                if isinstance(constraint, sa.ForeignKeyConstraint):
                    assert constraint.name in foreign


@pytest.mark.slow
def test_an_empty_database_is_not_worked_on(tmp_path: Path) -> None:
    database = open_database(tmp_path / "casebridge.db")
    with pytest.raises(migrations.SchemaBehind) as caught:
        migrations.require_current(database)
    assert caught.value.found is None
    migrations.migrate(database)
    migrations.require_current(database)
    migrations.migrate(database)  # a second time changes nothing
    database.close()


@pytest.mark.slow
def test_a_record_of_the_first_schema_goes_up_with_everything_in_it(
    tmp_path: Path,
) -> None:
    database = open_database(tmp_path / "casebridge.db")
    migrations.migrate(database, "0001")
    with database.write() as connection:
        for statement in _FIRST_RECORD:
            connection.exec_driver_sql(statement)
    migrations.migrate(database)
    migrations.require_current(database)
    with database.write() as connection:
        assert connection.exec_driver_sql("SELECT owner, id FROM renditions").all() == [("", 1)]
        assert connection.exec_driver_sql("SELECT rendition_id FROM parts").scalar() == 1
        mail = connection.exec_driver_sql(
            "SELECT occasion, message_id, created_at = not_before FROM outbox"
        ).one()
        assert tuple(mail) == ("1", "outbox-1", 1)
        assert connection.exec_driver_sql("SELECT letter_id FROM submissions").scalar() == 1
        connection.exec_driver_sql("UPDATE letters SET state = 'rehearsed'")
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.exec_driver_sql("UPDATE letters SET state = 'nowhere'")
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.exec_driver_sql("DELETE FROM letters")
    database.close()


_FIRST_RECORD = (
    """INSERT INTO letters (id, receipt, door, sender, recipients, proof, quiet, fingerprint,
       raw_sha256, raw_bytes, arrived_at, state, state_since, attempt) VALUES (1, '7KQ4M2XD',
       'smtp', '', '[]', 'none', 0, 'f', 's', 1, '2026-11-01', 'filed', '2026-11-01', 1)""",
    "INSERT INTO cases (id, number, state, restricted) VALUES (1, '24-001234', 'open', 0)",
    """INSERT INTO submissions (letter_id, case_id, sequence, narrative, filed_at)
       VALUES (1, 1, 1, '', '2026-11-01')""",
    """INSERT INTO renditions (id, source_sha256, engine, settings, pdf_sha256, pages, bytes,
       warnings, made_at) VALUES (1, 's', 'e', 's', 'p', 1, 1, '[]', '2026-11-01')""",
    """INSERT INTO parts (letter_id, position, path, declared_type, detected_type, bytes,
       sha256, stored, fate, remarks, rendition_id) VALUES (1, 1, '1', 't', 't', 1, 's', 1,
       'converted', '[]', 1)""",
    """INSERT INTO outbox (letter_id, kind, recipient, subject, text, not_before, tries)
       VALUES (1, 'receipt', 'a@b.example', '', '', '2026-11-01', 0)""",
)

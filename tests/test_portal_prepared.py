"""A statement compiled once says to the driver what SQLAlchemy would say each time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.stores import Stores
from portal.database import UtcDateTime
from portal.prepared import Prepared

things = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, unique=True),
    sa.Column("list", sa.JSON),
    sa.Column("at", UtcDateTime),
    sa.Column("state", sa.Text),
)
ROW = {
    "name": "a",
    "list": ["x", 1],
    "at": datetime(2026, 7, 1, 9, tzinfo=ZoneInfo("America/New_York")),
}


def statement() -> sa.Insert:
    return sqlite.insert(things).values(state="new").on_conflict_do_nothing().returning(things.c.id)


@pytest.fixture
def table(stores: Stores) -> Stores:
    with stores.database.write() as connection:
        things.create(connection)
    return stores


def test_values_constants_and_types_are_those_of_the_statement(table: Stores) -> None:
    prepared = Prepared(statement)
    with table.database.write() as connection:
        assert prepared.run(connection, ROW).scalar() == 1
        assert prepared.run(connection, ROW).scalar() is None, "a conflict inserts nothing"
        assert prepared.run(connection, ROW | {"name": "b"}).scalar() == 2
    with table.database.read() as connection:
        rows = connection.execute(things.select().order_by(things.c.id)).all()
    assert [row._asdict() for row in rows] == [
        {"id": 1, "name": "a", "list": ["x", 1], "at": ROW["at"], "state": "new"},
        {"id": 2, "name": "b", "list": ["x", 1], "at": ROW["at"], "state": "new"},
    ]
    assert rows[0].at.tzinfo is UTC


def test_it_is_built_once_for_each_set_of_columns(table: Stores) -> None:
    built = 0

    def build() -> sa.Insert:
        nonlocal built
        built += 1
        return statement()

    prepared = Prepared(build)
    with table.database.write() as connection:
        for number in range(3):
            prepared.run(connection, ROW | {"name": str(number)})
        assert built == 1
        prepared.run(connection, {"name": "without the rest"})
    assert built == 2


def test_a_query_returns_its_first_row(table: Stores) -> None:
    asked = Prepared(
        lambda: (
            sa.select(things.c.id, things.c.name)
            .where(things.c.name >= sa.bindparam("from"), things.c.state == "new")
            .order_by(things.c.name)
        )
    )
    with table.database.write() as connection:
        for name in ("b", "a", "c"):
            Prepared(statement).run(connection, ROW | {"name": name})
        assert asked.first(connection, {"from": "a"}) == (2, "a")
        assert asked.first(connection, {"from": "b"}) == (1, "b")
        assert asked.first(connection, {"from": "d"}) is None


def test_postgresql_is_spoken_as_well() -> None:
    said: list[tuple[str, Any]] = []

    class Connection:
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

        def exec_driver_sql(self, text: str, parameters: Any) -> None:
            said.append((text, parameters))

    insert = postgresql.insert(things).values(state="new").on_conflict_do_nothing()
    Prepared(lambda: insert).run(Connection(), {"name": "a"})  # type: ignore[arg-type]
    (text, parameters), *rest = said
    assert not rest
    assert "INSERT INTO things" in text
    assert "ON CONFLICT DO NOTHING" in text
    assert parameters == {"name": "a", "state": "new"}

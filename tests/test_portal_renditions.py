"""Renditions: one PDF for one source, engine and settings, whoever made it first."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from gateway.stores import Stores
from portal import renditions
from portal.renditions import Rendition
from portal.tables import renditions as table

NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
SOURCE = ("ab" * 32, "LibreOffice 7.4", "settings 1")


def keep(
    connection: sa.Connection, source: tuple[str, str, str] = SOURCE, pdf: str = "cd" * 32
) -> Rendition:
    return renditions.keep(
        connection,
        source,
        pdf_sha256=pdf,
        pages=3,
        pdf_bytes=900,
        warnings=("fonts_missing",),
        now=NOW,
    )


def test_what_was_kept_is_found(stores: Stores) -> None:
    with stores.database.write() as connection:
        assert renditions.find(connection, *SOURCE) is None
        kept = keep(connection)
    assert kept == Rendition(1, "cd" * 32, 3, 900, ("fonts_missing",))
    with stores.database.read() as connection:
        assert renditions.find(connection, *SOURCE) == kept


def test_another_engine_settings_or_source_is_another_rendition(stores: Stores) -> None:
    with stores.database.write() as connection:
        kept = {keep(connection).id}
        for place in range(3):
            other = list(SOURCE)
            other[place] += " changed"
            source = (other[0], other[1], other[2])
            assert renditions.find(connection, *source) is None
            kept.add(keep(connection, source).id)
    assert len(kept) == 4


def test_the_row_of_the_quicker_worker_stays(stores: Stores) -> None:
    with stores.database.write() as connection:
        first = keep(connection)
    with stores.database.write() as connection:
        assert keep(connection, pdf="ef" * 32) == first
        count = sa.select(sa.func.count()).select_from(table)
        assert connection.execute(count).scalar_one() == 1

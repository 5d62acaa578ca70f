"""Renditions: one PDF for one owner's source, engine and settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from gateway.stores import Stores
from portal import renditions
from portal.renditions import OURS, Key, Rendition, of_firm, of_letter
from portal.tables import renditions as table

NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
KEY = Key(of_firm(1), "ab" * 32, "LibreOffice 7.4", "settings 1")


def keep(connection: sa.Connection, key: Key = KEY, pdf: str = "cd" * 32) -> Rendition:
    return renditions.keep(
        connection,
        key,
        pdf_sha256=pdf,
        pages=3,
        pdf_bytes=900,
        warnings=("fonts_missing",),
        now=NOW,
    )


def test_what_was_kept_is_found(stores: Stores) -> None:
    with stores.database.write() as connection:
        assert renditions.find(connection, KEY) is None
        kept = keep(connection)
    assert kept == Rendition(1, "cd" * 32, 3, 900, ("fonts_missing",))
    with stores.database.read() as connection:
        assert renditions.find(connection, KEY) == kept


def test_another_owner_source_engine_or_settings_is_another_rendition(stores: Stores) -> None:
    """What firm 1's file may have done to an engine is in no PDF of firm 2, nor of a letter."""
    others = [replace(KEY, owner=owner) for owner in (of_firm(2), of_letter(1), OURS)]
    others += [
        replace(KEY, source_sha256="00" * 32),
        replace(KEY, engine="LibreOffice 24"),
        replace(KEY, settings="settings 2"),
    ]
    with stores.database.write() as connection:
        kept = {keep(connection).id}
        for key in others:
            assert renditions.find(connection, key) is None
            kept.add(keep(connection, key).id)
    assert len(kept) == 7


def test_the_row_of_the_quicker_worker_stays(stores: Stores) -> None:
    with stores.database.write() as connection:
        first = keep(connection)
    with stores.database.write() as connection:
        assert keep(connection, pdf="ef" * 32) == first
        count = sa.select(sa.func.count()).select_from(table)
        assert connection.execute(count).scalar_one() == 1

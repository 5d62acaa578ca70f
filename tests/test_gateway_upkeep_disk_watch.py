"""The disk watch: a full storage disk is told to operations, once a day and to nobody else."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import structlog

from config.problems import problem
from config.settings import Storage
from gateway.sending.outbound import Outbound
from gateway.sending.way import FolderWay
from gateway.stores import Stores
from gateway.upkeep.disk_watch import DiskWatch
from gateway.watch import Metrics
from portal.outbox import mails
from portal.rights import Viewer
from portal.tables import outbox
from tests.carrying import NOW

OLU = Viewer(1, "Olu Adeyemi", "olu@sample.example", "operations", frozenset())


@pytest.fixture
def full(stores: Stores) -> Stores:
    """The stores of a disk that has less room than is asked for: no disk has as much."""
    storage = Storage(path=stores.folder, minimum_free_bytes=10**18)
    settings = stores.settings.model_copy(update={"storage": storage})
    return dataclasses.replace(stores, settings=settings)


def subjects(stores: Stores) -> list[str]:
    with stores.database.read() as connection:
        return [row.subject for row in connection.execute(outbox.select().order_by(outbox.c.id))]


def test_a_disk_with_room_is_told_to_nobody(stores: Stores) -> None:
    assert DiskWatch(stores, lambda: NOW).look() is False
    assert subjects(stores) == []


def test_a_full_disk_is_told_once_a_day(full: Stores) -> None:
    now = [NOW]
    with structlog.testing.capture_logs() as log:
        for hours in (0, 1, 23, 24, 25):
            now[0] = NOW + timedelta(hours=hours)
            assert DiskWatch(full, lambda: now[0]).look() is False
    assert subjects(full) == [problem("storage_full").title] * 2
    assert [line["event"] for line in log] == ["storage.full"] * 2


def test_the_mail_goes_out_and_operations_see_it_in_the_outbox(full: Stores) -> None:
    DiskWatch(full, lambda: NOW).look()
    way = FolderWay(full.folder / "outbox")
    sent = Outbound(full.database, way, full.settings, lambda: NOW, Metrics()).send_due()
    assert sent == 1
    (file,) = (full.folder / "outbox").glob("*-alarm.eml")
    text = file.read_text(encoding="ascii")
    assert f"To: {full.settings.service.operations_address}" in text
    assert problem("storage_full").fix.split("; ")[0] in text
    with full.database.read() as connection:
        (shown,) = mails(connection, OLU, 1).rows
    assert (shown.kind, shown.standing, shown.letter_id) == ("alarm", "sent", None)

"""The sweep and drafts: a live one keeps its files, one that was left alone keeps none."""

from __future__ import annotations

import io
import os
import threading
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from gateway.moving.sweep import Sweep
from gateway.stores import Stores
from portal import draft as drafting
from portal import six_digits
from portal import upload as uploading
from portal.draft import Owner
from portal.postbox import Owed, owe
from portal.tables import drafts, outbox, uploads
from portal.upload import Upload

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def sweep(stores: Stores, now: datetime) -> None:
    """Clear the house, with every blob two days older than it is."""
    for blob in stores.vault.blobs():
        path = stores.vault._path(blob.sha256)
        os.utime(path, (path.stat().st_mtime - 172_800,) * 2)
    Sweep(
        stores.database,
        stores.queue(),
        stores.vault,
        stores.settings,
        lambda: now,
        give_up=lambda _letter, _attempt: False,
    ).house(threading.Event())


def drafted(stores: Stores, content: bytes, token: str) -> Upload:
    blob = stores.vault.add(io.BytesIO(content))
    with stores.database.write() as connection:
        draft = drafting.find_or_make(connection, Owner(token, None), now=NOW)
        return uploading.make(
            connection,
            draft,
            name="a.pdf",
            declared_type="application/pdf",
            length=blob.bytes,
            sha256=blob.sha256,
            sending=stores.settings.sending,
            now=NOW,
        )


def test_the_files_of_a_live_draft_stay_and_those_of_an_old_one_go(stores: Stores) -> None:
    live, left = drafted(stores, b"live", "l" * 43), drafted(stores, b"left", "o" * 43)
    stores.vault.add(io.BytesIO(b"nobody's"))
    sweep(stores, NOW)
    assert {blob.sha256 for blob in stores.vault.blobs()} == {live.sha256, left.sha256}
    with stores.database.write() as connection:
        drafting.touch(connection, live.draft_id, now=NOW + timedelta(days=10))
    sweep(stores, NOW + timedelta(days=14, seconds=1))
    assert [blob.sha256 for blob in stores.vault.blobs()] == [live.sha256]
    with stores.database.read() as connection:
        assert connection.scalars(sa.select(drafts.c.id)).all() == [live.draft_id]
        assert connection.scalars(sa.select(uploads.c.public_id)).all() == [live.public_id]


def test_what_was_sent_stays(stores: Stores) -> None:
    sent = drafted(stores, b"sent", "s" * 43)
    with stores.database.write() as connection:
        connection.execute(sa.update(drafts).values(sent_at=NOW))
    sweep(stores, NOW + timedelta(days=100))
    assert [blob.sha256 for blob in stores.vault.blobs()] == [sent.sha256]


def test_a_file_without_a_row_goes(stores: Stores) -> None:
    stores.vault.upload("f" * 32).write_bytes(b"of an upload that was removed")
    sweep(stores, NOW)
    assert list(stores.vault.uploads()) == []


def test_the_mail_of_a_code_goes_when_it_is_sent_and_the_code_holds_no_longer(
    stores: Stores,
) -> None:
    def left() -> list[tuple[str, str]]:
        with stores.database.read() as connection:
            asked = sa.select(outbox.c.kind, outbox.c.recipient).order_by(outbox.c.id)
            return [(row.kind, row.recipient) for row in connection.execute(asked)]

    minutes = stores.settings.sending.code_minutes
    receipt = Owed("receipt", "sent", "Filed", "Filed: 1 document.")
    with stores.database.write() as connection:
        for state in ("sent", "failed", "waits"):
            mail = six_digits.mail(state, "482913", "the page", minutes)
            owe(connection, mail, letter_id=None, occasion=state, now=NOW)
        owe(connection, receipt, letter_id=None, occasion="1", now=NOW)
        for state in ("sent", "failed"):
            settled = sa.update(outbox).where(outbox.c.recipient == state)
            connection.execute(settled.values({f"{state}_at": NOW}))
    there = [*(("code", state) for state in ("sent", "failed", "waits")), ("receipt", "sent")]
    sweep(stores, NOW + timedelta(minutes=minutes, seconds=-1))
    assert left() == there
    sweep(stores, NOW + timedelta(minutes=minutes))
    assert left() == there[2:]
    with stores.database.write() as connection:
        connection.execute(
            sa.update(outbox).where(outbox.c.recipient == "waits").values(sent_at=NOW)
        )
    sweep(stores, NOW + timedelta(minutes=minutes))
    assert left() == there[3:]

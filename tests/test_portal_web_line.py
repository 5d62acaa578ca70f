"""A line: whatever ends it, one thread at a time works on its upload."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from portal import draft as drafting
from portal import upload as uploading
from portal.appending import Appender, Appending
from portal.draft import Owner
from portal.sign_in import new_token
from portal.upload import Upload
from portal.web.line import Lines
from tests.desk import SampleDesk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = open_desk(tmp_path)
    yield opened
    opened.close()


def begun(desk: SampleDesk) -> tuple[Lines, Upload, Owner]:
    owner = Owner(new_token(), None)
    with desk.database.write() as connection:
        draft = drafting.find_or_make(connection, owner, now=desk.now)
        upload = uploading.make(
            connection,
            draft,
            name="a.pdf",
            declared_type="application/pdf",
            length=10,
            sending=desk.sending,
            now=desk.now,
        )
    appender = Appender(desk.database, desk.vault, desk.sending, 1, lambda: desk.now)
    return Lines(appender, 60), upload, owner


async def five_bytes() -> AsyncIterator[bytes]:
    yield b"12"
    yield b"345"


def test_who_is_cancelled_at_the_end_waits_for_it_and_begins_nothing_else(
    desk: SampleDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, upload, owner = begun(desk)
    at_it, go_on, stopped = threading.Event(), threading.Event(), list[str]()
    finish = Appending.finish

    def slow(appending: Appending) -> Upload:
        at_it.set()
        go_on.wait()
        return finish(appending)

    monkeypatch.setattr(Appending, "finish", slow)
    monkeypatch.setattr(Appending, "stop", lambda one: stopped.append(one.upload.public_id))

    async def cancelled() -> None:
        receiving = asyncio.create_task(
            lines.receive(upload.public_id, owner, 0, five_bytes(), more_bytes=None, checksum=None)
        )
        await asyncio.to_thread(at_it.wait)
        receiving.cancel()
        await asyncio.sleep(0.05)
        assert not receiving.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await receiving

    asyncio.run(cancelled())
    assert stopped == []
    assert lines.appender.find(upload.public_id, owner).offset == 5


def test_the_next_request_goes_on_where_the_one_before_has_ended(desk: SampleDesk) -> None:
    lines, upload, owner = begun(desk)

    async def twice() -> list[int]:
        return [
            (
                await lines.receive(
                    upload.public_id, owner, offset, five_bytes(), more_bytes=5, checksum=None
                )
            ).offset
            for offset in (0, 5)
        ]

    assert asyncio.run(twice()) == [5, 10]
    assert lines.appender.find(upload.public_id, owner).is_whole

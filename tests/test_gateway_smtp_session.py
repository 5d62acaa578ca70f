"""What session.py uses of aiosmtpd and asyncio without being promised it."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import aiosmtpd
from aiosmtpd.smtp import SMTP

import gateway.smtp

ROOM = Path(gateway.smtp.__file__).parent


def test_aiosmtpd_is_the_version_that_was_read() -> None:
    assert aiosmtpd.__version__ == "1.4.6"


def test_the_private_names_of_aiosmtpd_are_there() -> None:
    assert list(inspect.signature(SMTP._reset_timeout).parameters) == ["self", "duration"]
    assert list(inspect.signature(SMTP._timeout_cb).parameters) == ["self"]
    assert list(inspect.signature(SMTP._handle_client).parameters) == ["self"]
    assert inspect.iscoroutinefunction(SMTP._handle_client)
    lost = inspect.getsource(SMTP.connection_lost)
    assert "self._timeout_handle.cancel()" in lost
    assert "self._handler_coroutine.cancel()" in lost
    made = inspect.getsource(SMTP.connection_made)
    assert "self._reset_timeout()" in made
    assert "self._handle_client()" in made
    connected = inspect.getsource(SMTP._cb_client_connected)
    assert "self._reader = reader" in connected
    assert "self._writer = writer" in connected

    async def made_by_hand() -> SMTP:
        return SMTP(None, hostname="x.example", timeout=7)

    smtp = asyncio.run(made_by_hand())
    assert smtp._timeout_duration == 7
    assert smtp._timeout_handle is None
    assert smtp.line_length_limit == 1001


def test_the_private_names_of_the_stream_reader_are_there() -> None:
    async def read() -> None:
        reader = asyncio.StreamReader(limit=10)
        reader.feed_data(b"abc\n")
        assert isinstance(reader._buffer, bytearray)  # type: ignore[attr-defined]
        reader._buffer.clear()  # type: ignore[attr-defined]
        reader._maybe_resume_transport()  # type: ignore[attr-defined]
        reader.feed_eof()
        assert reader.at_eof()
        # What is put back after the end of the stream is read all the same.
        reader._buffer.extend(b"QUIT\r\n")  # type: ignore[attr-defined]
        assert not reader.at_eof()
        assert await reader.readuntil(b"\n") == b"QUIT\r\n"

    asyncio.run(read())


def test_one_module_alone_knows_aiosmtpd() -> None:
    users = [file.name for file in ROOM.glob("*.py") if "from aiosmtpd" in file.read_text()]
    assert users == ["session.py"]

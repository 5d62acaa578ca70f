"""Long bodies: HTTP as uvicorn speaks it with h11, but a long body's bytes are copied less often.

h11 copies what it is given three times, which is nothing for a form and a quarter of the time of an
upload. Heads, bodies in chunks of their own and the last bytes of every body go through it; what
lies between is counted off and handed on as the socket gave it.

Who is answered in the middle of a body, and hung up on, is read on for a while: a connection that
is closed with bytes unread is reset, and a reset may overtake our answer (RFC 9112, 9.6).
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import h11
from h11._readers import ContentLengthReader
from uvicorn.protocols.http.h11_impl import H11Protocol

# Read at once; and where more than that lies unread by the page the client has to wait. Who is read
# from and made to wait for every read, as with uvicorn's 64 KiB, costs two system calls each time.
_READ_BYTES = 1 << 20
# So long is a client read on that has been answered: while it sends, and all in all.
_SILENT_SECONDS = 2.0
_LINGER_SECONDS = 30.0


class _Farewell:
    """A transport that closes once its client has stopped sending, or at the second call."""

    def __init__(self, transport: asyncio.Transport, protocol: LongBodies) -> None:
        self._transport = transport
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._until: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.heard = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def lingers(self) -> bool:
        return self._until is not None

    def is_closing(self) -> bool:
        return self.lingers or self._transport.is_closing()

    def close(self) -> None:
        if self.lingers or not self._protocol.is_being_sent_to():
            self.forget()
            self._transport.close()
            return
        self._until = self._loop.time() + _LINGER_SECONDS
        self._transport.resume_reading()
        self._transport.write_eof()
        self._wait()

    def forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self.heard = False
        self._timer = self._loop.call_later(_SILENT_SECONDS, self._look)

    def _look(self) -> None:
        assert self._until is not None, "it lingers"
        if self.heard and self._loop.time() < self._until:
            self._wait()
        else:
            self._transport.close()


class LongBodies(H11Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read more at once than asyncio would by itself (256 KiB)."""
        self._farewell = _Farewell(transport, self)
        super().connection_made(cast("asyncio.Transport", self._farewell))
        if hasattr(transport, "max_size"):
            transport.max_size = _READ_BYTES

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._farewell.forget()
        super().connection_lost(exc)

    def is_being_sent_to(self) -> bool:
        """Say whether the client is in the middle of a request's body."""
        return self.conn.their_state is h11.SEND_BODY

    def data_received(self, data: bytes) -> None:
        """Take what came: past h11 where it is the middle of a body whose length was said."""
        if self._farewell.lingers:
            self._farewell.heard = True
            return
        if not self._passes_by(len(data)):
            super().data_received(data)
            return
        self._unset_keepalive_if_required()
        # As bytes: uvicorn makes bytes of it when the page reads, and of bytes that is no copy.
        unread = cast("bytes | bytearray", self.cycle.body)
        if unread:
            unread = unread if isinstance(unread, bytearray) else bytearray(unread)
            unread += data
        else:
            unread = data
        self.cycle.body = unread  # type: ignore[assignment]
        if len(unread) > _READ_BYTES:
            self.flow.pause_reading()
        self.cycle.message_event.set()

    def _passes_by(self, length: int) -> bool:
        conn = self.conn
        if (
            conn.their_state is not h11.SEND_BODY
            or conn.our_state in {h11.DONE, h11.ERROR}
            or conn.they_are_waiting_for_100_continue
            or conn.trailing_data[0]
            or not isinstance(conn._reader, ContentLengthReader)  # noqa: SLF001  # says how many are to come
            or length >= conn._reader._remaining  # noqa: SLF001
        ):
            return False
        conn._reader._remaining -= length  # noqa: SLF001
        return True

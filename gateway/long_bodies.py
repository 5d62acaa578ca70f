"""Long bodies: HTTP as uvicorn speaks it with h11, but a long body's bytes are copied less often.

h11 copies what it is given three times, which is nothing for a form and a quarter of the time of an
upload. Heads, bodies in chunks of their own and the last bytes of every body go through it; what
lies between is counted off and handed on as the socket gave it.
"""

from __future__ import annotations

import asyncio
from typing import cast

import h11
from h11._readers import ContentLengthReader
from uvicorn.protocols.http.h11_impl import H11Protocol

# Read at once; and where more than that lies unread by the page the client has to wait. Who is read
# from and made to wait for every read, as with uvicorn's 64 KiB, costs two system calls each time.
_READ_BYTES = 1 << 20


class LongBodies(H11Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Read more at once than asyncio would by itself (256 KiB)."""
        super().connection_made(transport)
        if hasattr(transport, "max_size"):
            transport.max_size = _READ_BYTES

    def data_received(self, data: bytes) -> None:
        """Take what came: past h11 where it is the middle of a body whose length was said."""
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

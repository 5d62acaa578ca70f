"""A line: one request that brings bytes of an upload, and how it ends.

A line may be dead long before its server hears of it. So one from which nothing comes ends by
itself, and one that has been quiet for a moment makes room for its own client, who comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from starlette.requests import ClientDisconnect

from portal.appending import Appender, Appending, Checksum
from portal.draft import Owner
from portal.growing import Busy
from portal.upload import Upload

# Written and hashed in one go: large enough that the way to the thread and back costs nothing.
_PIECE_BYTES = 1 << 20
_THREADS = 8
_QUIET_SECONDS = 2.0
_ROOM_SECONDS = 5.0
_T = TypeVar("_T")


class LineEnded(Exception):
    """Nothing came any more, or the client has come back by another line. What came is kept."""

    code = "upload_quiet"


class Line:
    """One request, as long as it has its upload's lock."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self._deadline: asyncio.Timeout | None = None
        self._heard = asyncio.get_running_loop().time()
        self._ends = False

    @property
    def is_quiet(self) -> bool:
        """Whether it ends already, or nothing has come for a moment."""
        return self._ends or asyncio.get_running_loop().time() - self._heard > _QUIET_SECONDS

    def make_room(self) -> None:
        """End it, as if the line had dropped."""
        self._ends = True
        if self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(asyncio.get_running_loop().time())

    async def pieces(
        self, chunks: AsyncIterator[bytes], idle_seconds: float
    ) -> AsyncIterator[bytes]:
        """Gather chunks into pieces. Raises LineEnded; what had come until then is yielded before.

        Only the wait for the client is timed: what the disk takes counts for nothing.
        """
        loop = asyncio.get_running_loop()
        while True:
            piece = list[bytes]()  # joined once: what grows is copied again and again
            has_ended, more, many = False, False, 0
            try:
                async with asyncio.timeout(idle_seconds) as self._deadline:
                    if self._ends:
                        raise TimeoutError  # noqa: TRY301  # asked for while the disk was waited for
                    async for chunk in chunks:
                        piece.append(chunk)
                        many += len(chunk)
                        self._heard = loop.time()
                        if many >= _PIECE_BYTES:
                            more = True
                            break
                        self._deadline.reschedule(self._heard + idle_seconds)
            except (TimeoutError, ClientDisconnect):
                has_ended = True
            finally:
                self._deadline = None
            if many:
                yield b"".join(piece)
            if has_ended:
                self._ends = True
                raise LineEnded
            if not more:
                return


class Lines:
    """The lines of this process, and the threads that their bytes are written in."""

    def __init__(self, appender: Appender, idle_seconds: float) -> None:
        self.appender = appender
        self.idle_seconds = idle_seconds
        self._of: dict[str, Line] = {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="upload")

    async def apart(self, work: Callable[[], _T]) -> _T:
        """Do something that waits for the disk, in a thread."""
        return await self.begun(work)

    async def make_room(self, public_id: str) -> None:
        """Have an upload's line end where it is quiet, and wait a moment for it."""
        line = self._of.get(public_id)
        if line is not None and line.is_quiet:
            line.make_room()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(line.gone.wait(), _ROOM_SECONDS)

    async def receive(
        self,
        public_id: str,
        owner: Owner,
        offset: int,
        chunks: AsyncIterator[bytes],
        *,
        more_bytes: int | None,
        checksum: Checksum | None,
    ) -> Upload:
        """Take the bytes of one request; return the upload once they are durable.

        Raises what `Appender.begin` and `Appending` raise, and LineEnded.
        """

        def begin() -> Appending:
            return self.appender.begin(
                public_id, owner, offset, more_bytes=more_bytes, checksum=checksum
            )

        try:
            appending = await self.apart(begin)
        except Busy:
            await self.make_room(public_id)
            appending = await self.apart(begin)
        line = self._of[public_id] = Line()
        try:
            return await self._write(appending, line, chunks)
        finally:
            if not appending.is_closed:
                await ended(self.begun(appending.close))
            if self._of.get(public_id) is line:  # else the next one is there already
                del self._of[public_id]
            line.gone.set()

    async def _write(
        self, appending: Appending, line: Line, chunks: AsyncIterator[bytes]
    ) -> Upload:
        # A piece is written while the next one comes: never more than the two are in memory.
        writing: asyncio.Future[None] | None = None
        finishing: asyncio.Future[Upload] | None = None
        try:
            async for piece in line.pieces(chunks, self.idle_seconds):
                if writing is not None:
                    await asyncio.shield(writing)
                writing = self.begun(partial(appending.write, piece))
            if writing is not None:
                await asyncio.shield(writing)
            finishing = self.begun(partial(_finish, appending))
            return await asyncio.shield(finishing)
        except (LineEnded, asyncio.CancelledError):
            # Cancelled when the server ends: to the client that is a dropped line as well.
            if writing is not None:
                await ended(writing)
            if finishing is None:  # else it goes on, and nothing else may work on the upload
                finishing = self.begun(appending.stop)
            await ended(finishing)
            raise
        finally:
            if writing is not None:
                await asyncio.wait({writing})

    def begun(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Begin something in a thread. It goes on where whoever waits for it is cancelled."""
        return asyncio.get_running_loop().run_in_executor(self._threads, work)


def _finish(appending: Appending) -> Upload:
    """Finish and close in one go: another way to the thread and back would cost more than both."""
    with appending:
        return appending.finish()


async def ended(work: asyncio.Future[_T]) -> _T:
    """Wait until a thread is done with something, even where we are cancelled meanwhile."""
    while not work.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({work})
    return work.result()

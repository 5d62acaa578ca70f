"""One message on its way from the wire to the wall."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from gateway.smtp.data import DataDecoder
from portal.pouch import blob_of
from portal.vault import Blob, Draft, Vault

# A hop to a worker thread costs about 0.1 ms, so a message under this is kept and accepted in a
# single one. Measured: larger batches are no faster.
_BATCH_BYTES = 1 << 18
# Reading stops while this much waits for the disk.
_MOST_WAITING_BYTES = 1 << 20


# Given a reference, and the bytes themselves where they are small and not durable yet.
AcceptRaw = Callable[[Blob, bytearray | None], str]


class TooLarge(Exception):
    """The message is larger than the limit. Nothing of it is kept."""


class Unfinished(Exception):
    """The peer ended its side before the end of data. Nothing of it is kept."""


@dataclass(frozen=True)
class Wire:
    """How to make a peer wait, and let it go on."""

    pause: Callable[[], None]
    resume: Callable[[], None]


class Reception:
    """Takes the bytes of one message in the event loop, and writes them in worker threads.

    At most one worker is at it at a time, so the draft is never shared. Once the end of data has
    come, nothing can stop it: `outcome` is settled by workers and their callbacks, and no task of
    the dialogue takes part that a hang-up could cancel.

    `outcome` is the receipt number, or a fault: TooLarge, Unfinished, a VaultFault, or whatever
    `accept` raised. A draft that failed is off the disk before its fault is told.
    """

    def __init__(
        self,
        wire: Wire,
        vault: Vault,
        workers: Executor,
        accept: AcceptRaw,
        *,
        finishers: Executor | None = None,
        limit: int,
        pouch_bytes: int,
    ) -> None:
        """`limit` is in bytes of content; so is `pouch_bytes`, up to which the wall keeps them.

        `accept` is called in one of the `finishers`, or else a worker, with a reference to what is
        durable, or with small bytes.
        """
        self._loop = asyncio.get_running_loop()
        self.outcome: asyncio.Future[str] = self._loop.create_future()
        # The dialogue may be gone when a fault is told: it counts as heard.
        self.outcome.add_done_callback(lambda outcome: outcome.exception())
        self.overrun = False  # the peer went on far beyond the limit, and is not read any more
        self.paused = False  # the peer waits for the disk
        self._wire = wire
        self._vault = vault
        self._workers = workers
        self._finishers = finishers or workers
        self._accept = accept
        self._limit = limit
        self._pouch_bytes = pouch_bytes
        self._decoder = DataDecoder()
        self._content_bytes = 0
        self._drained_bytes = 0
        self._waiting = bytearray()
        self._draft: Draft | None = None
        self._fault: BaseException | None = None
        self._ended = False
        self._working = False

    def feed(self, chunk: bytes) -> bytes | None:
        """Take bytes from the wire. Return what follows the end of data, or None before it."""
        content, rest = self._decoder.feed(chunk)
        self._content_bytes += len(content)
        if self._fault is not None:
            # The answer comes after the end of data, as RFC 5321 4.2.5 wants, but a peer that never
            # ends is not read for ever.
            self._drained_bytes += len(chunk)
            self.overrun = rest is None and self._drained_bytes > self._limit
        elif self._content_bytes > self._limit:
            self._fail(TooLarge())
        else:
            self._waiting += content
        self._ended = rest is not None or self.overrun
        self._go_on()
        return b"" if self.overrun else rest

    def abandon(self) -> None:
        """Give the message up, unless its end has come: then it is kept all the same."""
        if not self._ended:
            self._ended = True
            self._fail(Unfinished())
            self._go_on()

    def _fail(self, fault: BaseException) -> None:
        self._fault = self._fault or fault
        self._waiting.clear()

    def _go_on(self) -> None:
        """Do what is next, if anything: called after whatever has changed."""
        if self._working or self.outcome.done():
            pass
        elif self._fault is not None and self._draft is not None:
            self._work(self._discard)
        elif self._fault is not None:
            if self._ended:
                self.outcome.set_exception(self._fault)
        elif self._ended:
            self._work(self._finish, self._finishers)
        elif len(self._waiting) >= _BATCH_BYTES:
            self._work(self._write)
        full = len(self._waiting) >= _MOST_WAITING_BYTES and not self._ended
        if full != self.paused:
            self.paused = full
            (self._wire.pause if full else self._wire.resume)()

    def _work(
        self, job: Callable[[bytearray], str | None], executor: Executor | None = None
    ) -> None:
        self._working = True
        batch, self._waiting = self._waiting, bytearray()
        future = self._loop.run_in_executor(executor or self._workers, job, batch)
        future.add_done_callback(self._worked)

    def _worked(self, future: asyncio.Future[str | None]) -> None:
        self._working = False
        fault = future.exception()
        if fault is not None:
            self._fail(fault)
        elif (receipt := future.result()) is not None:
            self.outcome.set_result(receipt)
        self._go_on()

    # -- in a worker thread ------------------------------------------------------------------------

    def _write(self, batch: bytearray) -> None:
        if self._draft is None:
            self._draft = self._vault.draft()
        self._draft.write(batch)

    def _finish(self, batch: bytearray) -> str:
        if self._draft is None and len(batch) <= self._pouch_bytes:
            return self._accept(blob_of(batch), batch)
        self._write(batch)
        assert self._draft is not None, "an empty message has a draft as well"
        return self._accept(self._draft.keep(), None)

    def _discard(self, _batch: bytearray) -> None:
        draft, self._draft = self._draft, None
        assert draft is not None, "only a draft that was begun is discarded"
        draft.discard()

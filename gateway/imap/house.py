"""What the mailboxes of the IMAP door share, and how each of them stands."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from config.settings import Settings
from gateway.letter import Accepted, Letter
from portal.vault import Vault

_Done = TypeVar("_Done")


class Wall(Protocol):
    """What every letter ends at."""

    def accept(self, letter: Letter) -> Accepted:
        """Take a letter durably."""

    def taken(self, origin: str) -> str | None:
        """Return the receipt number of the letter of this origin, where there is one."""


@dataclass
class House:
    """The parts that the door was built with."""

    settings: Settings
    vault: Vault
    wall: Wall
    clock: Callable[[], datetime]
    on_message: Callable[[str, str], None]  # hears of each message: mailbox, outcome
    alarm: Callable[[str, str], None]  # tells operations: mailbox, code of the problem; blocks
    workers: Executor
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def in_worker(self, work: Callable[..., _Done], *given: object) -> _Done:
        """Do what blocks in a thread. Who is cancelled meanwhile waits for its end all the same."""
        future = asyncio.get_running_loop().run_in_executor(self.workers, work, *given)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait({future})
            raise

    def free_bytes(self) -> int:
        """Return how much the storage can take beyond its floor. Blocks; raises OSError."""
        storage = self.settings.storage
        return shutil.disk_usage(storage.path).free - storage.minimum_free_bytes


@dataclass
class Standing:
    """How a mailbox stands, for the metrics and /readyz."""

    mailbox: str
    silent_seconds: float  # this long may nothing be heard of it
    waiting: int = 0  # messages in the folder when it was last looked at
    trouble: str = "connection"  # why it does not go well, as a word; empty while it does
    _heard_at: float = field(default_factory=time.monotonic)

    def alive(self) -> None:
        """Note that the server has given a piece."""
        self._heard_at = time.monotonic()

    def well(self) -> None:
        """Note that everything was taken that could be."""
        self.alive()
        self.trouble = ""

    @property
    def silence(self) -> float:
        """For how many seconds nothing was heard of it."""
        return time.monotonic() - self._heard_at

    def overdue(self) -> str | None:
        """Say what is wrong where it has not gone well for too long."""
        if self.silence <= self.silent_seconds:
            return None
        return f"not reached for {self.silence:.0f} seconds: {self.trouble or 'no answer'}"

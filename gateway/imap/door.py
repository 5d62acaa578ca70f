"""The IMAP door as a whole: a task for each mailbox, and an end that leaves nothing half taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from config.settings import Settings
from gateway.imap.house import House, Standing, Wall
from gateway.imap.mailbox import MailboxReader
from portal.vault import Vault

_WORKERS = 8


class ImapDoor:
    """Takes letters from mailboxes. It lives on the event loop that `start` is called on."""

    def __init__(
        self,
        settings: Settings,
        vault: Vault,
        wall: Wall,
        clock: Callable[[], datetime],
        on_message: Callable[[str, str], None],
        alarm: Callable[[str, str], None],
    ) -> None:
        """`wall` and `alarm` block, and are called in threads.

        `on_message` hears what became of each message: the mailbox's name, and an outcome.
        """
        imap = settings.imap
        silent_seconds = imap.poll_seconds + imap.call_seconds + imap.retry_seconds
        workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="imap")
        self._house = House(settings, vault, wall, clock, on_message, alarm, workers)
        self._readers = [
            MailboxReader(self._house, mailbox, Standing(mailbox.name, silent_seconds))
            for mailbox in imap.mailboxes
        ]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How each mailbox stands."""
        return tuple(reader.standing for reader in self._readers)

    def gauges(self) -> dict[str, float]:
        """Return the metrics of each mailbox."""
        return {
            f"casebridge_imap_{one.mailbox}_{name}": value
            for one in self.standings
            for name, value in (
                ("waiting", float(one.waiting)),
                ("silent_seconds", one.silence),
            )
        }

    def start(self) -> None:
        """Begin to read every mailbox."""
        self._tasks = [asyncio.create_task(reader.run()) for reader in self._readers]

    async def stop(self, grace_seconds: float) -> None:
        """End: what is being fetched is finished, accepted and moved within the grace, or left."""
        self._house.stopping.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._house.workers.shutdown()

"""One mailbox: connect, take what waits, wait for more; connect again for as long as it takes."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import structlog

from config.settings import Mailbox
from gateway.imap.client import Connection, ConnectionFault, Refused
from gateway.imap.house import House, Standing
from gateway.imap.taking import Taking
from gateway.watch import fault_fields

# Moved together, and looked at together: one answer has their sizes and senders.
_BATCH = 50
# A server whose IDLE went wrong is only asked for so long.
_IDLE_AGAIN_SECONDS = 3600


class SecretMissing(Exception):
    """The password, the token or the certificates to trust cannot be read."""


@dataclass
class MailboxReader:
    """Reads one mailbox until the house stops."""

    house: House
    mailbox: Mailbox
    standing: Standing
    _taking: Taking = field(init=False)
    _idles_from: float = field(default=0.0, init=False)
    _batch: int = field(default=_BATCH, init=False)

    def __post_init__(self) -> None:
        self._taking = Taking(self.house, self.mailbox, self.standing.alive)

    async def run(self) -> None:
        """Read. Whatever goes wrong is logged, and tried again after a rest that doubles."""
        failures = 0
        while not self.house.stopping.is_set():
            try:
                await self._connected()
            except Exception as fault:  # noqa: BLE001  # a task that dies would fall silent
                failures = failures + 1 if self.standing.trouble else 1
                # A slow server may not move so many within the limit, however often it is asked.
                self._batch = max(1, self._batch // 4)
                self._trouble(fault)
                await self._rest(min(2 ** (failures - 1), self.house.settings.imap.retry_seconds))

    async def _connected(self) -> None:
        """Connect, and read for as long as the connection lasts."""
        secret, context = await self.house.in_worker(self._secrets)
        async with Connection(self.mailbox, self.house.settings.imap, context) as connection:
            await connection.open(secret)
            structlog.get_logger().info("imap.connected", mailbox=self.mailbox.name)
            while not self.house.stopping.is_set():
                left = await self._round(connection)
                self.standing.well()
                if not left:
                    await self._wait(connection)

    async def _round(self, connection: Connection) -> int:
        """Take what waits, in batches. Return how many messages left the folder."""
        uids = self._taking.order(connection.validity, await connection.waiting())
        self.standing.waiting = len(uids)
        left, coming = 0, iter(uids)
        while (batch := list(islice(coming, self._batch))) and not self.house.stopping.is_set():
            gone = await self._taking.take(connection, batch)
            left += gone
            self.standing.waiting -= gone
            self.standing.well()
        self._batch = _BATCH
        return left

    async def _wait(self, connection: Connection) -> None:
        """Wait for word of new mail, or until it is time to look all the same."""
        seconds = float(self.house.settings.imap.poll_seconds)
        now = asyncio.get_running_loop().time()
        if not connection.has_idle or now < self._idles_from:
            await connection.rest(seconds, self.house.stopping)
            return
        try:
            await connection.idle(seconds, self.house.stopping)
        except ConnectionFault as fault:
            if fault.why == "idle":
                self._idles_from = now + _IDLE_AGAIN_SECONDS
            raise

    def _secrets(self) -> tuple[str, ssl.SSLContext | None]:
        """Read what is kept in files, anew for each connection."""
        mailbox = self.mailbox
        try:
            secret = Path(mailbox.password_file or mailbox.token_file).read_text(encoding="utf-8")
            context = (
                ssl.create_default_context(cafile=mailbox.ca_file or None)
                if mailbox.security == "tls"
                else None
            )
        except (OSError, UnicodeDecodeError) as fault:  # an SSLError is one too
            raise SecretMissing from fault
        return secret.rstrip("\r\n"), context

    def _trouble(self, fault: Exception) -> None:
        """Note and log why it stopped, in a word that names nobody."""
        why = fault.why if isinstance(fault, ConnectionFault) else type(fault).__name__
        self.standing.trouble = why
        log = structlog.get_logger()
        if isinstance(fault, ConnectionFault | Refused):
            log.warning("imap.lost", mailbox=self.mailbox.name, why=why)
        else:
            log.error("imap.failed", mailbox=self.mailbox.name, why=why, **fault_fields(fault))

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.house.stopping.wait(), seconds)

"""The SMTP door as a whole: it listens, and drains when it is told to stop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from config.settings import Settings
from gateway.address import OurAddresses
from gateway.smtp.house import Accept, House
from gateway.smtp.session import SmtpSession
from portal.vault import Vault

# Most of a worker's time is waiting for the disk and for the record's one writer.
_WORKERS = 16
_BACKLOG = 512
_LAST_REPLY_SECONDS = 2


class SmtpDoor:
    """Takes letters by SMTP. It lives on one event loop, the one that `start` is awaited on."""

    def __init__(
        self,
        settings: Settings,
        vault: Vault,
        accept: Accept,
        clock: Callable[[], datetime],
        on_reply: Callable[[int], None] | None = None,
    ) -> None:
        """`accept` is the wall: called in several threads, it blocks until the letter is durable.

        Whatever it raises is answered with 451. `on_reply` hears the code of every reply.
        """
        self._smtp = settings.smtp
        self._house = House(
            settings,
            vault,
            accept,
            clock,
            on_reply or (lambda _code: None),
            ThreadPoolExecutor(_WORKERS, thread_name_prefix="smtp"),
            OurAddresses(
                settings.intake.address, settings.cases.pattern, settings.intake.rehearsal
            ),
        )
        self._sessions: set[SmtpSession] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises OSError where the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SmtpSession(self._house, self._sessions, loop),
            self._smtp.host,
            self._smtp.port,
            backlog=_BACKLOG,
        )

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that it listens on."""
        assert self._server is not None, "the door is not open"
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def stop(self, grace_seconds: float) -> None:
        """Listen no more, tell idle clients 421, and let messages in hand finish.

        One whose end has not come within `grace_seconds` is dropped with 421, and its sender tries
        again. One whose end has come is waited for without limit: it is in the wall's hands.
        """
        self._house.closing = True
        if self._server is not None:
            self._server.close()
        self._each(SmtpSession.end)
        await self._until(lambda: not self._sessions, grace_seconds)
        self._each(SmtpSession.cut_off)
        await self._until(lambda: not self._house.receptions, math.inf)
        await self._until(lambda: not self._sessions, _LAST_REPLY_SECONDS)
        self._each(SmtpSession.abort)
        self._house.workers.shutdown()

    def _each(self, do: Callable[[SmtpSession], None]) -> None:
        for session in tuple(self._sessions):
            do(session)

    @staticmethod
    async def _until(condition: Callable[[], bool], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not condition() and loop.time() < end:  # noqa: ASYNC110  # three kinds of endings
            await asyncio.sleep(0.01)

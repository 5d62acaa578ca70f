"""The SMTP and LMTP doors as a whole: they listen, and drain when they are told to stop."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from config.settings import Settings
from gateway.address import OurAddresses
from gateway.gate.gate import Gate
from gateway.smtp.certificate import ready_certificate
from gateway.smtp.house import Accept, House
from gateway.smtp.manner import SMTP, Manner
from gateway.smtp.place import listening, places_of
from gateway.smtp.session import SmtpSession
from portal.vault import Vault

# Most of a worker's time is waiting for the disk and for the record's one writer.
_WORKERS = 16
# Letters that wait for the gate, mostly for name servers: they must not keep the workers.
_FINISHERS = 64
_BACKLOG = 512
_LAST_REPLY_SECONDS = 2


class SmtpDoor:
    """Takes letters by SMTP, or by LMTP in that manner.

    It lives on one event loop, the one that `start` is awaited on.
    """

    def __init__(
        self,
        settings: Settings,
        vault: Vault,
        accept: Accept,
        clock: Callable[[], datetime],
        on_reply: Callable[[int], None] | None = None,
        manner: Manner = SMTP,
        gate: Gate | None = None,
    ) -> None:
        """`accept` is the wall: called in several threads, it blocks until the letter is durable.

        Whatever it raises is answered with 451. `on_reply` hears the code of every reply. Without a
        `gate` nobody is proven but by loopback.
        """
        finishers = None
        if gate is not None:
            finishers = ThreadPoolExecutor(_FINISHERS, thread_name_prefix=f"{manner.door} gate")
        self._settings = settings
        self._house = House(
            settings,
            vault,
            accept,
            clock,
            on_reply or (lambda _code: None),
            ThreadPoolExecutor(_WORKERS, thread_name_prefix=manner.door),
            OurAddresses(
                settings.intake.address, settings.cases.pattern, settings.intake.rehearsal
            ),
            manner,
            gate,
            finishers,
        )
        self._sessions: set[SmtpSession] = set()
        self._servers: list[asyncio.Server] = []

    async def start(self) -> None:
        """Listen where the settings say.

        Raises OSError where an address cannot be had, and CertificateFault.
        """
        loop = asyncio.get_running_loop()
        settings, house = self._settings, self._house
        if house.manner.is_for_anybody:
            house.certificate = await loop.run_in_executor(
                house.workers, ready_certificate, settings
            )
        places = listening(places_of(settings, house.manner), _BACKLOG)
        for one in places:
            create = loop.create_unix_server if one.family == socket.AF_UNIX else loop.create_server
            server = await create(self._session, sock=one, backlog=_BACKLOG)
            self._servers.append(server)

    def _session(self) -> SmtpSession:
        return SmtpSession(self._house, self._sessions, asyncio.get_running_loop())

    @property
    def address(self) -> tuple[str, int]:
        """The host and port that it listens on."""
        host, port = next(
            one.getsockname()[:2]
            for server in self._servers
            for one in server.sockets
            if one.family != socket.AF_UNIX
        )
        return host, port

    async def stop(self, grace_seconds: float) -> None:
        """Listen no more, tell idle clients 421, and let messages in hand finish.

        One whose end has not come within `grace_seconds` is dropped with 421, and its sender tries
        again. One whose end has come is waited for without limit: it is in the wall's hands.
        """
        self._house.closing = True
        for server in self._servers:
            server.close()
        self._each(SmtpSession.end)
        await self._until(lambda: not self._sessions, grace_seconds)
        self._each(SmtpSession.cut_off)
        await self._until(lambda: not self._house.receptions, math.inf)
        await self._until(lambda: not self._sessions, _LAST_REPLY_SECONDS)
        self._each(SmtpSession.abort)
        self._house.workers.shutdown()
        if self._house.finishers is not None:
            self._house.finishers.shutdown()

    def _each(self, do: Callable[[SmtpSession], None]) -> None:
        for session in tuple(self._sessions):
            do(session)

    @staticmethod
    async def _until(condition: Callable[[], bool], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not condition() and loop.time() < end:  # noqa: ASYNC110  # three kinds of endings
            await asyncio.sleep(0.01)

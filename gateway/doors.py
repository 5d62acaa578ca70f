"""The doors of serve: opened together, looked at together, and closed together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from gateway import clock
from gateway.gate.gate import Gate
from gateway.imap.door import ImapDoor
from gateway.smtp.door import SmtpDoor
from gateway.smtp.manner import LMTP, SMTP
from gateway.stores import Stores
from gateway.upkeep.mailbox_alarm import MailboxAlarm
from gateway.watch import Metrics
from portal.web.desk import Check


class PortTaken(Exception):
    """A door or the pages cannot listen where the settings say. The text names which and where."""


class Doors:
    """The SMTP, LMTP and IMAP doors of one process, before one wall."""

    def __init__(self, stores: Stores, metrics: Metrics, gate: Gate | None = None) -> None:
        settings, wall = stores.settings, stores.intake()
        self._smtp_place = f"smtp {settings.smtp.host}:{settings.smtp.port}"
        lmtp = settings.lmtp
        self._lmtp_place = f"lmtp {lmtp.socket} {f'{lmtp.host}:{lmtp.port}' if lmtp.host else ''}"
        self._smtp, self._lmtp = (
            SmtpDoor(
                settings, stores.vault, wall.accept, clock.now, metrics.smtp_reply, manner, gate
            )
            for manner in (SMTP, LMTP)
        )
        self._imap = ImapDoor(
            settings,
            stores.vault,
            wall,
            clock.now,
            metrics.mailbox_message,
            MailboxAlarm(stores.database, settings, clock.now).tell,
        )

    async def open(self) -> None:
        """Open every door. Raises PortTaken and gateway.smtp.certificate.CertificateFault."""
        with named(self._smtp_place):
            await self._smtp.start()
        with named(self._lmtp_place):
            await self._lmtp.start()
        self._imap.start()

    async def close(self, grace_seconds: float) -> None:
        """Take nothing new, and let what is in hand finish."""
        doors = (self._smtp, self._lmtp, self._imap)
        await asyncio.gather(*(door.stop(grace_seconds) for door in doors))

    @property
    def smtp_address(self) -> str:
        """The host and port that the SMTP door listens on."""
        host, port = self._smtp.address
        return f"{host}:{port}"

    def gauges(self) -> dict[str, float]:
        """Return the metrics that the doors have of their own."""
        return self._imap.gauges()

    def checks(self) -> dict[str, Check]:
        """Return the checks behind /readyz, by name."""
        return {f"imap {one.mailbox}": one.overdue for one in self._imap.standings}


@contextlib.contextmanager
def named(where: str) -> Iterator[None]:
    """Name the place where something cannot listen. Raises PortTaken."""
    try:
        yield
    except OSError as error:
        raise PortTaken(where) from error

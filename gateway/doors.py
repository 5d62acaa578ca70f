"""The doors of serve: opened together, looked at together, and closed together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from gateway import clock
from gateway.imap.door import ImapDoor
from gateway.mailbox_alarm import MailboxAlarm
from gateway.smtp.door import SmtpDoor
from gateway.stores import Stores
from gateway.watch import Metrics
from portal.web.desk import Check


class PortTaken(Exception):
    """A door or the pages cannot listen where the settings say. The text names which and where."""


class Doors:
    """The SMTP and IMAP doors of one process, before one wall."""

    def __init__(self, stores: Stores, metrics: Metrics) -> None:
        settings, wall = stores.settings, stores.intake()
        self._smtp_place = f"smtp {settings.smtp.host}:{settings.smtp.port}"
        self._smtp = SmtpDoor(settings, stores.vault, wall.accept, clock.now, metrics.smtp_reply)
        self._imap = ImapDoor(
            settings,
            stores.vault,
            wall,
            clock.now,
            metrics.mailbox_message,
            MailboxAlarm(stores.database, settings, clock.now).tell,
        )

    async def open(self) -> None:
        """Open every door. Raises PortTaken."""
        with named(self._smtp_place):
            await self._smtp.start()
        self._imap.start()

    async def close(self, grace_seconds: float) -> None:
        """Take nothing new, and let what is in hand finish."""
        await asyncio.gather(self._smtp.stop(grace_seconds), self._imap.stop(grace_seconds))

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

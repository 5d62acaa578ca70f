"""`serve` with its worker idle: SMTP door, vault and the real wall, and nobody behind it."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime

from config.settings import load
from gateway.smtp.door import SmtpDoor
from gateway.stores import open_stores


async def _serve() -> None:
    settings = load()
    with open_stores(settings, migrating=True) as stores:
        accept = stores.intake().accept
        door = SmtpDoor(settings, stores.vault, accept, lambda: datetime.now(UTC))
        await door.start()
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await stop.wait()
        await door.stop(grace_seconds=5)


if __name__ == "__main__":
    asyncio.run(_serve())

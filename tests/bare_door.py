"""The SMTP door alone as a server process: door and vault, before a wall that only counts."""

from __future__ import annotations

import asyncio
import itertools
import signal
from dataclasses import dataclass
from datetime import UTC, datetime

from config.settings import load
from gateway.letter import Letter
from gateway.smtp.door import SmtpDoor
from portal.vault import Vault


@dataclass(frozen=True)
class _Counted:
    receipt: str


async def _serve() -> None:
    settings = load()
    vault = Vault(settings.storage.path / "vault")
    vault.prepare()
    numbers = itertools.count()

    def accept(_letter: Letter) -> _Counted:
        return _Counted(f"{next(numbers):08d}")

    door = SmtpDoor(settings, vault, accept, lambda: datetime.now(UTC))
    await door.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await door.stop(grace_seconds=5)


if __name__ == "__main__":
    asyncio.run(_serve())

"""The baseline: stock aiosmtpd with a handler that writes and fsyncs each message to a file."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from config.settings import load

_LIMIT = 2**31


@dataclass
class _Handler:
    folder: Path
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        with (self.folder / str(next(self.numbers))).open("wb") as file:
            file.write(envelope.content)
            file.flush()
            os.fsync(file.fileno())
        return "250 OK"


async def _serve() -> None:
    settings = load()
    loop = asyncio.get_running_loop()
    handler = _Handler(settings.storage.path)
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="stock.example", data_size_limit=_LIMIT, loop=loop),
        settings.smtp.host,
        settings.smtp.port,
    )
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())

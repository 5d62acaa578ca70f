"""A live IMAP door in a process of its own, before the real wall: one that can be killed.

Its settings come by the environment, as those of `casebridge serve`. It says nothing but what its
operator would hear: each alarm as it comes, and how the mailboxes stand when it is told to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from config.settings import Settings
from gateway.imap.door import ImapDoor
from gateway.stores import open_stores

_GRACE_SECONDS = 5
_MENDED_SECONDS = 120  # the last fault may have come just now


@dataclass
class MailboxProcess:
    """The process, started anew each time that it is killed."""

    environment: Mapping[str, str]
    said_in: Path
    kills: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        with self.said_in.open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                env={**os.environ, **self.environment},
                stdout=said,
            )

    def kill(self) -> None:
        """End it without a word (kill -9), and start it again."""
        with self._lock:
            self._end(signal.SIGKILL)
            self.kills += 1
            self.start()

    def end(self) -> list[dict[str, Any]]:
        """End it in good order, and return how each mailbox stands. There were no alarms."""
        with self._lock:
            assert self._end(signal.SIGTERM) == 0
        said = self.said_in.read_text(encoding="utf-8").splitlines()
        assert len(said) == 1, said
        return list(json.loads(said[0]))

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        ended, self._process = self._process.wait(_MENDED_SECONDS + 60), None
        return ended

    def close(self) -> None:
        if self._process is not None:
            self._end(signal.SIGKILL)


@contextmanager
def mailbox_process(
    storage: Path, mailboxes: list[dict[str, Any]], limits: Mapping[str, int], said_in: Path
) -> Iterator[MailboxProcess]:
    """Read mailboxes into a storage folder that is migrated, in a process of its own."""
    numbers = {f"CASEBRIDGE_IMAP__{name.upper()}": str(value) for name, value in limits.items()}
    environment = {
        "CASEBRIDGE_STORAGE__PATH": str(storage),
        "CASEBRIDGE_IMAP__MAILBOXES": json.dumps(mailboxes),
        **numbers,
    }
    process = MailboxProcess(environment, said_in)
    process.start()
    try:
        yield process
    finally:
        process.close()


async def _read(settings: Settings) -> None:
    with open_stores(settings) as stores:
        door = ImapDoor(
            settings,
            stores.vault,
            stores.intake(),
            lambda: datetime.now(UTC),
            lambda _mailbox, _outcome: None,
            lambda mailbox, code: print(f"alarm of {mailbox}: {code}", flush=True),
        )
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        door.start()
        await told.wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_MENDED_SECONDS):
                while any(one.trouble for one in door.standings):  # noqa: ASYNC110  # its only sign
                    await asyncio.sleep(0.05)
        standings = [
            {"mailbox": one.mailbox, "trouble": one.trouble, "overdue": one.overdue()}
            for one in door.standings
        ]
        await door.stop(_GRACE_SECONDS)
        print(json.dumps(standings), flush=True)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_read(Settings()))

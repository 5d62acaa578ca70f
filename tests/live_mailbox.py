"""A live IMAP door before the real wall, on a mailbox of a real Dovecot."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from config.settings import Imap, Mailbox, Settings
from gateway.imap.door import ImapDoor
from gateway.imap.house import Wall
from gateway.stores import Stores
from portal.tables import letters
from tests.dovecot import PASSWORD, USER

TAKEN, FAILED = "Casebridge-Taken", "Casebridge-Failed"


def message(number: int, *, sender: str = "pat@smithdefence.example", size: int = 300) -> bytes:
    """One message, as a delivery agent leaves it in a mailbox."""
    head = (
        f"Return-Path: <{sender}>\r\nReceived: from mx.example; Tue, 24 Nov 2026 10:00:00 +0000\r\n"
        f"From: Pat <{sender}>\r\nTo: claims@casebridge.example\r\n"
        f"Subject: 24-001234 no {number}\r\n"
        f"Message-ID: <{number}@smithdefence.example>\r\n\r\n"
    )
    body = "".join(f"Line {line} of message {number}.\r\n" for line in range(size // 25))
    return (head + body).encode()


def mailbox(port: int, folder: Path, user: str = USER) -> dict[str, Any]:
    """The settings of a mailbox that is read without TLS."""
    secret = folder / "password"
    secret.write_text(PASSWORD + "\n", encoding="utf-8")
    return {
        "name": user,
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": user,
        "password_file": str(secret),
    }


LIMITS: dict[str, Any] = {"poll_seconds": 1, "call_seconds": 2, "retry_seconds": 1}


def reading(settings: Settings, port: int, folder: Path, **changes: Any) -> Settings:
    """Settings with one mailbox, read without TLS; limits of a second or so."""
    one, limits = mailbox(port, folder), dict(LIMITS)
    for name, value in changes.items():
        (limits if name in Imap.model_fields else one)[name] = value
    return settings.model_copy(update={"imap": Imap(mailboxes=(Mailbox(**one),), **limits)})


@dataclass
class LiveMailbox:
    """A door on an event loop in a thread of its own."""

    stores: Stores
    door: ImapDoor
    loop: asyncio.AbstractEventLoop
    outcomes: list[str]
    alarms: list[str] = field(default_factory=list)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @property
    def trouble(self) -> str:
        return self.door.standings[0].trouble

    def accepted(self) -> int:
        return accepted(self.stores)

    def contents(self) -> list[bytes]:
        return contents(self.stores)


def accepted(stores: Stores) -> int:
    """How many letters the record has."""
    with stores.database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(letters)).scalar_one()


def contents(stores: Stores) -> list[bytes]:
    """Every letter's raw bytes, as the vault has them."""
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(letters.c.raw_sha256)).scalars().all()
    found = []
    for sha256 in rows:
        with stores.vault.open(sha256) as blob:
            found.append(blob.read())
    return found


@contextlib.contextmanager
def open_mailbox(
    stores: Stores,
    settings: Settings,
    *,
    wall: Wall | None = None,
    alarm: Callable[[str, str], None] | None = None,
) -> Iterator[LiveMailbox]:
    """Open the door; drain it at the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    outcomes: list[str] = []
    alarms: list[str] = []
    door = ImapDoor(
        settings,
        stores.vault,
        wall or stores.intake(),
        lambda: datetime.now(UTC),
        lambda _mailbox, outcome: outcomes.append(outcome),
        alarm or (lambda _mailbox, code: alarms.append(code)),
    )
    live = LiveMailbox(stores, door, loop, outcomes, alarms)

    async def start() -> None:
        door.start()

    live.run(start())
    try:
        yield live
    finally:
        live.run(door.stop(grace_seconds=5))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()

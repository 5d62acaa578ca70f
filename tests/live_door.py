"""A live SMTP door before a wall that keeps letters in a list, and a client of plain sockets."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from config.settings import Settings
from gateway.gate.gate import Gate
from gateway.letter import Letter
from gateway.smtp.door import SmtpDoor
from gateway.smtp.manner import SMTP, Manner
from portal.pouch import blob_of
from portal.vault import Vault

SENDER = "pat@smithdefence.example"
RECIPIENT = "claims@casebridge.example"
_PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Taken:
    receipt: str
    repeated: bool


@dataclass
class Wall:
    """A second implementation of the wall: the same promise, kept in memory."""

    receipts: dict[str, str] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    fault: Exception | None = None
    gate: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.gate.set()

    def accept(self, letter: Letter) -> Taken:
        self.arrived.set()
        self.gate.wait(_PATIENCE_SECONDS)
        if self.fault is not None:
            raise self.fault
        with self._lock:
            known = self.receipts.get(letter.fingerprint)
            if known is not None:
                return Taken(known, repeated=True)
            receipt = f"7KQ4{len(self.letters):04d}"
            self.receipts[letter.fingerprint] = receipt
            self.letters.append(letter)
            return Taken(receipt, repeated=False)


@dataclass
class LiveDoor:
    """A door on an event loop in a thread of its own."""

    settings: Settings
    vault: Vault
    wall: Wall
    codes: list[int]
    door: SmtpDoor
    loop: asyncio.AbstractEventLoop

    @property
    def port(self) -> int:
        return self.door.address[1]

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self.loop).result(_PATIENCE_SECONDS * 2)

    def client(self, source: str = "") -> Client:
        return Client(self.port, source=source)

    def contents(self) -> list[bytes]:
        """Every letter's raw bytes, as the wall was given them or the vault has them."""
        contents = []
        for letter in self.wall.letters:
            if letter.content is not None:
                assert blob_of(letter.content) == letter.raw
                contents.append(bytes(letter.content))
                continue
            with self.vault.open(letter.raw.sha256) as blob:
                contents.append(blob.read())
        return contents

    def drafts(self) -> list[str]:
        return [path.name for path in (self.settings.storage.path / "vault/drafts").iterdir()]


class Client:
    """One connection, said and heard byte by byte."""

    def __init__(self, port: int, *, receive_buffer: int = 0, source: str = "") -> None:
        self.socket = socket.socket()
        if source:
            self.socket.bind((source, 0))
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(_PATIENCE_SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._file.close()
        self.socket.close()

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def line(self) -> str:
        """Read one line of a reply; "" where the server has closed."""
        return self._file.readline().decode("ascii").removesuffix("\r\n")

    def reply(self) -> str:
        """Read one reply, its lines joined by \\n; "" where the server has closed."""
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return "\n".join(lines)

    def flood(self, data: bytes) -> None:
        """Say the same until the server stops it."""
        while True:
            self.say(data)

    def ask(self, command: str) -> str:
        self.say(command.encode() + b"\r\n")
        return self.reply()

    def over(self, context: ssl.SSLContext) -> None:
        """Go over to TLS."""
        self._file.close()
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self._file = self.socket.makefile("rb")

    def begin(self, sender: str = SENDER, recipient: str = RECIPIENT) -> None:
        """Say everything up to the 354."""
        assert self.reply().startswith("220 ")
        assert self.ask("EHLO client.example").startswith("250-")
        self.envelope(sender, recipient)

    def envelope(self, sender: str = SENDER, recipient: str = RECIPIENT) -> None:
        assert self.ask(f"MAIL FROM:<{sender}>").startswith("250 ")
        assert self.ask(f"RCPT TO:<{recipient}>").startswith("250 ")
        assert self.ask("DATA").startswith("354 ")

    def reset_by_peer(self) -> None:
        """Close with a TCP reset."""
        linger = struct.pack("ii", 1, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._file.close()
        self.socket.close()

    def rest(self) -> bytes:
        """Read until the server closes."""
        return self._file.read()


@contextlib.contextmanager
def open_door(
    settings: Settings, manner: Manner = SMTP, gate: Gate | None = None
) -> Iterator[LiveDoor]:
    """Open a door on these settings and a free port; drain it at the end."""
    smtp = settings.smtp.model_copy(update={"port": 0})
    lmtp = settings.lmtp.model_copy(update={"host": "127.0.0.1", "port": 0})
    settings = settings.model_copy(update={"smtp": smtp, "lmtp": lmtp})
    vault = Vault(settings.storage.path / "vault")
    vault.prepare()
    wall = Wall()
    codes: list[int] = []
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    door = SmtpDoor(
        settings, vault, wall.accept, lambda: datetime.now(UTC), codes.append, manner, gate
    )
    live = LiveDoor(settings, vault, wall, codes, door, loop)
    live.run(door.start())
    try:
        yield live
    finally:
        wall.gate.set()
        live.run(door.stop(grace_seconds=0.2))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE_SECONDS)
        loop.close()


def anybody() -> ssl.SSLContext:
    """A client that verifies nothing, as opportunistic ones do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def until(condition: Callable[[], bool], seconds: float = _PATIENCE_SECONDS) -> None:
    """Wait for what another thread or process will do."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)

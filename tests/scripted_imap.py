"""A mail server of a few lines, which says what a test wants: for what a real one never does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CAPABILITIES = b"IMAP4rev1 IDLE MOVE UIDPLUS SASL-IR AUTH=XOAUTH2"


@dataclass
class ScriptedServer:
    """Answers each command as `says` has it, by the beginning of the command; else with OK."""

    says: dict[str, Callable[[str], bytes]] = field(default_factory=dict)
    greeting: bytes = b"* OK ready\r\n"
    heard: list[str] = field(default_factory=list)
    empty: bytes = b""  # what an empty line is answered with
    port: int = 0

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
            connection.sendall(self.greeting)
            for line in lines:
                tag, _, command = line.decode().rstrip("\r\n").partition(" ")
                self.heard.append(command or tag)
                connection.sendall(self._answer(tag, command))

    def _answer(self, tag: str, command: str) -> bytes:
        if not tag:
            return self.empty
        for begins, says in self.says.items():
            if (command or tag).startswith(begins):
                return says(tag)
        if command == "CAPABILITY":
            return b"* CAPABILITY " + CAPABILITIES + f"\r\n{tag} OK done\r\n".encode()
        if command.startswith("SELECT"):
            return f"* OK [UIDVALIDITY 7] here\r\n{tag} OK [READ-WRITE] done\r\n".encode()
        return f"{tag} OK done\r\n".encode() if command else b""


@contextlib.contextmanager
def scripted(**says: Callable[[str], bytes]) -> Iterator[ScriptedServer]:
    """Serve on loopback; a name stands for the beginning of a command, `_` for a space."""
    server = ScriptedServer({name.replace("_", " "): say for name, say in says.items()})
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        threading.Thread(target=server.serve, args=(listening,), daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)

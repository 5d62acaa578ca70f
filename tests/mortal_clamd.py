"""A clamd that some files end: a second implementation, since no file at hand ends a real one."""

from __future__ import annotations

import contextlib
import socket as sockets
import struct
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class MortalClamd:
    """Finds everything clean. One of the `deadly` words ends it: nobody answers until it is up."""

    folder: Path
    deadly: tuple[bytes, ...]
    seen: list[bytes] = field(default_factory=list)  # what it was asked about, in order
    _listening: sockets.socket | None = None
    _thread: threading.Thread | None = None

    @property
    def socket(self) -> str:
        return str(self.folder / "clamd.sock")

    def up(self) -> None:
        """Start it, where it has ended."""
        if Path(self.socket).exists():
            return
        if self._thread is not None:
            self._thread.join()
        made = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        made.bind(self.socket)
        made.listen()
        self._listening = made
        self._thread = threading.Thread(target=self._stand, args=(made,))
        self._thread.start()

    def down(self) -> None:
        """End it, where it stands."""
        if self._listening is not None and self._thread is not None:
            with contextlib.suppress(OSError):
                self._listening.shutdown(sockets.SHUT_RDWR)
            self._thread.join()

    def _stand(self, listening: sockets.socket) -> None:
        with listening:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    break
                with client:
                    if not self._answer(client):
                        break
            Path(self.socket).unlink(missing_ok=True)

    def _answer(self, client: sockets.socket) -> bool:
        with client.makefile("rb") as said:
            if said.read(6) == b"zPING\0":
                client.sendall(b"PONG\0")
                return True
            said.read(4)  # of zINSTREAM
            content = b""
            while size := struct.unpack("!L", said.read(4))[0]:
                content += said.read(size)
        self.seen.append(content)
        if any(word in content for word in self.deadly):
            Path(self.socket).unlink()  # before the asker hears of it
            return False
        client.sendall(b"stream: OK\0")
        return True


@contextlib.contextmanager
def mortal_clamd(*deadly: bytes) -> Iterator[MortalClamd]:
    """Have one that stands, in a short folder: a socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="clamd-") as name:
        made = MortalClamd(Path(name), deadly)
        made.up()
        try:
            yield made
        finally:
            made.down()

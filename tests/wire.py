"""A wire that can be cut, frozen, or made to swallow lines: TCP between two programs of a test."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Wire:
    """Carries every connection on its port to another port."""

    target: int
    port: int = 0
    # Whether a chunk is kept back; the second says whether the server says it.
    swallowed: Callable[[bytes, bool], bool] = lambda _chunk, _from_server: False
    on_bytes: Callable[[int], None] = lambda _total: None  # hears of all that has passed
    connections: int = 0
    passed: int = 0
    _open: list[tuple[socket.socket, socket.socket, threading.Event]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def cut(self) -> None:
        """Close every connection on both sides."""
        for client, server, _ in self._taken():
            for one in (client, server):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def freeze(self) -> None:
        """Leave every connection half open: nothing passes any more, and nobody is told."""
        for _, _, frozen in self._taken():
            frozen.set()

    def _taken(self) -> list[tuple[socket.socket, socket.socket, threading.Event]]:
        with self._lock:
            taken, self._open = self._open, []
        return taken

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            frozen = threading.Event()
            with self._lock:
                self._open.append((client, server, frozen))
            for source, goal, says in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._carry, args=(source, goal, frozen, says), daemon=True
                ).start()

    def _carry(
        self, source: socket.socket, goal: socket.socket, frozen: threading.Event, says: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if frozen.is_set() or self.swallowed(chunk, says):
                    continue
                self.passed += len(chunk)
                goal.sendall(chunk)
                self.on_bytes(self.passed)
        if not frozen.is_set():
            for one in (source, goal):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    """Lay a wire to a port of this machine."""
    wire = Wire(port)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        wire.port = listening.getsockname()[1]
        thread = threading.Thread(target=wire.serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            wire.cut()
            thread.join(5)

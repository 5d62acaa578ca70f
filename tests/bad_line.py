"""A bad line: a proxy that cuts the connection where it is told to, and kills the server there."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_OFFSET = re.compile(rb"^upload-offset: (\d+)\r$", re.MULTILINE | re.IGNORECASE)
_START_SECONDS = 120


@dataclass
class PagesProcess:
    """The pages in a process of their own, that can be killed and started again."""

    storage: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self.port:
            with socket.create_server(("127.0.0.1", 0)) as sock:
                self.port = sock.getsockname()[1]
        environment = {
            **{name: value for name, value in os.environ.items() if "CASEBRIDGE" not in name},
            "CASEBRIDGE_STORAGE__PATH": str(self.storage),
            "CASEBRIDGE_WEB__PORT": str(self.port),
            "CASEBRIDGE_SENDING__UNPROVEN_BYTES": str(2**40),
            **self.settings,
        }
        command = [sys.executable, "-m", "bench.idle_pages"]
        self.process = subprocess.Popen(command, env=environment)
        until = time.monotonic() + _START_SECONDS
        while True:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), timeout=5),
            ):
                return
            assert self.process.poll() is None, "the server has ended"
            assert time.monotonic() < until, "the server has not started"
            time.sleep(0.02)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def pages_process(
    storage: Path, settings: Mapping[str, str] | None = None
) -> Iterator[PagesProcess]:
    """Start the pages on a storage folder; they are killed at the end."""
    server = PagesProcess(storage, settings or {})
    server.start()
    try:
        yield server
    finally:
        server.kill()


@dataclass
class BadLine:
    """Carries bytes between a client and the pages; at each of `cuts` the line is cut in the middle
    of what the client sends, and at those in `kills` the server is killed as well."""

    server: PagesProcess
    cuts: list[int]
    kills: set[int]
    told: list[int] = field(default_factory=list)  # every offset that the client was told
    carried: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def open(self) -> Iterator[int]:
        """Listen; yields the port."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=self._accept, args=(listening,), daemon=True)
            thread.start()
            yield listening.getsockname()[1]
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.server.port))
        except OSError:
            _cut(client)
            return
        back = threading.Thread(target=self._back, args=(server, client), daemon=True)
        back.start()
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if self._forward(data, server):
                    _cut(client)
                    break
        _cut(server)
        back.join()
        _cut(client)

    def _forward(self, data: bytes, server: socket.socket) -> bool:
        """Pass bytes on; say whether the line is to be cut behind them."""
        with self._lock:
            if not self.cuts or self.carried + len(data) < self.cuts[0]:
                self.carried += len(data)
                at = None
            else:
                at = self.cuts.pop(0)
                data = data[: at - self.carried]
                self.carried = at
        server.sendall(data)
        if at in self.kills:
            self.server.kill()
            self.server.start()
        return at is not None

    def _back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                self.told += [int(one) for one in _OFFSET.findall(data)]
                client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_WR)


def _cut(sock: socket.socket) -> None:
    """End a connection without a word: a reset."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()

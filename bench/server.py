"""A server under test: a process of its own on a free port, with a fresh folder."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """A running server."""

    host: str
    port: int
    web: str  # where its pages are, of those that have any
    folder: Path
    process: subprocess.Popen[bytes]

    def peak_bytes(self) -> int:
        """Return the most memory that the process has had resident so far."""
        return self._status("VmHWM")

    def resident_bytes(self) -> int:
        """Return the memory that the process has resident now."""
        return self._status("VmRSS")

    def _status(self, key: str) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == key:
                return int(rest.split()[0]) * 1024
        raise LookupError(key)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str],
    settings: Mapping[str, str] | None = None,
    before: Callable[[dict[str, str]], None] = lambda _environment: None,
) -> Iterator[Server]:
    """Start one of our servers and stop it at the end; `settings` by their variables' names.

    The port and the folder are handed over as the settings smtp.port and storage.path. `before`
    prepares the folder, and is given the environment.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, port, web = Path(name), free_port(), free_port()
        environment = os.environ | {
            "CASEBRIDGE_SMTP__PORT": str(port),
            "CASEBRIDGE_WEB__PORT": str(web),
            "CASEBRIDGE_STORAGE__PATH": name,
            "CASEBRIDGE_LOGS__LEVEL": "warning",
            **(settings or {}),
        }
        before(environment)
        with subprocess.Popen(list(command), env=environment, stdout=sys.stderr) as process:
            try:
                await_greeting(port, process)
                yield Server("127.0.0.1", port, f"http://127.0.0.1:{web}", folder, process)
            finally:
                process.terminate()
                process.wait(_STOP_SECONDS)


def await_greeting(port: int, process: subprocess.Popen[bytes] | None) -> None:
    """Wait until a server greets. Raises RuntimeError where it ends before, or is too late."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), timeout=5) as sock,
        ):
            if sock.recv(4) == b"220 ":
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not greet")

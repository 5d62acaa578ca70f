"""unoserver: LibreOffice kept warm behind XML-RPC, as others run it. No sandbox, no limits."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import socket
import subprocess
import time
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path

from bench.rounds import NotMeasured

_START_SECONDS = 120
_SERVER = Path(__file__).with_name("hidden_unoserver.py")


class Unoserver:
    """So many servers, each of which converts one file at a time."""

    def __init__(self, proxies: list[xmlrpc.client.ServerProxy]) -> None:
        self._free: queue.SimpleQueue[xmlrpc.client.ServerProxy] = queue.SimpleQueue()
        for each in proxies:
            self._free.put(each)

    def convert(self, file: Path) -> None:
        """Write the PDF of a file beside it, by the first server that is free."""
        proxy = self._free.get()
        try:
            proxy.convert(str(file), None, str(file.with_suffix(".unoserver.pdf")))
        finally:
            self._free.put(proxy)


@contextlib.contextmanager
def unoservers(room: Path, count: int) -> Iterator[Unoserver]:
    """Start servers and wait until each answers. Raises NotMeasured where it is not installed."""
    found = importlib.util.find_spec("unoserver")
    if found is None or found.origin is None:
        raise NotMeasured("unoserver is not installed")
    with contextlib.ExitStack() as running:
        # Debian's Python has the UNO bridge; unoserver needs nothing but it.
        path = {"PYTHONPATH": str(Path(found.origin).parent.parent)}
        servers = []
        for number in range(count):
            port, inner = _free_ports()
            # As little claim to the processor as the sandbox has, or a busy machine would tell.
            line = [
                *(
                    "nice",
                    "-n",
                    "15",
                    "/usr/bin/python3",
                    "-s",
                    "-m",
                    "unoserver.server",
                    "--quiet",
                ),
                *("--port", f"{port}", "--uno-port", f"{inner}"),
                *("--user-installation", str(room / f"unoserver-{number}")),
            ]
            server = subprocess.Popen(line, env=os.environ | path, stderr=subprocess.DEVNULL)
            running.callback(_end, server)
            proxy = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{port}", allow_none=True)
            servers.append((server, proxy))
        for server, proxy in servers:
            _wait_for(server, proxy)
        yield Unoserver([proxy for _, proxy in servers])


def _free_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        return one.getsockname()[1], other.getsockname()[1]


def _wait_for(server: subprocess.Popen[bytes], proxy: xmlrpc.client.ServerProxy) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            proxy.info()
        except OSError as fault:
            if time.monotonic() > deadline or server.poll() is not None:
                raise NotMeasured("unoserver did not start") from fault
            time.sleep(0.1)
        else:
            return


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()  # it ends its LibreOffice
    server.wait(60)

"""What sings when it is touched: a port of loopback, and planted files under the kernel's watch."""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from tests.hostile.hostile_file import Lure

_SIZE = (37, 41)  # of the planted picture, in points: no other has it
PICTURE = "37x41"
_OPEN, _ACCESS, _MODIFY = 0x20, 0x01, 0x02  # inotify(7)


@dataclass
class Canary:
    """What reached the port, by TCP or UDP, and what was done to the planted files."""

    lure: Lure
    secret: str
    asked: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)


@contextlib.contextmanager
def canary(folder: Path, secret: str) -> Iterator[Canary]:
    """Listen on a free port of every address, and watch the planted files, until the end."""
    folder.mkdir()
    with contextlib.ExitStack() as opened:
        streams = opened.enter_context(
            socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        )
        port = streams.getsockname()[1]
        datagrams = opened.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
        datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        datagrams.bind(("::", port))
        ours = Canary(Lure(port, folder), secret)
        _plant(ours.lure, secret)
        stop, stopping = socket.socketpair()
        watch = _watched(folder)
        thread = threading.Thread(target=_listen, args=(ours, streams, datagrams, watch, stopping))
        thread.start()
        try:
            yield ours
        finally:
            stop.close()
            thread.join()
            stopping.close()
            os.close(watch)


def _plant(lure: Lure, secret: str) -> None:
    lure.planted("txt").write_text(f"{secret}\n")
    lure.planted("csv").write_text(f"{secret};{secret}\n")
    lure.planted("html").write_text(f"<p>{secret}</p>")
    Image.new("RGB", _SIZE, "magenta").save(lure.planted("png"))


def _watched(folder: Path) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    watch: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if watch < 0 or libc.inotify_add_watch(watch, bytes(folder), _OPEN | _ACCESS | _MODIFY) < 0:
        raise OSError(ctypes.get_errno(), "inotify")
    return watch


def _listen(
    ours: Canary, streams: socket.socket, datagrams: socket.socket, watch: int, stop: socket.socket
) -> None:
    selector = selectors.DefaultSelector()
    for each in (streams, datagrams, watch, stop):
        selector.register(each, selectors.EVENT_READ)
    with selector:
        while True:
            ready = [key.fileobj for key, _ in selector.select()]
            if streams in ready:
                connection, _ = streams.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(0.5)
                    ours.asked.append(connection.recv(200).decode("latin-1"))
                    connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
            if datagrams in ready:
                ours.asked.append(datagrams.recv(200).decode("latin-1"))
            if watch in ready:
                ours.touched += _names(os.read(watch, 1 << 16))
            if stop in ready and len(ready) == 1:
                return


def _names(events: bytes) -> list[str]:
    """Return the files of the events, without those of the folder itself."""
    found, at = [], 0
    while at < len(events):
        _, _, _, length = struct.unpack_from("iIII", events, at)
        name = events[at + 16 : at + 16 + length].rstrip(b"\0").decode()
        found += [name] if name else []
        at += 16 + length
    return found

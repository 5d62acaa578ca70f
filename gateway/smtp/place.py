"""Places where a mail door listens: TCP addresses, and sockets in the file system."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from gateway.smtp.manner import Manner


@dataclass(frozen=True)
class TcpPlace:
    """A host and a port."""

    host: str
    port: int

    def listen(self, backlog: int) -> socket.socket:
        """Listen. Raises OSError."""
        (family, *_), *_ = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return socket.create_server((self.host, self.port), family=family, backlog=backlog)


@dataclass(frozen=True)
class UnixPlace:
    """A path, and the group that may connect beside our own user: nobody, where it is empty."""

    path: Path
    group: str

    def listen(self, backlog: int) -> socket.socket:
        """Listen. What a process that was killed has left there is replaced. Raises OSError."""
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(self.path.lstat().st_mode):
                self.path.unlink()
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # Nobody else passes between bind and chmod: it does not listen yet.
            opened.bind(os.fspath(self.path))
            self.path.chmod(0o600)
            if self.group:
                try:
                    shutil.chown(self.path, group=self.group)
                except LookupError as unknown:
                    raise OSError(f"no such group: {self.group}") from unknown
                self.path.chmod(0o660)
            opened.listen(backlog)
        except OSError:
            opened.close()
            raise
        return opened


def listening(places: Sequence[TcpPlace | UnixPlace], backlog: int) -> list[socket.socket]:
    """Listen at all of them, or at none. Raises OSError."""
    with contextlib.ExitStack() as undo:
        opened = [undo.enter_context(place.listen(backlog)) for place in places]
        undo.pop_all()
    return opened


def places_of(settings: Settings, manner: Manner) -> list[TcpPlace | UnixPlace]:
    """Return where a door listens."""
    if manner.is_for_anybody:
        return [TcpPlace(settings.smtp.host, settings.smtp.port)]
    lmtp, places = settings.lmtp, list[TcpPlace | UnixPlace]()
    if lmtp.socket:
        places.append(UnixPlace(Path(lmtp.socket), lmtp.socket_group))
    if lmtp.host:
        places.append(TcpPlace(lmtp.host, lmtp.port))
    return places

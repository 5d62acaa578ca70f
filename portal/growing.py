"""A growing file: an upload's bytes in the vault, appended to by one writer at a time.

What is acknowledged is on the disk before anybody is told. What lies behind that, after a crash or
a refusal, is cut off before the next byte is written.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from portal.vault import said_plainly, sync_folder

if TYPE_CHECKING:
    from hashlib import _Hash

_READ_BYTES = 1 << 20


class Busy(Exception):
    """Another writer has this file, in this process or another one."""

    code = "upload_busy"


class BytesLost(Exception):
    """The disk holds fewer bytes than were acknowledged, as after a restored copy of the record.

    Nothing of the file can be gone on with: it is to be sent anew.
    """

    code = "upload_lost"


class Growing:
    """A file that one writer holds; left, it is free for the next one.

    The lock is the kernel's (flock) on this very descriptor: it holds among threads as well, and
    ends with the process.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where it is not there. Raises Busy, DiskFull or WriteFailed."""
        self._path = path
        self._at = 0
        self._digest = hashlib.sha256()
        with said_plainly():
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise Busy from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def go_on_at(self, offset: int, digest: _Hash | None) -> None:
        """Cut off what lies behind `offset`, and write on from there.

        `digest` is the running SHA-256 of what lies before it; None has it computed from the disk.
        Raises BytesLost and WriteFailed.
        """
        with said_plainly():
            size = os.fstat(self._descriptor).st_size
            if size < offset:
                raise BytesLost(f"{size} of {offset} bytes")
            if size > offset:
                os.ftruncate(self._descriptor, offset)
            if digest is None or offset == 0:
                digest = hashlib.sha256()
                at = 0
                while at < offset:
                    piece = os.pread(self._descriptor, min(_READ_BYTES, offset - at), at)
                    digest.update(piece)
                    at += len(piece)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
        self._at, self._digest = offset, digest

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Add bytes. Raises DiskFull or WriteFailed; the file is then good for `cut` alone."""
        view = memoryview(piece)
        with said_plainly():
            while view:
                view = view[os.write(self._descriptor, view) :]
            # Whatever else it is for, it has Linux begin to write what it is told of, and waits for
            # nothing: when `sync` comes, most of it is on the disk already.
            os.posix_fadvise(self._descriptor, self._at, len(piece), os.POSIX_FADV_DONTNEED)
        self._at += len(piece)
        self._digest.update(piece)

    def sync(self, *, is_new: bool) -> None:
        """Make every byte durable, and of a new file its name. Raises DiskFull or WriteFailed."""
        with said_plainly():
            os.fsync(self._descriptor)
            if is_new:
                sync_folder(self._path.parent)

    def digest(self) -> _Hash:
        """Return the running SHA-256 as it is now."""
        return self._digest.copy()

    def cut(self, offset: int) -> None:
        """Give back what lies behind `offset`: nobody was told of it."""
        with contextlib.suppress(OSError):  # the next writer cuts it, where the disk cannot now
            os.ftruncate(self._descriptor, offset)

    @property
    def is_closed(self) -> bool:
        """Whether the file is free for the next writer."""
        return self._descriptor < 0

    def close(self) -> None:
        """Let the next writer in."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

"""A file that was handed over as a descriptor: opened any number of times, and never by its path.

So a process without any way to the folder of a large file reads it where it lies, and needs no
copy. Every opening has a place of its own: the descriptor's is shared with whoever handed it over.
"""

from __future__ import annotations

import errno
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

_BUFFER_BYTES = 1 << 16


@dataclass(frozen=True)
class Handed:
    """A regular file, open for reading only."""

    descriptor: int
    parent: Path  # the folder of the job that it was handed to: what is made of it goes there

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return os.fstat(self.descriptor).st_size

    def open(self, mode: Literal["rb"]) -> io.BufferedReader:
        """Open it, at its start. What is returned has the file's descriptor, and leaves it open."""
        assert mode == "rb", "it is open for reading only"
        return io.BufferedReader(_Reading(self.descriptor), _BUFFER_BYTES)


File = Path | Handed


class _Reading(io.RawIOBase):
    """Reads by place (pread), so that nobody else's place moves."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def readinto(self, buffer: Any) -> int:  # whatever bytes can be written to
        read = os.preadv(self._descriptor, [buffer], self._place)
        self._place += read
        return read

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place}.get(whence)
        if start is None:
            start = os.fstat(self._descriptor).st_size
        if start + offset < 0:
            # As the kernel says it: zipfile expects that of a file shorter than what it seeks.
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        return self._place

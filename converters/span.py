"""A part of a file, read as if it were one."""

from __future__ import annotations

import errno
import io
import os
from typing import Any


class Span(io.RawIOBase):
    """So many bytes of an open file from a place on. Leaves the file's own place where it is."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._start = start
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:  # whatever bytes can be written to
        """Read by place (pread)."""
        room = memoryview(buffer)[: max(0, self._size - self._place)]
        read = os.preadv(self._descriptor, [room], self._start + self._place) if room else 0
        self._place += read
        return read

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place of the part."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """Say where it is."""
        return self._place

"""Compressed files: gzip, bzip2 and xz, unpacked a chunk at a time, their checksums looked at.

libarchive could do it as well, but does not look at gzip's checksum.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import PurePosixPath
from typing import Protocol

from converters.handed import File
from gateway.reader.member import Member, NotOpened, Why

_CHUNK_BYTES = 1 << 18
_TAR_BLOCK = 512
_CHECKSUM = slice(148, 156)


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


_OPENERS: dict[str, Callable[[BufferedReader], _Stream]] = {
    "application/gzip": lambda packed: gzip.GzipFile(fileobj=packed),
    "application/x-bzip2": bz2.BZ2File,
    "application/x-xz": lzma.LZMAFile,
}
TYPES = frozenset(_OPENERS)


def unpacked(file: File, media_type: str) -> Iterator[bytes]:
    """Give what a file holds; any other type than these as it is. Raises NotOpened: damaged."""
    try:
        with (
            file.open("rb") as packed,
            contextlib.closing(_OPENERS.get(media_type, _plain)(packed)) as stream,
        ):
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise NotOpened(Why.DAMAGED, "packed") from error


def holds_tar(file: File, media_type: str) -> bool:
    """Say whether it starts with the header of a tar archive (POSIX.1-2017, pax, ustar)."""
    head = next(unpacked(file, media_type), b"")[:_TAR_BLOCK]
    if len(head) < _TAR_BLOCK:
        return False
    try:
        said = int(head[_CHECKSUM].strip(b" \0"), 8)
    except ValueError:
        return False
    return said == sum(head) - sum(head[_CHECKSUM]) + 8 * ord(" ")


class OneFile:
    """A file that was compressed alone, as an archive of one. See `gateway.reader.member`."""

    def __init__(self, file: File, media_type: str, name: str | None) -> None:
        """`name` is the archive's: the file is called by it, without its last ending."""
        stem = PurePosixPath((name or "").replace("\\", "/")).stem
        self.members = (Member(stem or "Document", None),)
        self._file = file
        self._media_type = media_type

    def contents(self) -> Iterator[tuple[Member, Iterator[bytes]]]:
        """Give the file. Raises NotOpened."""
        yield self.members[0], unpacked(self._file, self._media_type)


def _plain(packed: BufferedReader) -> _Stream:
    return packed

"""A ZIP archive: its members unpacked chunk by chunk, each checked against its directory."""

from __future__ import annotations

import binascii
import bz2
import lzma
import zlib
from collections.abc import Iterator
from typing import Protocol

from gateway.reader.member import Member, NotOpened, Why
from gateway.reader.member_name import names
from gateway.reader.source import Extent
from gateway.reader.zip_directory import Entry, read_directory

_CHUNK_BYTES = 1 << 18
_STORED, _DEFLATED, _BZIP2, _LZMA, _XZ = 0, 8, 12, 14, 95
_KNOWN = {_STORED, _DEFLATED, _BZIP2, _LZMA, _XZ}
_MOST_DICTIONARY = 1 << 28
_LZMA_HEADER_BYTES = 9  # version, size of the properties, the properties


class _Unpacker(Protocol):
    """What bz2 and lzma have in common, and zlib after _Deflated."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Deflated:
    """zlib's decompressor in the manner of bz2's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


class ZipArchive:
    """See `gateway.reader.member.Archive`."""

    def __init__(self, file: Extent) -> None:
        """Read the directory. Raises NotOpened."""
        self._entries = read_directory(file)
        listed = names([entry.name for entry in self._entries])
        self.members = tuple(
            Member(name, entry.size, entry.is_folder)
            for name, entry in zip(listed, self._entries, strict=True)
        )
        if any(entry.encrypted for entry in self._entries):
            raise NotOpened(Why.PASSWORD, "encrypted")

    def contents(self) -> Iterator[tuple[Member, Iterator[bytes]]]:
        """Give each file with its bytes. Raises NotOpened."""
        if any(entry.method not in _KNOWN for entry in self._entries):
            raise NotOpened(Why.MEMBER, "method")
        for member, entry in zip(self.members, self._entries, strict=True):
            if not member.is_folder:
                yield member, _unpacked(entry)


def _unpacked(entry: Entry) -> Iterator[bytes]:
    size = crc = 0
    try:
        for chunk in _chunks(entry):
            size += len(chunk)
            if size > entry.size:
                raise NotOpened(Why.UNSAFE, "truths")
            crc = binascii.crc32(chunk, crc)
            yield chunk
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise NotOpened(Why.DAMAGED, "packed") from error
    if size != entry.size or crc != entry.crc:
        raise NotOpened(Why.DAMAGED, "checksum")


def _chunks(entry: Entry) -> Iterator[bytes]:
    if entry.method == _STORED:
        yield from entry.packed.chunks(_CHUNK_BYTES)
        return
    unpacker, packed = _unpacker(entry)
    for raw in packed.chunks(_CHUNK_BYTES):
        data = raw
        while not unpacker.eof:
            if chunk := unpacker.decompress(data, _CHUNK_BYTES):
                yield chunk
            data = b""
            if unpacker.needs_input and not chunk:
                break


def _unpacker(entry: Entry) -> tuple[_Unpacker, Extent]:
    packed = entry.packed
    if entry.method == _DEFLATED:
        return _Deflated(), packed
    if entry.method == _BZIP2:
        return bz2.BZ2Decompressor(), packed
    if entry.method == _XZ:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MOST_DICTIONARY), packed
    # APPNOTE.TXT 5.8.8: two bytes of version, two of size, then LZMA's own five.
    head = packed.read(packed.start, _LZMA_HEADER_BYTES)
    if len(head) < _LZMA_HEADER_BYTES or head[2:4] != b"\5\0" or head[4] >= 9 * 5 * 5:
        raise NotOpened(Why.DAMAGED, "packed")
    lc, rest = head[4] % 9, head[4] // 9
    dictionary = int.from_bytes(head[5:9], "little")
    if dictionary > _MOST_DICTIONARY:
        raise NotOpened(Why.MEMBER, "dictionary")
    how = {
        "id": lzma.FILTER_LZMA1,
        "lc": lc,
        "lp": rest % 5,
        "pb": rest // 5,
        "dict_size": dictionary,
    }
    body = packed.cut(packed.start + _LZMA_HEADER_BYTES, packed.end)
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[how]), body

"""Compound files ([MS-CFB]): their storages, and where the bytes of each stream lie.

A stranger wrote the file: every chain is bounded by the file's own size, no entry is in two places,
and all streams together are no longer than the file could hold.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_END = 0xFFFFFFFA  # sector numbers from here on are marks
_MOST_ENTRIES = 100_000
_HEADER = struct.Struct("<8s16sHHHHH6sIIIIIIIII109I")
_ENTRY_BYTES = 128
_MINI_SECTOR = 64
_STORAGE, _STREAM, _ROOT = 1, 2, 5


class NotCompound(Exception):
    """The file is no compound file, or one that is damaged."""


@dataclass(frozen=True)
class Entry:
    """A storage or a stream."""

    number: int
    name: str
    kind: int
    child: int
    start: int
    size: int
    class_id: bytes

    @property
    def is_storage(self) -> bool:
        """Say whether it holds others."""
        return self.kind in {_STORAGE, _ROOT}


class CompoundFile:
    """An open compound file, that lies at `start` in another one where that is not 0.

    Each method raises NotCompound where the file is damaged.
    """

    def __init__(self, descriptor: int, start: int, end: int) -> None:
        self._descriptor = descriptor
        self._start = start
        self._bytes = end - start
        raw = os.pread(descriptor, _HEADER.size, start)
        if len(raw) < _HEADER.size or not raw.startswith(SIGNATURE):
            raise NotCompound("signature")
        head = _HEADER.unpack(raw)
        if head[5] not in {9, 12} or head[6] != 6:
            raise NotCompound("sector size")
        self._version = head[3]
        self._size: int = 1 << head[5]
        self._sectors = -(-self._bytes // self._size)
        self._cutoff = head[12]
        self._table = self._allocation(list(head[17:]), head[15])
        self._slots = b"".join(self._sector(one) for one in self._chain(head[10]))
        if len(self._slots) < _ENTRY_BYTES:
            raise NotCompound("directory")
        self._claimed = {0}
        self._listed: dict[int, dict[str, Entry]] = {}
        self._given = 0
        self.root = self._entry(0)
        self._mini_place: list[int] | None = None
        self._mini_start = head[13]
        self._mini_table: array[int] = array("I")

    def children(self, storage: Entry) -> dict[str, Entry]:
        """Return what a storage holds, by name."""
        if storage.number in self._listed:
            return self._listed[storage.number]
        found: dict[str, Entry] = {}
        waiting, most = [storage.child], len(self._slots) // _ENTRY_BYTES
        while waiting:
            number = waiting.pop()
            if number >= min(most, _MOST_ENTRIES):
                continue
            if number in self._claimed:
                raise NotCompound("an entry in two places")
            self._claimed.add(number)
            entry = self._entry(number)
            found[entry.name] = entry
            waiting += struct.unpack_from("<II", self._slots, number * _ENTRY_BYTES + 68)
        self._listed[storage.number] = found
        return found

    def head(self, stream: Entry, most: int) -> bytes:
        """Return the first bytes of a stream, and fewer where its chain is cut short."""
        found = b""
        for place, size in self._places(stream):
            found += os.pread(self._descriptor, min(size, most - len(found)), place)
            if len(found) >= most:
                break
        return found

    def runs(self, stream: Entry) -> list[tuple[int, int]]:
        """Return where a stream's bytes lie, whole: (start, end) in the descriptor's file."""
        self._given += stream.size
        if self._given > 2 * self._bytes:
            raise NotCompound("streams that overlap")
        runs: list[tuple[int, int]] = []
        size = 0
        for place, length in self._places(stream):
            if place + length > self._start + self._bytes:
                raise NotCompound("a stream beyond the end")
            size += length
            if runs and runs[-1][1] == place:
                runs[-1] = (runs[-1][0], place + length)
            else:
                runs.append((place, place + length))
        if size != stream.size:
            raise NotCompound("a stream cut short")
        return runs

    def _entry(self, number: int) -> Entry:
        at = number * _ENTRY_BYTES
        slot = self._slots[at : at + _ENTRY_BYTES]
        length = min(struct.unpack_from("<H", slot, 64)[0], 64)
        (child,) = struct.unpack_from("<I", slot, 76)
        start, size = struct.unpack_from("<IQ", slot, 116)
        return Entry(
            number=number,
            name=slot[: max(length - 2, 0)].decode("utf-16-le", "replace"),
            kind=slot[66],
            child=child,
            start=start,
            # The upper half is noise in what old programs wrote ([MS-CFB] 2.6.3).
            size=size & 0xFFFFFFFF if self._version < 4 else size,
            class_id=slot[80:96],
        )

    def _places(self, stream: Entry) -> Iterator[tuple[int, int]]:
        """Give where the pieces of a stream lie, and how long they are, in order."""
        left = stream.size
        if left >= self._cutoff or stream.kind == _ROOT:
            for sector in self._chain(stream.start, most=-(-left // self._size)):
                yield self._place(sector), min(left, self._size)
                left -= self._size
            return
        for sector in self._mini_chain(stream.start, -(-left // _MINI_SECTOR)):
            yield sector, min(left, _MINI_SECTOR)
            left -= _MINI_SECTOR

    def _mini_chain(self, start: int, most: int) -> Iterator[int]:
        """Give where the pieces of a small stream lie: in the stream of the root."""
        if self._mini_place is None:
            self._mini_place = [self._place(one) for one in self._chain(self.root.start)]
            for sector in self._chain(self._mini_start):
                self._mini_table.frombytes(self._sector(sector))
        sector = start
        for _ in range(most):
            if sector >= _END:
                return
            block, offset = divmod(sector * _MINI_SECTOR, self._size)
            if block >= len(self._mini_place) or sector >= len(self._mini_table):
                raise NotCompound("a small sector that is not there")
            yield self._mini_place[block] + offset
            sector = int(self._mini_table[sector])

    def _allocation(self, listed: list[int], further: int) -> array[int]:
        """Read the table that chains the sectors. The list of its own goes on in a chain."""
        most = self._sectors // (self._size // 4) + 2
        for _ in range(most):
            if further >= _END or len(listed) > most + 109:
                break
            words = array("I", self._sector(further))
            listed += words[:-1]
            further = words[-1]
        table: array[int] = array("I")
        for sector in [one for one in listed if one < _END][:most]:
            table.frombytes(self._sector(sector))
        return table

    def _chain(self, start: int, most: int | None = None) -> Iterator[int]:
        sector = start
        for _ in range(self._sectors + 1 if most is None else min(most, self._sectors + 1)):
            if sector >= _END:
                return
            if sector >= len(self._table):
                raise NotCompound("a sector that is not there")
            yield sector
            sector = self._table[sector]
        if most is None and sector < _END:
            raise NotCompound("a chain in a ring")

    def _place(self, sector: int) -> int:
        return self._start + (sector + 1) * self._size

    def _sector(self, number: int) -> bytes:
        # Behind the end there are zeros: some programs leave the last sector short, and what was
        # cut short can still be told by its directory. `runs` is strict.
        raw = os.pread(self._descriptor, self._size, self._place(number))
        return raw.ljust(self._size, b"\0")

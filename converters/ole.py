"""Compound files ([MS-CFB]): the streams in them, and what kind of document those make."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

SIGNATURE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_END = 0xFFFFFFFA  # sector numbers from here on are marks
_MOST_SECTORS = 4_000_000  # of one chain: 2 GB in sectors of 512 bytes
_MOST_ENTRIES = 100_000
_HEADER = struct.Struct("<8s16sHHHHH6sIIIIIIIII")
_MINI_SECTOR = 64

# A stream's name and the type of document that has it. First match wins: a presentation may hold
# a whole Word document, but never at its top.
_KINDS = (
    ("EncryptedPackage", "application/encrypted"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
)


class NotCompound(Exception):
    """The file is no compound file, or one that is damaged."""


@dataclass(frozen=True)
class Compound:
    """What was found in a compound file."""

    media_type: str | None  # None where no stream says
    password: bool


def inspect(path: Path) -> Compound:
    """Read the directory of a compound file. Raises NotCompound."""
    with path.open("rb") as file:
        try:
            return _Reader(file).compound()
        except (struct.error, IndexError, OSError) as error:
            raise NotCompound(type(error).__name__) from error


@dataclass(frozen=True)
class _Entry:
    kind: int  # 1 storage, 2 stream, 5 root
    start: int
    size: int


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = _HEADER.unpack(file.read(_HEADER.size))
        if head[0] != SIGNATURE:
            raise NotCompound("signature")
        shift, mini_shift = head[5], head[6]
        if shift not in {9, 12} or mini_shift != 6:
            raise NotCompound("sector size")
        self._size = 1 << shift
        self._directory = head[10]
        self._cutoff, self._mini_start, next_difat = head[12], head[13], head[15]
        fat_sectors = list(struct.unpack("<109I", file.read(436)))
        # The list of the table's sectors goes on in a chain, whose last word names the next.
        for _ in range(_MOST_SECTORS // 128):
            if next_difat >= _END:
                break
            words = self._words(next_difat)
            fat_sectors += words[:-1]
            next_difat = words[-1]
        self._fat_sectors = [sector for sector in fat_sectors if sector < _END]

    def compound(self) -> Compound:
        entries = self._top_entries()
        media_type = next((kind for name, kind in _KINDS if name in entries), None)
        match media_type:
            case "application/encrypted":
                password = True
            case "application/msword":
                password = self._word_is_locked(entries["WordDocument"])
            case "application/vnd.ms-excel":
                password = self._excel_is_locked(entries.get("Workbook") or entries["Book"])
            case "application/vnd.ms-powerpoint":
                password = self._slides_are_locked(entries.get("Current User"))
            case _:
                password = False
        return Compound(media_type, password)

    def _top_entries(self) -> dict[str, _Entry]:
        """Return the entries directly below the root, by name."""
        raw = b"".join(self._sector(sector) for sector in self._chain(self._directory))
        slots = [raw[at : at + 128] for at in range(0, len(raw) - 127, 128)][:_MOST_ENTRIES]
        found: dict[str, _Entry] = {}
        if not slots:
            raise NotCompound("directory")
        self._root = self._entry(slots[0])
        waiting, seen = [struct.unpack_from("<I", slots[0], 76)[0]], set()
        while waiting:
            number = waiting.pop()
            if number >= len(slots) or number in seen:
                continue
            seen.add(number)
            slot = slots[number]
            length = min(struct.unpack_from("<H", slot, 64)[0], 64)
            name = slot[: max(length - 2, 0)].decode("utf-16-le", "replace")
            found[name] = self._entry(slot)
            waiting += struct.unpack_from("<II", slot, 68)  # left and right sibling, not the child
        return found

    @staticmethod
    def _entry(slot: bytes) -> _Entry:
        start, size = struct.unpack_from("<II", slot, 116)
        return _Entry(slot[66], start, size)

    def _word_is_locked(self, stream: _Entry) -> bool:
        # [MS-DOC] 2.5.2, FibBase: wIdent, then at 0x0A the bit fEncrypted.
        head = self._head(stream, 12)
        return len(head) == 12 and bool(struct.unpack_from("<H", head, 10)[0] & 0x0100)

    def _excel_is_locked(self, stream: _Entry) -> bool:
        # [MS-XLS] 2.4.117: a FilePass record among the first of the globals substream.
        head = self._head(stream, 4096)
        at = 0
        while at + 4 <= len(head):
            record, length = struct.unpack_from("<HH", head, at)
            if record == 0x2F:
                return True
            if record == 0x0A:  # EOF of the substream
                return False
            at += 4 + length
        return False

    def _slides_are_locked(self, stream: _Entry | None) -> bool:
        # [MS-PPT] 2.3.2, CurrentUserAtom: headerToken is 0xF3D1C4DF in an encrypted file.
        head = self._head(stream, 16) if stream is not None else b""
        return len(head) == 16 and struct.unpack_from("<I", head, 12)[0] == 0xF3D1C4DF

    def _head(self, stream: _Entry, length: int) -> bytes:
        """Return the first bytes of a stream; those of a small one lie in the root's stream."""
        if stream.size >= self._cutoff:
            chain = self._chain(stream.start, most=length // self._size + 1)
            return b"".join(map(self._sector, chain))[:length]
        mini_fat = [
            word for sector in self._chain(self._mini_start) for word in self._words(sector)
        ]
        blocks = self._chain(self._root.start)
        head = b""
        sector = stream.start
        for _ in range(length // _MINI_SECTOR + 1):
            if sector >= _END:
                break
            block, offset = divmod(sector * _MINI_SECTOR, self._size)
            head += self._sector(blocks[block])[offset : offset + _MINI_SECTOR]
            sector = mini_fat[sector]
        return head[: min(length, stream.size)]

    def _chain(self, start: int, most: int = _MOST_SECTORS) -> list[int]:
        chain: list[int] = []
        seen: set[int] = set()
        sector = start
        while sector < _END and len(chain) < most:
            if sector in seen:
                raise NotCompound("a chain in a ring")
            seen.add(sector)
            chain.append(sector)
            table, place = divmod(sector, self._size // 4)
            sector = self._word(self._fat_sectors[table], place)
        return chain

    def _words(self, sector: int) -> list[int]:
        return list(struct.unpack(f"<{self._size // 4}I", self._sector(sector)))

    def _word(self, sector: int, place: int) -> int:
        self._file.seek((sector + 1) * self._size + place * 4)
        (word,) = struct.unpack("<I", self._file.read(4))
        return int(word)

    def _sector(self, number: int) -> bytes:
        self._file.seek((number + 1) * self._size)
        return self._file.read(self._size)

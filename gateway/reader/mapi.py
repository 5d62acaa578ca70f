"""MAPI properties ([MS-OXPROPS]): what Outlook keeps of one object, by number or by name."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.reader.charset import decode
from gateway.reader.codepage import codepage_label, locale_label

STRING8, UNICODE, BINARY, OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
FIXED_BYTES = {
    0x0002: 2, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 2,
    0x0014: 8, 0x0040: 8, 0x0048: 16,
}  # fmt: skip
MULTIPLE = 0x1000
FIRST_NAMED = 0x8000
_MOST_TEXT_BYTES = 1 << 16
_MESSAGE_CODEPAGE, _INTERNET_CODEPAGE, _LOCALE = 0x3FFD, 0x3FDE, 0x3FF1
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)  # of FILETIME, which counts in 100 ns

Key = int | tuple[str, int | str]
"""A property's number below 0x8000, or the set and the number or name of a named one."""


class DamagedContainer(Exception):
    """An Outlook container is not as it must be: it is kept whole."""


@dataclass(frozen=True)
class Pieces:
    """Bytes that lie in an open file, in one run or in several."""

    descriptor: int
    runs: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return sum(end - start for start, end in self.runs)

    def head(self, most: int) -> bytes:
        """Return the first bytes."""
        found = b""
        for start, end in self.runs:
            if len(found) >= most:
                break
            found += os.pread(self.descriptor, min(end - start, most - len(found)), start)
        return found

    def cut(self, size: int) -> Pieces:
        """Return the same without its first bytes."""
        runs = []
        for start, end in self.runs:
            left = min(size, end - start)
            size -= left
            if start + left < end:
                runs.append((start + left, end))
        return Pieces(self.descriptor, tuple(runs))

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """Give the bytes in order."""
        for start, end in self.runs:
            place = start
            while place < end and (
                chunk := os.pread(self.descriptor, min(size, end - place), place)
            ):
                place += len(chunk)
                yield chunk


@dataclass(frozen=True)
class Value:
    """One property: its type, and its bytes, little-endian where it is a number."""

    kind: int
    data: bytes | Pieces

    def head(self, most: int) -> bytes:
        """Return the first bytes."""
        return self.data[:most] if isinstance(self.data, bytes) else self.data.head(most)

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data) if isinstance(self.data, bytes) else self.data.size


@dataclass
class Properties:
    """The properties of a message, a recipient or an attachment."""

    values: dict[Key, Value] = field(default_factory=dict)
    parent: Properties | None = None  # whose code page holds where there is none of its own

    def put(self, key: Key, value: Value) -> None:
        """Add one. Where a text is there twice, the Unicode one counts."""
        there = self.values.get(key)
        if there is None or there.kind != UNICODE:
            self.values[key] = value

    def get(self, key: Key) -> Value | None:
        """Return a property as it lies there."""
        return self.values.get(key)

    def text(self, *keys: Key) -> str:
        """Return the first of these that holds a text, without what follows a NUL; else ""."""
        for key in keys:
            value = self.values.get(key)
            if value is None or value.kind not in {STRING8, UNICODE}:
                continue
            raw = value.head(_MOST_TEXT_BYTES)
            if value.kind == UNICODE:
                text = raw[: len(raw) & ~1].decode("utf-16-le", "replace")
            else:
                text = decode(raw, self.label)[0]
            text = text.partition("\0")[0].strip()
            if text:
                return text
        return ""

    def number(self, key: Key) -> int | None:
        """Return a whole number or a truth value; None where there is none."""
        value = self.values.get(key)
        if value is None or value.kind not in {0x0002, 0x0003, 0x000B}:
            return None
        raw = value.head(4)
        size = 4 if value.kind == 0x0003 else 2
        return int.from_bytes(raw[:size], "little", signed=True) if len(raw) >= size else None

    def fraction(self, key: Key) -> float | None:
        """Return a floating-point number; None where there is none."""
        value = self.values.get(key)
        if value is None or value.kind != 0x0005 or value.size < 8:
            return None
        return float(struct.unpack("<d", value.head(8))[0])

    def moment(self, key: Key) -> datetime | None:
        """Return a moment in UTC; None where there is none, or one that no calendar has."""
        value = self.values.get(key)
        if value is None or value.kind != 0x0040 or value.size < 8:
            return None
        ticks = int.from_bytes(value.head(8), "little")
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    @property
    def label(self) -> str | None:
        """The charset of its 8-bit texts, None where nothing says."""
        page, locale = self.number(_MESSAGE_CODEPAGE), self.number(_LOCALE)
        if page and (label := codepage_label(page)):
            return label
        if locale and (label := locale_label(locale)):
            return label
        return self.internet_label or (self.parent.label if self.parent is not None else None)

    @property
    def internet_label(self) -> str | None:
        """The charset of its HTML, where that is kept as bytes."""
        page = self.number(_INTERNET_CODEPAGE)
        return codepage_label(page) if page else None


@dataclass
class Item:
    """A message as Outlook keeps it, or an entry of a calendar, a contact, a task."""

    properties: Properties
    recipients: list[Properties] = field(default_factory=list)
    attachments: list[Attached] = field(default_factory=list)


@dataclass
class Attached:
    """What is attached to an item: bytes, another item, or an OLE object's storage."""

    properties: Properties
    data: Pieces | None = None
    item: Item | None = None
    is_object: bool = False  # `data` is an OLE object, and no file

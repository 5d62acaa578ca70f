"""A winmail.dat ([MS-OXTNEF]): the item that Outlook packed into one part of a message."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID

from gateway.reader.entity import Count
from gateway.reader.mapi import (
    BINARY,
    FIRST_NAMED,
    FIXED_BYTES,
    MULTIPLE,
    OBJECT,
    STRING8,
    UNICODE,
    Attached,
    DamagedContainer,
    Item,
    Key,
    Pieces,
    Properties,
    Value,
)
from gateway.reader.source import Extent

SIGNATURE = struct.pack("<I", 0x223E9F78)
_OF_MESSAGE, _OF_ATTACHMENT = 1, 2
# The attributes' numbers, without their types (2.1.3.2). Older ones stand for a property.
_SUBJECT, _BODY, _CLASS, _MESSAGE_ID = 0x8004, 0x800C, 0x8008, 0x8009
_FROM, _CODEPAGE, _PROPERTIES, _RECIPIENTS = 0x8000, 0x9007, 0x9003, 0x9004
_NEXT, _DATA, _TITLE, _OF_ATTACHED = 0x9002, 0x800F, 0x8010, 0x9005
_TEXTS = {_SUBJECT: 0x0037, _BODY: 0x1000, _CLASS: 0x001A, _MESSAGE_ID: 0x1035}
_CODEPAGE_KEY, _DATA_KEY, _NAME_KEY = 0x3FFD, 0x3701, 0x3704
_SENDER_NAME, _SENDER_KIND, _SENDER_ADDRESS = 0x0C1A, 0x0C1E, 0x0C1F
_I_MESSAGE = UUID("00020307-0000-0000-c000-000000000046").bytes_le
_I_STORAGE = UUID("0000000b-0000-0000-c000-000000000046").bytes_le
_VARIABLE = {STRING8, UNICODE, BINARY, OBJECT}
_WINDOW = 1 << 16
_MOST_PROPERTIES = 100_000


def read_tnef(extent: Extent, count: Count, depth: int) -> Item:
    """Read a TNEF stream. Raises DamagedContainer, ReadingStopped."""
    count.part(depth)
    at = _Place(extent)
    if at.take(4) != SIGNATURE:
        raise DamagedContainer("signature")
    at.skip(2)
    return _Reader(at, count, depth).item()


class _Place:
    """A place in the bytes that moves on. Small reads come out of one window."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._at = extent.start
        self._window = b""
        self._origin = extent.start

    @property
    def left(self) -> int:
        return self._extent.end - self._at

    def take(self, size: int) -> bytes:
        found = self._window[self._at - self._origin : self._at - self._origin + size]
        if len(found) < size:
            self._origin = self._at
            self._window = self._extent.read(self._at, max(size, _WINDOW))
            found = self._window[:size]
        if len(found) < size:
            raise DamagedContainer("cut short")
        self._at += size
        return found

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "little")

    def run(self, size: int) -> Pieces:
        """Pass over bytes, and return where they are."""
        start = self._at
        self.skip(size)
        runs = ((start, start + size),) if size else ()
        return Pieces(self._extent.descriptor, runs)

    def skip(self, size: int) -> None:
        if size > self.left:
            raise DamagedContainer("cut short")
        self._at += size


class _Reader:
    def __init__(self, at: _Place, count: Count, depth: int) -> None:
        self._at = at
        self._count = count
        self._depth = depth
        self._item = Item(Properties())

    def item(self) -> Item:
        at = self._at
        while at.left >= 9:
            level, number, _ = at.number(1), at.number(2), at.number(2)
            data = at.run(at.number())
            at.skip(min(2, at.left))  # a checksum; senders and gateways break it, readers pass it
            if level == _OF_MESSAGE:
                self._of_message(number, data)
            elif level == _OF_ATTACHMENT:
                self._of_attachment(number, data)
            else:
                raise DamagedContainer("an attribute of nothing")
        if at.left and at.take(at.left).strip(b"\0\r\n "):
            raise DamagedContainer("cut short")
        return self._item

    def _of_message(self, number: int, data: Pieces) -> None:
        properties = self._item.properties
        if number == _PROPERTIES:
            self._put(_inside(data), properties)
        elif number == _RECIPIENTS:
            rows = _inside(data)
            for _ in range(min(rows.number(), _MOST_PROPERTIES)):
                self._item.recipients.append(Properties(parent=properties))
                self._put(rows, self._item.recipients[-1])
        elif number == _CODEPAGE:
            properties.put(_CODEPAGE_KEY, Value(0x0003, data.head(4)))
        elif number == _FROM:
            _put_sender(properties, data.head(_WINDOW))
        elif number in _TEXTS and properties.get(_TEXTS[number]) is None:
            properties.put(_TEXTS[number], Value(STRING8, data))

    def _of_attachment(self, number: int, data: Pieces) -> None:
        attachments = self._item.attachments
        if number == _NEXT:
            self._count.part(self._depth + 1)
            attachments.append(Attached(Properties(parent=self._item.properties)))
            return
        if not attachments:
            raise DamagedContainer("an attribute of no attachment")
        attached = attachments[-1]
        if number == _DATA:
            attached.data = attached.data or data
        elif number == _TITLE:
            attached.properties.put(_NAME_KEY, Value(STRING8, data))
        elif number == _OF_ATTACHED:
            self._put(_inside(data), attached.properties)
            self._open(attached)

    def _open(self, attached: Attached) -> None:
        """Take the bytes that an attachment's properties hold: a file, an item or an object."""
        value = attached.properties.get(_DATA_KEY)
        if value is None or not isinstance(value.data, Pieces):
            return
        if value.kind != OBJECT:
            attached.data = value.data
            return
        kind, rest = value.data.head(16), value.data.cut(16)
        inner = Extent(rest.descriptor, *(rest.runs or ((0, 0),))[0])
        if kind == _I_MESSAGE:
            attached.item = read_tnef(inner, self._count, self._depth + 1)
        else:
            attached.data, attached.is_object = rest, kind == _I_STORAGE

    def _put(self, at: _Place, properties: Properties) -> None:
        """Read a list of properties (2.1.3.4)."""
        for _ in range(min(at.number(), _MOST_PROPERTIES)):
            kind, number = at.number(2), at.number(2)
            key: Key = number
            if number >= FIRST_NAMED:
                key = _named(at)
            single = kind & ~MULTIPLE
            values = list(_values(at, single, at.number() if kind & MULTIPLE else None))
            if values and not kind & MULTIPLE:
                properties.put(key, Value(kind, values[0]))


def _named(at: _Place) -> tuple[str, int | str]:
    of = str(UUID(bytes_le=at.take(16)))
    if not at.number():
        return of, at.number()
    size = at.number()
    name = at.take(min(size, at.left)).decode("utf-16-le", "replace").rstrip("\0")
    at.skip(-size % 4)
    return of, name


def _values(at: _Place, kind: int, count: int | None) -> Iterator[bytes | Pieces]:
    if kind in _VARIABLE:
        # Each has a count of values, one for a single one, and each value a length.
        for _ in range(min(at.number() if count is None else count, _MOST_PROPERTIES)):
            size = at.number()
            yield at.run(size)
            at.skip(min(-size % 4, at.left))
        return
    if kind not in FIXED_BYTES:
        raise DamagedContainer("a property of no known type")
    size = FIXED_BYTES[kind]
    for _ in range(min(1 if count is None else count, _MOST_PROPERTIES)):
        yield at.take(size)
        at.skip(-size % 4)


def _inside(data: Pieces) -> _Place:
    start, end = data.runs[0] if data.runs else (0, 0)
    return _Place(Extent(data.descriptor, start, end))


def _put_sender(properties: Properties, raw: bytes) -> None:
    """Take a TRP structure apart (2.1.3.3.1): a name, and an address with its kind before it."""
    if len(raw) < 8:
        return
    _, _, name_size, address_size = struct.unpack_from("<HHHH", raw)
    name = raw[8 : 8 + name_size]
    kind, _, address = raw[8 + name_size : 8 + name_size + address_size].partition(b":")
    for key, text in ((_SENDER_NAME, name), (_SENDER_KIND, kind), (_SENDER_ADDRESS, address)):
        if properties.get(key) is None:
            properties.put(key, Value(STRING8, text))

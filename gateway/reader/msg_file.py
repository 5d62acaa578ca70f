"""An Outlook message file ([MS-OXMSG]): the items in its storages."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from uuid import UUID

from converters.compound import CompoundFile, Entry, NotCompound
from gateway.reader.entity import Count
from gateway.reader.mapi import (
    BINARY,
    FIRST_NAMED,
    FIXED_BYTES,
    MULTIPLE,
    OBJECT,
    Attached,
    DamagedContainer,
    Item,
    Key,
    Pieces,
    Properties,
    Value,
)
from gateway.reader.object_storage import storage_file
from gateway.reader.scratch import Scratch

_PROPERTIES = "__properties_version1.0"
_NAMES = "__nameid_version1.0"
_VALUE = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})", re.IGNORECASE)
_NUMBERED = re.compile(r"__(recip|attach)_version1\.0_#([0-9A-F]{1,8})", re.IGNORECASE)
# What stands before the entries of a property stream (2.4.1).
_TOP_BYTES, _EMBEDDED_BYTES, _PART_BYTES = 32, 24, 8
_ENTRY = struct.Struct("<HHI8s")
_DATA = 0x3701
# The sets that a name's entry says by a number of their own (2.2.3.1.2).
_SETS = {
    1: "00020328-0000-0000-c000-000000000046",
    2: "00020329-0000-0000-c000-000000000046",
}
_MOST_BYTES = 1 << 22


def read_msg(descriptor: int, size: int, count: Count, depth: int, scratch: Scratch) -> Item:
    """Read a message file. Raises DamagedContainer, ReadingStopped."""
    try:
        file = CompoundFile(descriptor, 0, size)
        return _Reader(file, descriptor, count, scratch).read(depth)
    except (NotCompound, struct.error) as fault:
        raise DamagedContainer(str(fault)) from fault


def _is_item(children: Iterable[str]) -> bool:
    return any(name == _PROPERTIES or _VALUE.fullmatch(name) for name in children)


class _Reader:
    def __init__(self, file: CompoundFile, descriptor: int, count: Count, scratch: Scratch) -> None:
        self._file = file
        self._descriptor = descriptor
        self._count = count
        self._scratch = scratch
        self._names: dict[int, tuple[str, int | str]] = {}

    def read(self, depth: int) -> Item:
        top = self._file.children(self._file.root)
        if not _is_item(top):
            raise DamagedContainer("no message")
        if _NAMES in top:
            self._names = self._named(top[_NAMES])
        return self._item(self._file.root, _TOP_BYTES, depth)

    def _item(self, storage: Entry, header_bytes: int, depth: int) -> Item:
        self._count.part(depth)
        properties = self._properties(storage, header_bytes, None)
        item = Item(properties)
        parts = sorted(
            (match[1].lower(), int(match[2], 16), entry)
            for name, entry in self._file.children(storage).items()
            if (match := _NUMBERED.fullmatch(name)) and entry.is_storage
        )
        for what, _, entry in parts:
            if what == "recip":
                item.recipients.append(self._properties(entry, _PART_BYTES, properties))
            else:
                self._count.part(depth + 1)
                item.attachments.append(self._attached(entry, properties, depth))
        return item

    def _attached(self, storage: Entry, parent: Properties, depth: int) -> Attached:
        properties = self._properties(storage, _PART_BYTES, parent)
        inner = next(
            (
                entry
                for name, entry in self._file.children(storage).items()
                if name.upper() == f"__SUBSTG1.0_{_DATA:04X}{OBJECT:04X}" and entry.is_storage
            ),
            None,
        )
        if inner is None:
            value = properties.get(_DATA)
            data = value.data if value is not None else None
            return Attached(properties, data if isinstance(data, Pieces) else None)
        if _is_item(self._file.children(inner)):
            return Attached(properties, item=self._item(inner, _EMBEDDED_BYTES, depth + 1))
        written = storage_file(self._file, inner, self._descriptor, self._scratch)
        return Attached(properties, written, is_object=True)

    def _properties(
        self, storage: Entry, header_bytes: int, parent: Properties | None
    ) -> Properties:
        children = self._file.children(storage)
        found = Properties(parent=parent)
        # Some programs leave the list out: what has a stream of its own is there all the same.
        raw = self._whole(children[_PROPERTIES]) if _PROPERTIES in children else b""
        for at in range(header_bytes, len(raw) - _ENTRY.size + 1, _ENTRY.size):
            kind, number, _, value = _ENTRY.unpack_from(raw, at)
            if kind in FIXED_BYTES and FIXED_BYTES[kind] <= len(value):
                found.put(self._key(number), Value(kind, value[: FIXED_BYTES[kind]]))
        for name, entry in children.items():
            match = _VALUE.fullmatch(name)
            if match is None or entry.is_storage or not entry.size:
                continue
            number, kind = int(match[1], 16), int(match[2], 16)
            if not kind & MULTIPLE:
                pieces = Pieces(self._descriptor, tuple(self._file.runs(entry)))
                found.put(self._key(number), Value(kind, pieces))
        return found

    def _key(self, number: int) -> Key:
        return number if number < FIRST_NAMED else self._names.get(number, number)

    def _named(self, storage: Entry) -> dict[int, tuple[str, int | str]]:
        """Read which set and name each number from 0x8000 on stands for (2.2.3)."""
        children = {name.upper(): entry for name, entry in self._file.children(storage).items()}

        def stream(number: int) -> bytes:
            entry = children.get(f"__SUBSTG1.0_{number:04X}{BINARY:04X}")
            return b"" if entry is None else self._whole(entry)

        sets, entries, strings = stream(2), stream(3), stream(4)
        found: dict[int, tuple[str, int | str]] = {}
        for at in range(0, len(entries) - 7, 8):
            name, kind, index = struct.unpack_from("<IHH", entries, at)
            place = ((kind >> 1) - 3) * 16
            if place >= 0:
                raw = sets[place : place + 16]
                of = str(UUID(bytes_le=raw)) if len(raw) == 16 else ""
            else:
                of = _SETS.get(kind >> 1, "")
            if kind & 1:
                length = int.from_bytes(strings[name : name + 4], "little")
                text = strings[name + 4 : name + 4 + min(length, 1024)]
                found[FIRST_NAMED + index] = (of, text.decode("utf-16-le", "replace"))
            else:
                found[FIRST_NAMED + index] = (of, name)
        return found

    def _whole(self, entry: Entry) -> bytes:
        if entry.size > _MOST_BYTES:
            raise DamagedContainer("a property stream too long")
        pieces = Pieces(self._descriptor, tuple(self._file.runs(entry)))
        return pieces.head(_MOST_BYTES)

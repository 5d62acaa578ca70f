"""Outlook's files made from scratch: a .msg out of MAPI properties, and a winmail.dat likewise."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from converters.compound_write import Node, compound_chunks
from gateway.reader.mapi import FIXED_BYTES

STRING8, UNICODE, BINARY, OBJECT = 0x001E, 0x001F, 0x0102, 0x000D
SHORT, LONG, TRUTH, TIME, DOUBLE = 0x0002, 0x0003, 0x000B, 0x0040, 0x0005
I_MESSAGE = UUID("00020307-0000-0000-c000-000000000046").bytes_le
I_STORAGE = UUID("0000000b-0000-0000-c000-000000000046").bytes_le
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

Key = int | tuple[str, int | str]
Properties = Mapping[tuple[Key, int], object]
"""Values by key and type: texts are str (or bytes as they are), numbers int, moments datetime."""


@dataclass
class Message:
    """An item to be written."""

    properties: Properties
    recipients: Sequence[Properties] = ()
    attachments: Sequence[Attachment] = ()


@dataclass
class Attachment:
    """Something attached: bytes, another item, or the streams of an OLE object."""

    properties: Properties
    data: bytes | None = None
    item: Message | None = None
    streams: Mapping[str, bytes] = field(default_factory=dict)


def words(subject: str, body: str, **more: object) -> Properties:
    """Return the properties of a plain message."""
    return {
        (0x001A, UNICODE): "IPM.Note",
        (0x0037, UNICODE): subject,
        (0x1000, UNICODE): body,
        (0x0C1A, UNICODE): "Pat Lee",
        (0x0C1E, UNICODE): "SMTP",
        (0x0C1F, UNICODE): "pat@baker.example",
        (0x0039, TIME): datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
        **{(int(key[1:], 16), kind): value for key, (kind, value) in _pairs(more)},
    }


def _pairs(more: Mapping[str, object]) -> list[tuple[str, tuple[int, object]]]:
    found = []
    for key, pair in more.items():
        assert isinstance(pair, tuple)
        found.append((key, (int(pair[0]), pair[1])))
    return found


def named(name: str, **more: object) -> Properties:
    """Return the properties of an attached file."""
    return {
        (0x3707, UNICODE): name,
        (0x3705, LONG): 1,
        **{(int(key[1:], 16), kind): value for key, (kind, value) in _pairs(more)},
    }


def raw(kind: int, value: object) -> bytes:
    """Return a value's bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-16-le" if kind == UNICODE else "cp1252")
    if isinstance(value, datetime):
        return struct.pack("<Q", (value - _EPOCH) // timedelta(microseconds=1) * 10)
    if isinstance(value, float):
        return struct.pack("<d", value)
    assert isinstance(value, int)
    return value.to_bytes(FIXED_BYTES[kind], "little", signed=True)


# -- .msg ------------------------------------------------------------------------------------------


def msg(message: Message) -> bytes:
    """Write an item as a .msg ([MS-OXMSG])."""
    names: list[tuple[str, int | str]] = []
    children = _item(message, 32, names)
    children.append(_names(names))
    return compound({"": children})


def compound(top: Mapping[str, Sequence[Node]] | Mapping[str, bytes]) -> bytes:
    """Write a compound file: of these streams, or of the nodes under the name ""."""
    nodes: list[Node] = []
    for name, content in top.items():
        if isinstance(content, bytes):
            nodes.append(stream(name, content))
        else:
            nodes.extend(content)
    return b"".join(compound_chunks(Node("Root Entry", nodes)))


def stream(name: str, content: bytes) -> Node:
    """Return a stream's node."""
    return Node(name, None, len(content), lambda: [content])


def _item(message: Message, header: int, names: list[tuple[str, int | str]]) -> list[Node]:
    children = _properties(message.properties, header, names)
    for number, recipient in enumerate(message.recipients):
        name = f"__recip_version1.0_#{number:08X}"
        children.append(Node(name, _properties(recipient, 8, names)))
    for number, attached in enumerate(message.attachments):
        inside = _properties(attached.properties, 8, names)
        if attached.data is not None:
            inside.append(stream("__substg1.0_37010102", attached.data))
        elif attached.item is not None:
            inside.append(Node("__substg1.0_3701000D", _item(attached.item, 24, names)))
        elif attached.streams:
            inside.append(
                Node("__substg1.0_3701000D", [stream(*each) for each in attached.streams.items()])
            )
        children.append(Node(f"__attach_version1.0_#{number:08X}", inside))
    return children


def _properties(
    properties: Properties, header: int, names: list[tuple[str, int | str]]
) -> list[Node]:
    entries, nodes = bytes(header), []
    for (key, kind), value in properties.items():
        number = key if isinstance(key, int) else _number(key, names)
        content = raw(kind, value)
        if kind in FIXED_BYTES:
            inline = content.ljust(8, b"\0")
        else:
            inline = struct.pack("<II", len(content), 0)
            nodes.append(stream(f"__substg1.0_{number:04X}{kind:04X}", content))
        entries += struct.pack("<HHI", kind, number, 6) + inline
    return [*nodes, stream("__properties_version1.0", entries)]


def _number(key: tuple[str, int | str], names: list[tuple[str, int | str]]) -> int:
    if key not in names:
        names.append(key)
    return 0x8000 + names.index(key)


def _names(names: Sequence[tuple[str, int | str]]) -> Node:
    sets = list(dict.fromkeys(of for of, _ in names))
    entries = strings = b""
    for index, (of, name) in enumerate(names):
        kind = (sets.index(of) + 3) << 1
        if isinstance(name, str):
            text = name.encode("utf-16-le")
            entries += struct.pack("<IHH", len(strings), kind | 1, index)
            strings += struct.pack("<I", len(text)) + text + bytes(-len(text) % 4)
        else:
            entries += struct.pack("<IHH", name, kind, index)
    guids = b"".join(UUID(of).bytes_le for of in sets)
    return Node(
        "__nameid_version1.0",
        [
            stream("__substg1.0_00020102", guids),
            stream("__substg1.0_00030102", entries),
            stream("__substg1.0_00040102", strings),
        ],
    )


# -- winmail.dat -----------------------------------------------------------------------------------


def tnef(message: Message) -> bytes:
    """Write an item as a TNEF stream ([MS-OXTNEF])."""
    found = struct.pack("<IH", 0x223E9F78, 1)
    found += _attribute(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    found += _attribute(1, 0x9003, 6, _list(message.properties))
    if message.recipients:
        rows = b"".join(_list(each) for each in message.recipients)
        found += _attribute(1, 0x9004, 6, struct.pack("<I", len(message.recipients)) + rows)
    for attached in message.attachments:
        found += _attribute(2, 0x9002, 6, bytes(14))
        if attached.data is not None:
            found += _attribute(2, 0x800F, 6, attached.data)
        extra: dict[tuple[Key, int], object] = dict(attached.properties)
        if attached.item is not None:
            extra[0x3701, OBJECT] = I_MESSAGE + tnef(attached.item)
        elif attached.streams:
            extra[0x3701, OBJECT] = I_STORAGE + compound(attached.streams)
        found += _attribute(2, 0x9005, 6, _list(extra))
    return found


def _attribute(level: int, number: int, kind: int, data: bytes) -> bytes:
    head = struct.pack("<BHHI", level, number, kind, len(data))
    return head + data + struct.pack("<H", sum(data) & 0xFFFF)


def _list(properties: Properties) -> bytes:
    found = struct.pack("<I", len(properties))
    for (key, kind), value in properties.items():
        number = key if isinstance(key, int) else 0x8001
        found += struct.pack("<HH", kind, number)
        if not isinstance(key, int):
            of, name = key
            found += UUID(of).bytes_le
            if isinstance(name, int):
                found += struct.pack("<II", 0, name)
            else:
                text = f"{name}\0".encode("utf-16-le")
                found += struct.pack("<II", 1, len(text)) + text + bytes(-len(text) % 4)
        content = raw(kind, value)
        if kind not in FIXED_BYTES:
            found += struct.pack("<II", 1, len(content))
        found += content + bytes(-len(content) % 4)
    return found

"""Writing a compound file ([MS-CFB], version 3): a storage from within another one, as a file."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from converters.compound import SIGNATURE

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT, _DIFAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC, 0xFFFFFFFF
_IN_HEADER = 109


@dataclass
class Node:
    """A storage, or a stream of `size` bytes that `chunks` gives."""

    name: str
    children: Sequence[Node] | None = None  # None for a stream
    size: int = 0
    chunks: Callable[[], Iterable[bytes]] = field(default=tuple)
    class_id: bytes = bytes(16)


@dataclass
class _Slot:
    node: Node
    kind: int
    start: int = _END
    size: int = 0
    left: int = _NONE
    right: int = _NONE
    child: int = _NONE


def compound_chunks(root: Node) -> Iterator[bytes]:
    """Give the bytes of a compound file with this root, in order. Nothing large is in memory."""
    slots: list[_Slot] = [_Slot(root, 5)]
    _place(slots, 0)
    small = [slot for slot in slots if slot.kind == 2 and 0 < slot.size < _CUTOFF]
    large = [slot for slot in slots if slot.kind == 2 and slot.size >= _CUTOFF]
    table: list[int] = []
    mini_table: list[int] = []
    for slot in small:
        slot.start = _chain(mini_table, slot.size, _MINI)
    mini_size = len(mini_table) * _MINI
    slots[0].start, slots[0].size = _chain(table, mini_size, _SECTOR), mini_size
    for slot in large:
        slot.start = _chain(table, slot.size, _SECTOR)
    directory = _chain(table, len(slots) * 128, _SECTOR)
    mini_start = _chain(table, len(mini_table) * 4, _SECTOR)
    fat, difat = _own_sectors(len(table))
    first_fat = len(table)
    table += [_FAT] * fat + [_DIFAT] * difat
    yield _header(
        fat=fat,
        first_fat=first_fat,
        difat=difat,
        directory=directory,
        mini_start=mini_start,
        mini_sectors=-(-len(mini_table) * 4 // _SECTOR),
    )
    yield from _padded((chunk for slot in small for chunk in _filled(slot.node, _MINI)), _SECTOR)
    for slot in large:
        yield from _filled(slot.node, _SECTOR)
    yield from _padded((_slot_bytes(slot) for slot in slots), _SECTOR)
    yield from _padded((struct.pack("<I", word) for word in mini_table), _SECTOR, b"\xff")
    yield from _padded((struct.pack("<I", word) for word in table), _SECTOR, b"\xff")
    rest = [first_fat + number for number in range(_IN_HEADER, fat)]
    for number in range(difat):
        listed = rest[number * 127 : number * 127 + 127]
        further = first_fat + fat + number + 1 if number + 1 < difat else _END
        yield struct.pack("<128I", *listed, *[_FREE] * (127 - len(listed)), further)


def _place(slots: list[_Slot], parent: int) -> None:
    """Put what a storage holds into the directory, as a tree that is as deep as it must be."""
    waiting = [parent]
    while waiting:
        at = waiting.pop()
        # Shorter names first, then upper case (2.6.4).
        children = sorted(
            slots[at].node.children or (),
            key=lambda node: (len(node.name.encode("utf-16-le")), node.name.upper()),
        )
        first = len(slots)
        for node in children:
            is_storage = node.children is not None
            slots.append(_Slot(node, 1 if is_storage else 2, size=node.size))
            if is_storage:
                slots[-1].start, slots[-1].size = 0, 0
                waiting.append(len(slots) - 1)
        slots[at].child = _tree(slots, first, len(slots))


def _tree(slots: list[_Slot], start: int, end: int) -> int:
    if start >= end:
        return _NONE
    middle = (start + end) // 2
    slots[middle].left = _tree(slots, start, middle)
    slots[middle].right = _tree(slots, middle + 1, end)
    return middle


def _chain(table: list[int], size: int, unit: int) -> int:
    """Take as many sectors as `size` bytes need. Return the first."""
    count = -(-size // unit)
    if not count:
        return _END
    first = len(table)
    table += [*range(first + 1, first + count), _END]
    return first


def _own_sectors(others: int) -> tuple[int, int]:
    """Return how many sectors the table needs, itself included, and how many its list does."""
    fat = difat = 0
    while True:
        needed = -(-(others + fat + difat) // (_SECTOR // 4))
        listed = -(-max(0, needed - _IN_HEADER) // 127)
        if (needed, listed) == (fat, difat):
            return fat, difat
        fat, difat = needed, listed


def _header(
    *, fat: int, first_fat: int, difat: int, directory: int, mini_start: int, mini_sectors: int
) -> bytes:
    listed = [first_fat + number for number in range(min(fat, _IN_HEADER))]
    return struct.pack(
        "<8s16sHHHHH6sIIIIIIIII109I",
        *(SIGNATURE, bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6), 0, fat, directory, 0, _CUTOFF),
        *(mini_start, mini_sectors, first_fat + fat if difat else _END, difat),
        *(listed + [_FREE] * (_IN_HEADER - len(listed))),
    )


def _slot_bytes(slot: _Slot) -> bytes:
    name = slot.node.name.encode("utf-16-le")[:62]
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        *(name, len(name) + 2, slot.kind, 1, slot.left, slot.right, slot.child),
        *(slot.node.class_id, 0, 0, 0, slot.start, slot.size),
    )


def _filled(node: Node, unit: int) -> Iterator[bytes]:
    """Give a stream's bytes, as many as it says, up to a whole sector."""
    left = node.size
    for chunk in node.chunks():
        yield chunk[:left]
        left -= min(left, len(chunk))
    yield bytes(left + -node.size % unit)


def _padded(chunks: Iterable[bytes], unit: int, filler: bytes = b"\0") -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        yield chunk
    yield filler * (-size % unit)

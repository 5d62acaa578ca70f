"""A ZIP file's directory, believed only where the whole file tells one story (APPNOTE.TXT 6.3.10).

Programs read a ZIP file from its end, from its start, or by what lies between; a file that is not
the same for all of them is unsafe, and nothing of it is unpacked.
"""

from __future__ import annotations

import binascii
import stat
import struct
from dataclasses import dataclass

from gateway.reader.member import NotOpened, Why
from gateway.reader.member_name import RawName
from gateway.reader.source import Extent
from gateway.reader.zip_end import Directory, find_directory

MOST_ENTRIES = 65_535
_MOST_DIRECTORY_BYTES = 32 << 20

_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL_MARK, _LOCAL_MARK = b"PK\1\2", b"PK\3\4"
_FULL32 = 0xFFFFFFFF  # the true value is in the ZIP64 field
_EXTRA_ZIP64, _EXTRA_NAME = 0x0001, 0x7075
_ENCRYPTED, _SIZES_BEHIND, _STRONG, _UTF8, _MASKED = 1, 1 << 3, 1 << 6, 1 << 11, 1 << 13
_UNIX_MAKERS, _DOS_FOLDER = {3, 19}, 0x10
_STORED, _AES = 0, 99


@dataclass(frozen=True)
class Entry:
    """One file of the directory, with where its packed bytes lie."""

    name: RawName
    method: int
    size: int  # unpacked
    crc: int
    encrypted: bool
    is_folder: bool
    packed: Extent


@dataclass(frozen=True)
class _Listed:
    """An entry as the directory has it."""

    raw: bytes
    name: RawName
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int  # of Unix, 0 where its maker was none
    is_folder: bool
    offset: int


def read_directory(file: Extent) -> list[Entry]:
    """Read the directory and hold every entry against what stands in front of its bytes.

    Raises NotOpened: damaged, unsafe, or whole for more than MOST_ENTRIES.
    """
    directory = find_directory(file)
    if directory.entries > MOST_ENTRIES or directory.end - directory.start > _MOST_DIRECTORY_BYTES:
        raise NotOpened(Why.WHOLE, "entries")
    listed = _list(file, directory)
    entries: list[Entry] = []
    place = 0
    for one in sorted(listed, key=lambda one: one.offset):
        if one.offset < place:
            raise NotOpened(Why.UNSAFE, "overlap")
        _look_between(file.cut(place, one.offset))
        entry = _hold_against_local(file, one, directory.start)
        place = entry.packed.end
        entries.append(entry)
    _look_between(file.cut(place, directory.start))
    _look_between(file.cut(directory.end, file.end))
    order = {one.offset: number for number, one in enumerate(listed)}
    found = sorted(zip(sorted(order), entries, strict=True), key=lambda pair: order[pair[0]])
    return [entry for _, entry in found]


def _list(file: Extent, directory: Directory) -> list[_Listed]:
    raw = file.read(directory.start, directory.end - directory.start)
    listed: list[_Listed] = []
    place = 0
    while place < len(raw):
        if len(raw) - place < _CENTRAL.size or raw[place : place + 4] != _CENTRAL_MARK:
            if raw[place : place + 4] == b"PK\5\5":
                break  # a signature over the directory
            raise NotOpened(Why.DAMAGED, "directory")
        fields = _CENTRAL.unpack_from(raw, place)
        place += _CENTRAL.size
        name_bytes, extra_bytes, comment = fields[10:13]
        name = raw[place : place + name_bytes]
        extra = raw[place + name_bytes : place + name_bytes + extra_bytes]
        place += name_bytes + extra_bytes + comment
        if place > len(raw):
            raise NotOpened(Why.DAMAGED, "directory")
        listed.append(_listed(fields, name, extra, directory.before))
    if len(listed) != directory.entries:
        raise NotOpened(Why.UNSAFE, "truths")
    return listed


def _listed(fields: tuple[int, ...], name: bytes, extra: bytes, before: int) -> _Listed:
    _, maker, _, flags, method, _, _, crc, packed, size = fields[:10]
    outside, offset = fields[15:17]
    more = _extras(extra)
    size, packed, offset = _wide(more, (size, packed, offset))
    is_unix = maker >> 8 in _UNIX_MAKERS
    return _Listed(
        raw=name,
        name=_name(name, flags, more),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        mode=outside >> 16 if is_unix else 0,
        is_folder=name.endswith((b"/", b"\\")) or bool(outside & _DOS_FOLDER and not size),
        offset=offset + before,
    )


def _wide(more: dict[int, bytes], narrow: tuple[int, ...]) -> tuple[int, ...]:
    """Fill in what did not fit 32 bits (4.5.3): the field holds only those, in this order."""
    field = more.get(_EXTRA_ZIP64, b"")
    values: list[int] = []
    for value in narrow:
        if value != _FULL32:
            values.append(value)
            continue
        if len(field) < 8:
            raise NotOpened(Why.DAMAGED, "zip64")
        values.append(int.from_bytes(field[:8], "little"))
        field = field[8:]
    return tuple(values)


def _extras(raw: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    place = 0
    while place + 4 <= len(raw):
        kind, size = struct.unpack_from("<HH", raw, place)
        place += 4
        if place + size > len(raw):
            raise NotOpened(Why.DAMAGED, "extra field")
        found.setdefault(kind, raw[place : place + size])
        place += size
    return found


def _name(raw: bytes, flags: int, more: dict[int, bytes]) -> RawName:
    field = more.get(_EXTRA_NAME, b"")
    if len(field) > 5 and field[0] == 1:  # 4.6.9: it counts where it was made for this very name
        made_for = int.from_bytes(field[1:5], "little")
        if made_for == binascii.crc32(raw):
            return RawName(field[5:], "utf-8")
    return RawName(raw, "utf-8" if flags & _UTF8 else None)


def _hold_against_local(file: Extent, listed: _Listed, end: int) -> Entry:
    """Compare an entry with its local header. Raises NotOpened where they differ."""
    raw = file.read(listed.offset, _LOCAL.size)
    if len(raw) < _LOCAL.size or not raw.startswith(_LOCAL_MARK):
        raise NotOpened(Why.DAMAGED, "local header")
    _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(raw)
    place = listed.offset + _LOCAL.size
    name = file.read(place, name_bytes)
    more = _extras(file.read(place + name_bytes, extra_bytes))
    place += name_bytes + extra_bytes
    masked = bool(flags & _MASKED)  # strong encryption hides these fields
    encrypted = bool(listed.flags & (_ENCRYPTED | _STRONG)) or listed.method == _AES or masked
    if not masked:
        size, packed = _wide(more, (size, packed))
        later = flags & _SIZES_BEHIND  # then the local header may not know them yet
        pairs = ((size, listed.size), (packed, listed.packed), (crc, listed.crc))
        same = all(here == there or (later and not here) for here, there in pairs)
        same &= name == listed.raw
        # Some programs write the name in Unicode in the directory alone.
        same &= _EXTRA_NAME not in more or _name(name, flags, more).raw == listed.name.raw
        if not same or method != listed.method or (flags ^ listed.flags) & _ENCRYPTED:
            raise NotOpened(Why.UNSAFE, "truths")
    if place + listed.packed > end:
        raise NotOpened(Why.UNSAFE, "overlap")
    if b"\0" in listed.raw:
        raise NotOpened(Why.UNSAFE, "path")
    if stat.S_IFMT(listed.mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise NotOpened(Why.UNSAFE, "link")
    odd = method == _STORED and not encrypted and listed.size != listed.packed
    if odd or (listed.is_folder and listed.size):
        raise NotOpened(Why.UNSAFE, "truths")
    return Entry(
        name=listed.name,
        method=listed.method,
        size=listed.size,
        crc=listed.crc,
        encrypted=encrypted,
        is_folder=listed.is_folder,
        packed=file.cut(place, place + listed.packed),
    )


def _look_between(gap: Extent) -> None:
    """Raise NotOpened where bytes that the directory does not speak of hold another file."""
    kept = b""
    for chunk in gap.chunks():
        window = kept + chunk
        if _LOCAL_MARK in window:
            raise NotOpened(Why.UNSAFE, "hidden")
        kept = window[-3:]

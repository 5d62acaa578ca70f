"""A ZIP file's end record: where its directory is, by the one record that every program finds."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from gateway.reader.member import NotOpened, Why
from gateway.reader.source import Extent

_MOST_COMMENT = 65_535

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_END_MARK, _CENTRAL_MARK = b"PK\5\6", b"PK\1\2"
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF  # the true value is in the ZIP64 record


@dataclass(frozen=True)
class Directory:
    """Where a ZIP file's directory is, as its end record says."""

    start: int
    end: int
    entries: int
    before: int  # bytes in front of the first entry that no offset counts
    closes: int  # where the file should end


def find_directory(file: Extent) -> Directory:
    """Find the end record that counts. Raises NotOpened where there is none, or more than one."""
    start = max(file.start, file.end - _END.size - _MOST_COMMENT)
    tail = file.read(start, file.end - start)
    found: dict[int, Directory] = {}
    place = tail.rfind(_END_MARK)
    while place >= 0:
        directory = _directory_at(file, start + place)
        if directory is not None:
            found[start + place] = directory
        place = tail.rfind(_END_MARK, 0, place)
    if not found:
        raise NotOpened(Why.DAMAGED, "end")
    last, *others = found.items()
    for at, other in others:
        # One in a member that is a ZIP file itself ends long before this file does.
        if at >= last[1].end or other.closes > last[1].start:
            raise NotOpened(Why.UNSAFE, "truths")
    return last[1]


def _directory_at(file: Extent, place: int) -> Directory | None:
    """Read an end record; None where it is not one. Raises NotOpened for two truths in it."""
    raw = file.read(place, _END.size)
    if len(raw) < _END.size:
        return None
    _, disk, first_disk, here, entries, size, offset, comment = _END.unpack(raw)
    end = place
    wide = file.read(place - _LOCATOR64.size, _LOCATOR64.size) if place >= 20 else b""
    if wide.startswith(b"PK\6\7"):
        full = _end64(file, place, wide)
        if full is None:
            return None
        narrow = (entries, size, offset)
        for said, limit, true in zip(narrow, (_FULL16, _FULL32, _FULL32), full[1:], strict=True):
            if said not in {limit, true}:
                raise NotOpened(Why.UNSAFE, "truths")
        end, entries, size, offset = full
    elif _FULL32 in {size, offset}:
        return None
    elif disk or first_disk or here != entries:
        return None  # one of several volumes
    start = end - size
    if start - offset < file.start or (entries and file.read(start, 4) != _CENTRAL_MARK):
        return None
    return Directory(start, end, entries, start - offset, place + _END.size + comment)


def _end64(file: Extent, place: int, locator: bytes) -> tuple[int, int, int, int] | None:
    """Return where the directory ends, its entries, its size and its offset."""
    _, _, at, disks = _LOCATOR64.unpack(locator)
    # The record stands right before its locator (CVE-2025-8291), and has no part after its fields.
    record = place - _LOCATOR64.size - _END64.size
    raw = file.read(record, _END64.size) if record >= file.start else b""
    if disks > 1 or not raw.startswith(b"PK\6\6"):
        return None
    _, _, _, _, disk, first_disk, here, entries, size, offset = _END64.unpack(raw)
    if disk or first_disk or here != entries or at != offset + size:
        return None
    return record, entries, size, offset

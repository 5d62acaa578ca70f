"""The words of a binary PowerPoint presentation's slides that are shown ([MS-PPT])."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from converters.compound import CompoundFile, NotCompound
from converters.words import words

_MOST_BYTES = 64 * 1024 * 1024
_MOST_EDITS = 10_000
_EDIT, _PLACES, _DOCUMENT, _SLIDE = 0x0FF5, 0x1772, 0x03E8, 0x03EE
_LIST, _LISTED, _SHOW, _WIDE, _NARROW = 0x0FF0, 0x03F3, 0x03F9, 0x0FA0, 0x0FA8
_HEADER: Final = struct.Struct("<HHI")
_HIDDEN = 4


class _NotFollowed(Exception):
    """A place that leads to something else than it should."""


@dataclass(frozen=True)
class _Record:
    kind: int
    instance: int
    holds: bool  # records, and no value
    start: int
    end: int


def words_of(file: IO[bytes]) -> list[str] | None:
    """Return the words that show, or None for a presentation that cannot be followed."""
    try:
        compound = CompoundFile(file.fileno(), 0, os.fstat(file.fileno()).st_size)
        entries = compound.children(compound.root)
        data = compound.head(entries["PowerPoint Document"], _MOST_BYTES)
        user = compound.head(entries["Current User"], 20)
        return words("\n".join(_Slides(data, struct.unpack_from("<I", user, 16)[0]).shown()))
    except (_NotFollowed, NotCompound, struct.error, KeyError):
        return None


class _Slides:
    def __init__(self, data: bytes, edit: int) -> None:
        self._data = data
        self._places: dict[int, int] = {}  # by the number of an object, in its newest edition
        self._document = 0
        self._follow(edit)

    def shown(self) -> Iterator[str]:
        """Give the text of each slide that is not hidden, first what is in the outline."""
        document = self._at(self._places[self._document], _DOCUMENT)
        is_hidden = False  # what stands in front of the first slide is of none
        listed = [each for each in self._in(document) if each.kind == _LIST and not each.instance]
        for each in (record for part in listed for record in self._in(part)):
            if each.kind == _LISTED:
                place = self._places[struct.unpack_from("<I", self._data, each.start)[0]]
                slide = list(self._below(self._at(place, _SLIDE)))
                is_hidden = any(self._hides(one) for one in slide)
                if not is_hidden:
                    yield from self._texts(slide)
            elif not is_hidden:
                yield from self._texts([each])

    def _follow(self, edit: int) -> None:
        """Read where objects are, from the newest edition back ([MS-PPT] 2.1.2)."""
        read: set[int] = set()
        for _ in range(_MOST_EDITS):
            at = self._at(edit, _EDIT).start
            before, places, document = struct.unpack_from("<3I", self._data, at + 8)
            self._document = self._document or document
            if places not in read:  # each edit may name the same, and it may be long
                read.add(places)
                self._read_places(self._at(places, _PLACES))
            if not before or before >= edit:
                return
            edit = before

    def _read_places(self, listed: _Record) -> None:
        at = listed.start
        while at + 4 <= listed.end:
            (head,) = struct.unpack_from("<I", self._data, at)
            first, count = head & 0xFFFFF, head >> 20
            for number, place in enumerate(struct.unpack_from(f"<{count}I", self._data, at + 4)):
                self._places.setdefault(first + number, place)
            at += 4 + 4 * count

    def _at(self, place: int, kind: int) -> _Record:
        version, found, length = _HEADER.unpack_from(self._data, place)
        if found != kind:
            raise _NotFollowed
        holds = version & 0xF == 0xF
        return _Record(found, version >> 4, holds, place + 8, place + 8 + length)

    def _in(self, outer: _Record) -> Iterator[_Record]:
        at, end = outer.start, min(outer.end, len(self._data))
        while at + 8 <= end:
            version, kind, length = _HEADER.unpack_from(self._data, at)
            upto = min(at + 8 + length, end)  # or what follows would be gone through once more
            yield _Record(kind, version >> 4, version & 0xF == 0xF, at + 8, upto)
            at += 8 + length

    def _below(self, outer: _Record) -> Iterator[_Record]:
        waiting = [self._in(outer)]
        while waiting:
            record = next(waiting[-1], None)
            if record is None:
                waiting.pop()
                continue
            yield record
            if record.holds and len(waiting) < 100:
                waiting.append(self._in(record))

    def _hides(self, record: _Record) -> bool:
        flags = self._data[record.start + 10 : record.start + 11]
        return record.kind == _SHOW and bool(flags) and bool(flags[0] & _HIDDEN)

    def _texts(self, records: list[_Record]) -> Iterator[str]:
        for each in records:
            data = self._data[each.start : each.end]
            if each.kind == _WIDE:
                yield data.decode("utf-16-le", "replace")
            elif each.kind == _NARROW:
                yield data.decode("latin-1")  # [MS-PPT] 2.9.44: the low bytes of UTF-16

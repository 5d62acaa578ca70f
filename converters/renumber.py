"""Renumber: the objects of a PDF that qpdf has written, one after the other, with other numbers.

qpdf writes every object in one way only: no comments, no generations, keys and values with one
space between them, brackets in strings and spaces in names escaped, objects in the order of their
numbers. So references are found without a parser, and a PDF of any length passes through while one
object of it is in memory.
"""

from __future__ import annotations

import contextlib
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from converters.fault import EngineFailed

_TOKENS: Final = re.compile(
    rb"\((?:[^\\()]|\\.)*\)"  # a string: what stands in it is no reference
    rb"|(?P<key>/StructParents? )(?P<tag>\d+)(?= )(?! 0 R )"
    rb"|(?<= )(?P<number>\d+) 0 R(?= )",
    re.DOTALL,
)
_STREAM: Final = b"\nstream\n"
_END: Final = b"\nendobj\n"
_STREAM_END: Final = b"\nendstream"  # pikepdf has the line end written always
_HEAD: Final = re.compile(rb"%PDF-\d\.\d\n%\xbf\xf7\xa2\xfe\n")
_TABLE: Final = re.compile(rb"startxref\n(\d+)\n%%EOF\n")
_COUNT: Final = re.compile(rb"xref\n0 (\d+)\n")
_TRAILER: Final = re.compile(
    rb"trailer << /Root \d+ 0 R /Size (?P<size>\d+) /ID \[<[0-9a-f]{32}><[0-9a-f]{32}>\] >>\n"
    + _TABLE.pattern
)
_TAIL: Final = 64
_ENTRY: Final = 20  # bytes of a line of the table (ISO 32000-1, 7.5.4)
_PLACE: Final = re.compile(rb"(\d{10}) 00000 n \n")


@dataclass(frozen=True)
class Object:
    """Where an object stands: its value, and the stream behind it."""

    number: int
    start: int
    end: int  # of the value; of a stream's dictionary
    stream: tuple[int, int] | None = None


@dataclass(frozen=True)
class Written:
    """A PDF that qpdf has written without object streams, within a longer file.

    Every byte of it has its place, so that any other reader meets the same objects.
    """

    start: int
    first: int  # where its first object is
    table: int  # where its first entry is; they are in the order of the numbers
    count: int  # of objects, without the free one
    end: int  # of the objects

    @classmethod
    def of(cls, data: mmap.mmap, start: int, size: int) -> Written:
        """Find its table. Raises EngineFailed for what qpdf has not written so."""
        found = _TABLE.search(data, max(start, start + size - _TAIL), start + size)
        end = start + int(found[1]) if found else -1
        head = _HEAD.match(data, start, start + size)
        count = _COUNT.match(data, end) if start <= end < start + size else None
        if head is None or count is None:
            raise EngineFailed("a section that is not as it was written")
        after = count.end() + int(count[1]) * _ENTRY
        trailer = _TRAILER.fullmatch(data, after, start + size)
        if trailer is None or trailer["size"] != count[1]:
            raise EngineFailed("a section that is not as it was written")
        return cls(start, head.end(), count.end(), int(count[1]) - 1, end)

    def objects(self, data: mmap.mmap) -> Iterator[Object]:
        """Yield every object, in the order of their numbers. Raises EngineFailed as `of` does."""
        after = self._at(data, 1)
        is_as_written = after == self.first
        for number in range(1, self.count + 1):
            begin, after = after, self._at(data, number + 1)
            head = b"%d 0 obj\n" % number
            value, last = begin + len(head), after - len(_END)
            is_as_written &= data[begin:value] == head and value <= last
            if not is_as_written or data[last:after] != _END:
                raise EngineFailed("a section that is not as it was written")
            stream = data.find(_STREAM, value, last)
            if stream < 0:
                yield Object(number, value, last)
            else:
                inside = stream + len(_STREAM), last - len(_STREAM_END)
                if inside[0] > inside[1] or data[inside[1] : last] != _STREAM_END:
                    raise EngineFailed("a section that is not as it was written")
                yield Object(number, value, stream, inside)

    def _at(self, data: mmap.mmap, number: int) -> int:
        if number > self.count:
            return self.end
        place = _PLACE.match(data, self.table + number * _ENTRY)
        if place is None:
            raise EngineFailed("a section that is not as it was written")
        return self.start + int(place[1])


@contextlib.contextmanager
def opened(descriptor: int) -> Iterator[mmap.mmap]:
    """Open a file as memory that the kernel may drop at any time."""
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as data:
        yield data


@dataclass(frozen=True)
class Shift:
    """How far numbers go: those of objects, and those by which pages and notes find their tags."""

    objects: int
    tags: int

    def of(self, value: bytes) -> bytes:
        """Return a value, as qpdf has written it, with its references shifted."""
        return _TOKENS.sub(self._one, b" " + value + b" ")[1:-1]

    def _one(self, found: re.Match[bytes]) -> bytes:
        if found["number"]:
            return b"%d 0 R" % (int(found["number"]) + self.objects)
        if found["key"]:
            return found["key"] + b"%d" % (int(found["tag"]) + self.tags)
        return found[0]

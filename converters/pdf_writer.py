"""A PDF written from its beginning to its end: of what was written only the places are kept."""

from __future__ import annotations

import hashlib
import mmap
import struct
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO, Final

_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_PACKED: Final = 200  # objects in one object stream (ISO 32000-1, 7.5.7)
_CHUNK: Final = 1 << 20
_PLACE: Final = struct.Struct(">BQH")  # of an object: kind, place or stream, index in the stream


@dataclass
class PdfWriter:
    """Objects without streams are packed by the hundreds, as every writer since PDF 1.5 does."""

    target: BinaryIO
    numbers: int  # that are taken: those of the objects of every section
    _places: bytearray = field(default_factory=bytearray)
    _waiting: list[tuple[int, bytes]] = field(default_factory=list)
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _at: int = 0

    def __post_init__(self) -> None:
        self._write(_HEAD)

    def new(self) -> int:
        """Return a number that is not taken, for an object of our own."""
        self.numbers += 1
        return self.numbers

    def add(self, number: int, value: bytes) -> None:
        """Write an object that has no stream."""
        self._waiting.append((number, value))
        if len(self._waiting) == _PACKED:
            self._pack()

    def add_stream(self, number: int, dictionary: bytes, data: mmap.mmap | bytes) -> None:
        """Write an object with a short stream of our own."""
        self.copy_stream(number, dictionary, data, 0, len(data))

    def copy_stream(
        self, number: int, dictionary: bytes, data: mmap.mmap | bytes, start: int, end: int
    ) -> None:
        """Write an object whose stream, as it stands in a PDF, lies within `data`."""
        self._place(number, 1, self._at, 0)
        self._write(b"%d 0 obj\n%s\nstream\n" % (number, dictionary))
        for at in range(start, end, _CHUNK):
            self._write(data[at : min(at + _CHUNK, end)])
        self._write(b"\nendstream\nendobj\n")

    def close(self, root: int, info: int) -> None:
        """Write the table of places, and the end."""
        self._pack()
        number, begin = self.new(), self._at
        self._place(number, 1, begin, 0)
        size = number + 1
        _PLACE.pack_into(self._places, 0, 0, 0, 65535)
        table = zlib.compress(bytes(self._places[: size * _PLACE.size]))
        name = self._digest.hexdigest()[:32].encode()
        self._write(
            b"%d 0 obj\n<< /Type /XRef /Size %d /W [ 1 8 2 ] /Root %d 0 R /Info %d 0 R"
            b" /ID [ <%s> <%s> ] /Filter /FlateDecode /Length %d >>\nstream\n"
            % (number, size, root, info, name, name, len(table))
        )
        self._write(table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % begin)

    def _pack(self) -> None:
        if not self._waiting:
            return
        number, heads, values, at = self.new(), [], [], 0
        for index, (each, value) in enumerate(self._waiting):
            self._place(each, 2, number, index)
            heads.append(b"%d %d" % (each, at))
            values.append(value)
            at += len(value) + 1
        head = b" ".join(heads) + b"\n"
        packed = zlib.compress(head + b"\n".join(values))
        fields = len(self._waiting), len(head), len(packed)
        self._waiting.clear()
        dictionary = b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>" % fields
        self.add_stream(number, dictionary, packed)

    def _place(self, number: int, kind: int, place: int, index: int) -> None:
        end = (number + 1) * _PLACE.size
        if len(self._places) < end:
            self._places.extend(bytes(end - len(self._places)))
        _PLACE.pack_into(self._places, number * _PLACE.size, kind, place, index)

    def _write(self, data: bytes) -> None:
        self.target.write(data)
        self._digest.update(data)
        self._at += len(data)


def text(words: str) -> bytes:
    """Return words as a PDF's string."""
    return b"<feff" + words.encode("utf-16-be", "replace").hex().encode() + b">"

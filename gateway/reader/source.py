"""The raw bytes of one message, read by place: no more than a window of them is in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

WINDOW_BYTES = 1 << 20
_FIRST_WINDOW_BYTES = 1 << 14  # small parts are many: most delimiters are near
# A delimiter line is looked at up to here. RFC 2046, 5.1.1 allows 70; longer ones are in use.
MAX_LINE_BYTES = 2048
_LINE = re.compile(rb"[^\r\n]*")
# RFC 5322 has CRLF alone; LF, CR and CRCRLF come from files, old systems and broken gateways.
_LINE_END = re.compile(rb"\r*\n|\r")
_NO_DASH = re.compile(rb"[^-]")


@dataclass(frozen=True)
class Extent:
    """A run of bytes in an open file: from `start` up to, and not with, `end`."""

    descriptor: int
    start: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.end - self.start

    def read(self, place: int, size: int) -> bytes:
        """Return up to `size` bytes at `place`, counted in the file. Fewer only at the end."""
        size = min(size, self.end - place)
        chunks = []
        while size > 0 and (chunk := os.pread(self.descriptor, size, place)):
            chunks.append(chunk)
            size -= len(chunk)
            place += len(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def chunks(self, size: int = 1 << 18) -> Iterator[bytes]:
        """Give the bytes in order."""
        place = self.start
        while chunk := self.read(place, size):
            place += len(chunk)
            yield chunk

    def cut(self, start: int, end: int) -> Extent:
        """Return a part of this extent."""
        return Extent(self.descriptor, start, max(start, end))


@dataclass(frozen=True)
class Delimiter:
    """A boundary line: where what stands before it ends, and where the next line starts."""

    before: int  # the line end in front of the dashes belongs to the delimiter (RFC 2046, 5.1.1)
    after: int
    line: bytes


def delimiter(extent: Extent, place: int, lines: Mapping[bytes, object]) -> Delimiter | None:
    """Find the first line at or behind `place` that is one of `lines`; None where there is none.

    `lines` hold the whole line, dashes included; white space at its end is not looked at. Compared
    as whole lines, a boundary that is another one's beginning is never taken for it.
    """
    size = _FIRST_WINDOW_BYTES
    while place < extent.end:
        back = min(2, place - extent.start)  # to see a line end there
        window = extent.read(place - back, size + back)
        origin = place - back
        whole = origin + len(window) >= extent.end
        limit = len(window) if whole else len(window) - MAX_LINE_BYTES
        # base64 has no dash, and one byte is found far quicker than two.
        at = window.find(b"-", back)
        at = window.find(b"--", at) if at >= 0 else -1
        while 0 <= at < limit:
            found = _LINE.match(window, at) if at == 0 or window[at - 1] in b"\r\n" else None
            if found is not None:
                line = found[0].rstrip(b" \t")
                if line in lines:
                    ending = _LINE_END.match(window, found.end())
                    after = ending.end() if ending else found.end()
                    return Delimiter(origin + _without_line_end(window, at), origin + after, line)
            behind = _NO_DASH.search(window, at)
            at = window.find(b"--", behind.start()) if behind else -1
        if whole:
            return None
        # A run of dashes that the window cut is looked at again from its own start or its end.
        place = origin + limit
        size = min(size * 8, WINDOW_BYTES)
    return None


def _without_line_end(window: bytes, at: int) -> int:
    if window[max(0, at - 2) : at] == b"\r\n":
        return at - 2
    return max(0, at - 1)

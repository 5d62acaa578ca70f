"""A mailbox file, and where its messages are in it: mbox in its dialects, MMDF, Foxmail's .box.

Nothing but places is kept: a file of any size takes the memory of one window.
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from gateway.reader.source import Extent
from gateway.separator import Kind, Lines, kind_of, moment_of, separates

_ENDINGS = {".mbox", ".mbx", ".box"}
_ONE_MESSAGE = {".eml", ".msg"}
_HEAD_BYTES = 4096
_LINE_BYTES = 1000
_FIRST_WINDOW_BYTES = 1 << 14  # most messages are small
_WINDOW_BYTES = 1 << 20
_HEADER_BYTES = 1 << 18
_CHUNK_BYTES = 1 << 18
_BEFORE_ALL = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"(?im)^content-length[ \t]*:[ \t]*(\d{1,15})[ \t]*\r?$")
_QUOTED = re.compile(rb"(?m)^>(>*From )")
# Deleted, and in the file until it is compacted: Mozilla's and its heirs', and the mbox servers'.
_MOZILLA = re.compile(rb"(?im)^x-mozilla-status:[ \t]*([0-9a-f]{4})[ \t]*\r?$")
_STATUS = re.compile(rb"(?im)^x-status:[ \t]*([A-Z]{1,10})[ \t]*\r?$")
_MOZILLA_EXPUNGED = 0x0008


@dataclass(frozen=True)
class Place:
    """Where one message is in its file."""

    start: int
    end: int
    dated: datetime | None = None  # as its From_ line says
    is_quoted: bool = False  # lines of it that begin with "From " have a ">" in front
    set_aside: str | None = None  # "deleted" or "draft", as its mail program has marked it


class _OldMac(Extent):
    """A file whose lines end with a carriage return alone, as those of Mac OS before ten did."""

    def read(self, place: int, size: int) -> bytes:
        """Return the bytes with the usual ends of lines: each place is the same."""
        return super().read(place, size).replace(b"\r", b"\n")

    def cut(self, start: int, end: int) -> _OldMac:
        """Return a part of it."""
        return _OldMac(self.descriptor, start, max(start, end))


def is_mailbox(file: Path, stream: BinaryIO) -> bool:
    """Say whether a file is a mailbox: by its name, or by its first line.

    A dot proves no ending: mailboxes are called "Inbox.2019" and by their owner's address.
    """
    ending = file.suffix.lower()
    if ending in _ENDINGS or ending in _ONE_MESSAGE:
        return ending in _ENDINGS
    return _kind(stream.read(_HEAD_BYTES))[0] is not Kind.NONE


def places(descriptor: int, size: int) -> Iterator[Place]:
    """Find each message of a file that is open for reading, in order.

    What stands before the first separator is no message, unless there is none at all: then the
    whole file is one. The blank line that a mailbox has behind each message is not the message's.
    """
    file = Extent(descriptor, 0, size)
    if _is_old_mac(file.read(0, _HEAD_BYTES)):
        file = _OldMac(descriptor, 0, size)
    kind, first = _kind(file.read(0, _HEAD_BYTES))
    if kind is Kind.NONE:
        if first < size:
            yield Place(0, size)
        return
    at: int | None = first
    while at is not None:
        line, after = _line(file, at)
        end, at = _end(file, kind, after)
        if kind is Kind.MMDF and not file.cut(after, end).read(after, _LINE_BYTES).strip():
            continue  # it has a line at both ends of each message
        yield _place(file, kind, line, after, end)


def content(descriptor: int, place: Place) -> Iterator[bytes]:
    """Give a message's bytes as they were before they came into the mailbox."""
    chunks = Extent(descriptor, place.start, place.end).chunks(_CHUNK_BYTES)
    return _unquoted(chunks) if place.is_quoted else chunks


def split(stream: BinaryIO, folder: Path) -> Iterator[Path]:
    """Copy each message of a mailbox file into a file of its own."""
    size = stream.seek(0, 2)
    for place in places(stream.fileno(), size):
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".eml", delete=False) as copy:
            copy.writelines(content(stream.fileno(), place))
        yield Path(copy.name)


def _kind(head: bytes) -> tuple[Kind, int]:
    """Return how messages are separated, and where the first line that is not blank begins."""
    if _is_old_mac(head):
        head = head.replace(b"\r", b"\n")
    blank = _BEFORE_ALL.match(head)
    at = blank.end() if blank else 0
    lines = head[at:].split(b"\n", 2)
    return kind_of(lines[0], lines[1] if len(lines) > 1 else b""), at


def _is_old_mac(head: bytes) -> bool:
    return b"\r" in head and b"\n" not in head


def _line(file: Extent, at: int) -> tuple[bytes, int]:
    """Return the line at a place, its beginning where it is long, and where the next one is."""
    begins = file.read(at, _LINE_BYTES)
    ends = begins.find(b"\n")
    if ends >= 0:
        return begins[:ends].rstrip(b"\r"), at + ends + 1
    place = at + len(begins)
    for chunk in file.cut(place, file.end).chunks(_WINDOW_BYTES):
        if (found := chunk.find(b"\n")) >= 0:
            return begins, place + found + 1
        place += len(chunk)
    return begins, file.end


def _end(file: Extent, kind: Kind, start: int) -> tuple[int, int | None]:
    """Return where a message ends, and where the next separator is."""
    told = _told_end(file, start) if kind is Kind.FROM else None
    if told is not None:
        return told
    following = _separator(file, kind, start)
    end = file.end if following is None else following
    tail = file.read(max(start, end - 3), end - max(start, end - 3))
    blank = 2 if tail.endswith(b"\n\r\n") else int(tail.endswith(b"\n\n"))
    return end - blank, following


def _told_end(file: Extent, start: int) -> tuple[int, int | None] | None:
    """Go by a Content-Length that leads to a separator, or to the end; by no other one."""
    header, is_whole = _header(file, start)
    lengths = _LENGTH.findall(header) if is_whole else []
    end = start + len(header) + int(lengths[0]) if len(lengths) == 1 else file.end + 1
    if end > file.end:
        return None
    behind = file.read(end, _LINE_BYTES)
    blank = len(behind) - len(behind.lstrip(b"\r\n"))
    if not behind[blank:]:
        # No program leaves so many empty lines: more of them than this say nothing of what follows.
        return (end, None) if end + blank == file.end else None
    at = end + blank
    lines = Lines(_line(file, at)[0], _next(file, at), _is_after_blank(file, at))
    is_line_start = file.read(at - 1, 1) == b"\n"
    return (end, at) if is_line_start and separates(Kind.FROM, lines) else None


def _header(file: Extent, start: int) -> tuple[bytes, bool]:
    """Return the header block at a place with the blank line behind it, and whether it has one."""
    for size in (_HEAD_BYTES, _HEADER_BYTES):
        text = file.read(start, size)
        if ends := _BLANK_LINE.search(text):
            return text[: ends.end()], True
    return text, False


def _separator(file: Extent, kind: Kind, start: int) -> int | None:
    """Find the next separator at or behind a place that begins a line."""
    beginning, place = b"\n" + kind.value, max(0, start - 1)
    size = _FIRST_WINDOW_BYTES
    while place < file.end:
        window = file.read(place, size)
        found = window.find(beginning)
        while found >= 0:
            at = place + found + 1
            lines = Lines(_line(file, at)[0], _next(file, at), _is_after_blank(file, at))
            if separates(kind, lines):
                return at
            found = window.find(beginning, found + 1)
        if place + len(window) >= file.end:
            return None
        place += len(window) - len(beginning)
        size = min(size * 8, _WINDOW_BYTES)
    return None


def _next(file: Extent, at: int) -> bytes:
    return _line(file, _line(file, at)[1])[0]


def _is_after_blank(file: Extent, at: int) -> bool:
    before = file.read(max(0, at - 4), min(4, at))
    return before.endswith((b"\n\n", b"\n\r\n")) or before in {b"\n", b"\r\n", b""}


def _place(file: Extent, kind: Kind, line: bytes, start: int, end: int) -> Place:
    message = file.cut(start, end)
    is_from = kind is Kind.FROM
    return Place(
        start,
        end,
        moment_of(line) if is_from else None,
        is_from and not _has_bare(message),
        _mark(_header(message, start)[0]),
    )


def _has_bare(message: Extent) -> bool:
    """Say whether a line begins with "From " as it is: then nothing of it was quoted."""
    last = b"\n" if message.size else b""
    for chunk in message.chunks(_WINDOW_BYTES):
        if b"\nFrom " in last + chunk:
            return True
        last = chunk[-5:]
    return False


def _mark(header: bytes) -> str | None:
    mozilla, status = _MOZILLA.search(header), _STATUS.search(header)
    if mozilla is not None and int(mozilla[1], 16) & _MOZILLA_EXPUNGED:
        return "deleted"
    if status is not None and b"D" in status[1].upper():
        return "deleted"
    return "draft" if status is not None and b"T" in status[1].upper() else None


def _unquoted(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Take one ">" from each line of them and "From ", as mboxrd has it."""
    held, begins_line = b"", True
    for chunk in itertools.chain(chunks, (b"",)):
        text = held + chunk
        cut = text.rfind(b"\n") + 1 if chunk else len(text)
        if not cut and len(text) > _CHUNK_BYTES:
            cut = len(text)  # a line this long is no such line's beginning any more
        lines, held = text[:cut], text[cut:]
        if lines:
            yield _less_quoted(lines, begins_line) if b">From " in lines else lines
            begins_line = lines.endswith(b"\n")


def _less_quoted(lines: bytes, begins_line: bool) -> bytes:
    if begins_line:
        return _QUOTED.sub(rb"\1", lines)
    return _QUOTED.sub(rb"\1", b"\0" + lines)[1:]

"""The header block of a message or a part, as raw bytes: nothing is decoded here."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

from gateway.reader.fault import ReadingStopped, Reason
from gateway.reader.source import Extent

_FIRST_READ_BYTES = 4096
_LOOK_AHEAD_BYTES = 64  # room for the next line's field name
_LINE = re.compile(rb"([^\r\n]*)((?<!\r)\r+\n|\n|\r|\Z)")  # linear for a run of CRs
_FIELD = re.compile(rb"(?!--)([!-9;-~]+)[ \t]*:")  # a boundary may hold a colon
_KNOWN_FIELD = re.compile(
    rb"(?:content-[a-z-]+|mime-version|from|to|cc|subject|date|message-id|received|return-path"
    rb"|reply-to|sender|references|in-reply-to|x-[a-z0-9-]+)[ \t]*:",
    re.IGNORECASE,
)
# "From : …" is a field (RFC 5322, 4.5.2), and no line of a mailbox.
_MBOX_LINE = re.compile(rb">?From (?![ \t]*:)[^\r\n]*(?:\r*\n|\r|\Z)")
_EMLX_LENGTH = re.compile(rb"[ \t]*(\d{1,12})[ \t]*\r?\n")
_BLANK = re.compile(rb"(?:[ \t]*(?:\r?\n|\r))+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Header:
    """The fields in their order: names in lower case, values unfolded (RFC 5322, 2.2.3)."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def all(self, name: str) -> list[bytes]:
        """Return the values of every field of this name."""
        return [value for field, value in self.fields if field == name]

    def first(self, name: str) -> bytes | None:
        """Return the value of the first field of this name, None where there is none."""
        return next((value for field, value in self.fields if field == name), None)


def message_start(extent: Extent) -> Extent:
    """Leave out what programs put before a message's first field.

    A byte order mark, blank lines, mbox's From_ line, and Apple Mail's .emlx: a line with the
    message's length, and a property list behind it.
    """
    place, end = extent.start, extent.end
    head = extent.read(place, 4096)
    if head.startswith(_BYTE_ORDER_MARK):
        head = head[3:]
        place += 3
    if emlx := _EMLX_LENGTH.match(head):
        place += emlx.end()
        end = min(end, place + int(emlx[1]))
        head = head[emlx.end() :]
    if blank := _BLANK.match(head):
        place += blank.end()
        head = head[blank.end() :]
    if mbox := _MBOX_LINE.match(head):
        place += mbox.end()
    return Extent(extent.descriptor, place, end)


def read_header(
    extent: Extent, place: int, delimiters: Container[bytes], max_bytes: int
) -> tuple[Header, int]:
    """Read the header block at `place`. Return it with the place where the body starts.

    It ends at an empty line, at a line of `delimiters`, or at a line that is no field: then that
    line is the body's first, as it is where a sender forgot the empty line. One such line with a
    well-known field right behind it is left out instead: gateways do leave scraps in headers.
    Raises ReadingStopped where it is longer than `max_bytes`.
    """
    size = _FIRST_READ_BYTES
    while True:
        text = extent.read(place, min(size, max_bytes + 1))
        whole = place + len(text) >= extent.end
        found = _parse(text, whole, delimiters)
        if found is not None and found[1] <= max_bytes:
            return found[0], place + found[1]
        if len(text) > max_bytes:
            raise ReadingStopped(Reason.HEADER_TOO_LARGE)
        size *= 4


def header_of(text: bytes) -> Header:
    """Read a header block that stands by itself."""
    found = _parse(text, True, ())
    return found[0] if found is not None else Header()


def _parse(text: bytes, whole: bool, delimiters: Container[bytes]) -> tuple[Header, int] | None:
    """Return the header and where the body starts; None where more bytes are needed to tell."""
    fields: list[tuple[str, list[bytes]]] = []
    for match in _LINE.finditer(text):
        at, line, ending = match.start(), match[1], match[2]
        if at == len(text):
            break
        if not whole and match.end() + _LOOK_AHEAD_BYTES > len(text):
            return None
        if not line and ending:
            return _unfolded(fields), match.end()
        if line.startswith(b"--") and line.rstrip(b" \t") in delimiters:
            return _unfolded(fields), at
        if line[:1] in {b" ", b"\t"}:
            if fields:
                fields[-1][1].append(line)
        elif name := _FIELD.match(line):
            fields.append((name[1].decode("ascii").lower(), [line[name.end() :]]))
        elif line.startswith(b"--") or not _KNOWN_FIELD.match(text, match.end()):
            return _unfolded(fields), at
    return (_unfolded(fields), len(text)) if whole else None


def _unfolded(fields: list[tuple[str, list[bytes]]]) -> Header:
    return Header(tuple((name, b"".join(lines).strip(b" \t")) for name, lines in fields))

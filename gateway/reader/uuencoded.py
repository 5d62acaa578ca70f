"""Files that stand uuencoded in a text, between "begin 644 name" and "end".

No header speaks of them: the programs of a time before MIME put them there, and some scanners and
mainframes still do. Only what is encoded line by line is taken for one; words that begin a line
with "begin" are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.reader.source import Extent

BEGIN = re.compile(rb"(?:(?<=[\r\n])|\A)begin +[0-7]{3,4} ([^\r\n]{1,255})(?=[\r\n])")
_LINE = re.compile(rb"([^\r\n]*)((?<!\r)\r+\n|\n|\r|\Z)")  # linear for a run of CRs
_WINDOW_BYTES = 1 << 18
_FIRST_WINDOW_BYTES = 1 << 12
_OVERLAP_BYTES = 300  # a begin line, whole
_FEWEST_LINES = 2  # of a file that is cut off before its "end"
_SHORTEST = b"4"  # the letter of a line of 20 bytes
_ENCODED = bytes(range(32, 97))


@dataclass(frozen=True)
class Block:
    """A file in a text: from its begin line up to, and with, its end."""

    name: bytes
    start: int
    end: int
    is_whole: bool


def may_hold(chunks: Iterable[bytes]) -> bool:
    """Say whether a text has a begin line. `chunks` are the decoded text."""
    before = b""
    for chunk in chunks:
        text = before + chunk
        if b"begin " in text and BEGIN.search(text, 1 if before else 0):
            return True
        before = text[-_OVERLAP_BYTES:]
    return False


def blocks(text: Extent) -> Iterator[Block]:
    """Give the files that stand in a text, in order."""
    place = text.start
    while place < text.end:
        window = text.read(place, _WINDOW_BYTES)
        behind = 0
        while behind < len(window) and (found := BEGIN.search(window, behind)):
            block = _block(text, place + found.start(), found[1].strip())
            behind = found.end() if block is None else block.end - place
            if block is not None:
                yield block
        step = len(window)
        if place + step < text.end:
            # The next window starts behind a line end: no line is cut but one that fills a window.
            step = max(window.rfind(b"\n", 1, -1), window.rfind(b"\r", 1, -1)) + 1 or step
        place += max(step, behind)


def _block(text: Extent, start: int, name: bytes) -> Block | None:
    lines = _lines(text, start)
    _, end = next(lines)
    count, first, is_last = 0, b"", False
    for line, behind in lines:
        plain = line.rstrip()
        if plain == b"end":
            return Block(name, start, behind, is_whole=True) if count else None
        if not _fits(line) or line.translate(None, _ENCODED):
            break
        if plain not in {b"", b"`"}:
            # All lines but the last are of one length, and no program writes short ones.
            if count and (line[:1] > first or first < _SHORTEST or is_last):
                break
            count, first = count + 1, first or line[:1]
            is_last = line[:1] != first
        end = behind
    return Block(name, start, end, is_whole=False) if count >= _FEWEST_LINES else None


def _fits(line: bytes) -> bool:
    """Say whether a line is as long as its first letter allows (POSIX, uuencode).

    Blanks at its end, which are zeros, get lost on the way; some programs put a checksum there.
    """
    return not line or len(line) - 1 <= (((line[0] - 32) & 63) + 2) // 3 * 4 + 2


def _lines(text: Extent, place: int) -> Iterator[tuple[bytes, int]]:
    """Give each line from `place` on, with the place behind it."""
    size = _FIRST_WINDOW_BYTES  # most of what looks like a file is none, and ends at once
    while place < text.end:
        window = text.read(place, size)
        whole = place + len(window) >= text.end
        size = min(size * 8, _WINDOW_BYTES)
        for match in _LINE.finditer(window):
            if match.end() == len(window) and not whole and match.start() > 0:
                place += match.start()
                break
            if match.start() == len(window):
                return
            yield match[1], place + match.end()
        else:
            place += len(window)

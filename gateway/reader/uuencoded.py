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
_LINE = re.compile(rb"([^\r\n]*)(\r*\n|\r|\Z)")
_WINDOW_BYTES = 1 << 18
_OVERLAP_BYTES = 300  # a begin line, whole
_FEWEST_LINES = 2  # full ones, of a file that is cut off before its "end"
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
        found = BEGIN.search(window) if b"begin " in window else None
        if found is None:
            # The next window starts inside this one, behind a line end where there is one.
            step = len(window)
            if place + step < text.end:
                step = max(window.rfind(b"\n", 1, -1), window.rfind(b"\r", 1, -1), 0) + 1
                step = step if step > _OVERLAP_BYTES else len(window)
            place += step
            continue
        start = place + found.start()
        block = _block(text, start, found[1].strip())
        place = start + len(found[0]) if block is None else block.end
        if block is not None:
            yield block


def _block(text: Extent, start: int, name: bytes) -> Block | None:
    lines = _lines(text, start)
    _, end = next(lines)
    any_lines = full_lines = 0
    for line, behind in lines:
        plain = line.rstrip()
        if plain == b"end":
            return Block(name, start, behind, is_whole=True) if any_lines else None
        if line.translate(None, _ENCODED) or not _fits(line):
            break
        if plain not in {b"", b"`"}:
            any_lines += 1
            full_lines += len(plain) - 1 >= _letters(line)
        end = behind
    return Block(name, start, end, is_whole=False) if full_lines >= _FEWEST_LINES else None


def _letters(line: bytes) -> int:
    """Return how many letters a line should have, by its first one (POSIX, uuencode)."""
    return (((line[0] - 32) & 63) + 2) // 3 * 4


def _fits(line: bytes) -> bool:
    # Blanks at the end, which are zeros, get lost on the way; some programs put a checksum there.
    return not line or len(line) - 1 <= _letters(line) + 2


def _lines(text: Extent, place: int) -> Iterator[tuple[bytes, int]]:
    """Give each line from `place` on, with the place behind it."""
    while place < text.end:
        window = text.read(place, _WINDOW_BYTES)
        whole = place + len(window) >= text.end
        for match in _LINE.finditer(window):
            if match.end() == len(window) and not whole and match.start() > 0:
                place += match.start()
                break
            if match.start() == len(window):
                return
            yield match[1], place + match.end()
        else:
            place += len(window)

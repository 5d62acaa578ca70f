"""The contents list of an archive that stays whole: a text, of which the road makes a PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.reader.member import Member

# Some 30,000 files. The text engine lays that out in a quarter of a minute; it has two.
_MOST_CHARACTERS = 1_000_000
_SIZE_WIDTH = 15


def write(file: Path, name: str | None, files: Sequence[Member]) -> None:
    """Write the list: the names inside as they are, with their sizes in bytes."""
    with file.open("x", encoding="utf-8", errors="replace") as stream:
        room = _MOST_CHARACTERS
        for line in _lines(name, files):
            if len(line) > room:
                stream.write("The list is cut off here. The file holds more.\n")
                return
            room -= len(line)
            stream.write(line)


def _lines(name: str | None, files: Sequence[Member]) -> Iterator[str]:
    total = sum(one.size or 0 for one in files)
    many = f"{len(files):,} file{'s' * (len(files) != 1)}"
    yield f"Contents of {name or 'an archive without a name'}\n{many}, {total:,} bytes\n\n"
    yield f"{'Bytes':>{_SIZE_WIDTH}}    Name\n"
    for one in files:
        size = "" if one.size is None else f"{one.size:,}"
        yield f"{size:>{_SIZE_WIDTH}}    {one.name}\n"

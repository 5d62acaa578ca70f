"""The memory of the process that has files converted: `python -m bench.conversions COUNT`.

In a process of its own, since what a benchmark has held before would hide what grows.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import office_files
from bench.office_files import DOCX, ODT
from config.settings import Conversion
from converters.workshop import Source, Workshop

_AT_ONCE = 2
_OF_A_FIRM = 50  # files, before the next firm's come
_TYPES = {".docx": DOCX, ".odt": ODT, ".rtf": "application/rtf"}
_WORDS = "The patient was seen on the ward in the morning.\n" * 200


def main(arguments: list[str]) -> None:
    """Convert so many files, and print by how many bytes the memory was larger at most."""
    with tempfile.TemporaryDirectory() as name:
        print(grown(Path(name), int(arguments[0])))


def grown(room: Path, count: int) -> int:
    """Convert `count` mixed files and return by how much this process was larger, in bytes."""
    kinds = itertools.cycle(_kinds(room))
    workshop = Workshop(Conversion(), room / "engines")
    workshop.start(spare=True)
    try:
        before = most = _resident_bytes()
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            for first in range(0, count, _OF_A_FIRM):
                sources = itertools.islice(kinds, min(_OF_A_FIRM, count - first))
                work = [
                    threads.submit(_convert, workshop, source, room / f"{number}", f"firm {first}")
                    for number, source in enumerate(sources)
                ]
                for each in work:
                    each.result()
                    most = max(most, _resident_bytes())
    finally:
        workshop.close()
    return most - before


def _convert(workshop: Workshop, source: Source, into: Path, owner: str) -> None:
    into.mkdir(exist_ok=True)
    workshop.convert(source, into, owner=owner).file.unlink()


def _kinds(room: Path) -> Iterator[Source]:
    """Write a file of each kind, half of them for LibreOffice and half for the other engines."""
    for file in office_files.mixed(room / "files", 4):
        if file.suffix in _TYPES:
            yield Source(file, _TYPES[file.suffix])
    others = {
        "text/plain": _WORDS,
        "text/csv": "name,seen\n" + "Pat Hall,in the morning\n" * 100,
        "text/html": f"<h1>Statement</h1><p>{_WORDS}</p>",
        "text/markdown": f"# Statement\n\n{_WORDS}",
    }
    for number, (media_type, words) in enumerate(others.items()):
        file = room / f"file {number}"
        file.write_text(words, encoding="utf-8")
        yield Source(file, media_type)


def _resident_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main(sys.argv[1:])

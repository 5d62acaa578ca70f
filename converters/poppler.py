"""The program pdftotext (poppler-utils): it reads a PDF's words thirty times faster than pypdf."""

from __future__ import annotations

from pathlib import Path

from converters import harvest
from converters.fault import EngineFailed
from converters.program import Programs
from converters.sandbox import Limits

_PROGRAM = Path("/usr/bin/pdftotext")


def installed() -> bool:
    """Say whether the program is there."""
    return _PROGRAM.exists()


def text(pdf: Path, target: Path, *, programs: Programs, limits: Limits) -> None:
    """Write the words of a PDF as UTF-8.

    Raises EngineFailed and what Programs.run raises.
    """
    line = [str(_PROGRAM), "-q", "-enc", "UTF-8", "-nopgbrk", "/source/in.pdf", "/job/out.txt"]
    with programs.run(line, sources={"in.pdf": pdf}, limits=limits) as done:
        if done.status:
            raise EngineFailed(f"pdftotext ended with {done.status}")
        harvest.take_one(done.folder, "out.txt", target, most_bytes=limits.output_bytes)

"""The program OCRmyPDF: it reads the pictures of a scan, and lays their words under them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from converters import harvest
from converters.fault import EngineFailed
from converters.program import Programs
from converters.rendition import RESULT, WORDS
from converters.sandbox import Limits

INSTALL: Final = "sudo apt-get install ocrmypdf"
# By their paths in the sandbox: nothing of /usr/local is believed there.
_PROGRAMS: Final = (Path("/usr/bin/ocrmypdf"), Path("/usr/bin/tesseract"))
_SYSTEM: Final = (Path("/etc/ghostscript"), Path("/var/lib/ghostscript"))


def installed() -> bool:
    """Say whether the program is there, and the reader that it calls. Runs nothing."""
    return all(program.exists() for program in _PROGRAMS)


def read(pdf: Path, into: Path, *, programs: Programs, limits: Limits) -> None:
    """Write the copy with words (RESULT) and the words alone (WORDS) in the folder `into`.

    Between the words of two pages there is a form feed. Pages that have words already stay as they
    are. Raises EngineFailed and what Programs.run raises.
    """
    line = [
        *("/usr/bin/env", "OMP_THREAD_LIMIT=1"),
        *(str(_PROGRAMS[0]), "--quiet", "--jobs", "1", "--skip-text"),
        # As PDF, and not as PDF/A: Ghostscript would write every page anew.
        *("--output-type", "pdf", "--optimize", "0"),
        *("--sidecar", f"/job/{WORDS}", "/source/scan.pdf", f"/job/{RESULT}"),
    ]
    with programs.run(line, sources={"scan.pdf": pdf}, limits=limits, system=_SYSTEM) as done:
        if done.status:
            raise EngineFailed(f"OCRmyPDF ended with {done.status}")
        for name in (RESULT, WORDS):
            harvest.take_one(done.folder, name, into / name, most_bytes=limits.output_bytes)

"""Office: LibreOffice kept warm in its sandbox, beside cold starts and unoserver outside of any."""

from __future__ import annotations

import queue
import select
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pypdf

from bench import office_files
from bench.office_files import DOCX, ODT
from bench.rounds import Figure, interleaved, print_table
from bench.unoserver import unoservers
from config.settings import Conversion
from converters.engine import Engine
from converters.office import Office
from converters.program import Programs
from converters.rendition import TABLE
from converters.sandbox import Limits
from converters.workshop import Source, Workshop

_FILES = 100
_AT_ONCE = 2
_ROUNDS = 3
_ALONE = 15
_TYPES = {".docx": DOCX, ".odt": ODT, ".rtf": "application/rtf", ".fods": "text/csv"}
_LIMITS = Limits(seconds=120, memory_bytes=1 << 30, output_bytes=1 << 28, processes=256)


def mixed() -> list[Figure]:
    """100 office files of four types of one firm, two at a time, files a second."""
    # LibreOffice alone: what is looked at before it and behind it, the others do not do. unoserver
    # ends at a table where LibreOffice has no desktop, and is compared by the rest of the files.
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        files = list(office_files.mixed(room, _FILES))
        texts = [file for file in files if file.name != TABLE]
        profiles: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(_AT_ONCE):
            profiles.put(room / f"profile-{number}")
        with _office(room) as office, unoservers(room, _AT_ONCE) as servers:
            rounds = interleaved(
                {
                    "warm": partial(_rate, files, partial(_warm, office)),
                    "soffice --convert-to": partial(_rate, files, partial(_cold, profiles)),
                    "warm, no tables": partial(_rate, texts, partial(_warm, office)),
                    "unoserver, no tables": partial(_rate, texts, servers.convert),
                },
                _ROUNDS,
            )
        _check(files, texts)
    print_table(f"{_FILES} office files, {_AT_ONCE} at a time", "a second", rounds, "warm")
    cold = rounds.ratio("warm", "soffice --convert-to")
    level = rounds.ratio("warm, no tables", "unoserver, no tables")
    return [
        Figure("office files, warm against cold", cold, "times", 6, at_least=True),
        Figure("office files, against unoserver", level, "times", 1, at_least=True),
    ]


def alone() -> list[Figure]:
    """A document of a firm that had none before, a spare LibreOffice ready: from file to PDF."""
    times = []
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        file = room / "letter.docx"
        file.write_bytes(office_files.letter(1))
        workshop = Workshop(Conversion(), room / "engines")
        workshop.start(spare=True)
        try:
            for number in range(_ALONE + 1):
                _wait_for_the_spare(workshop)
                begun = time.perf_counter()
                workshop.convert(Source(file, DOCX), room, owner=f"firm {number}")
                times.append(time.perf_counter() - begun)
                (room / "rendition.pdf").unlink()
        finally:
            workshop.close()
    median = statistics.median(times[1:])
    print(f"{_ALONE} new firms: p50 {median:.3f} s, slowest {max(times[1:]):.3f} s")
    return [Figure("one document of a new firm, p50", median, "s", 0.3, at_least=False)]


@contextmanager
def _office(room: Path) -> Iterator[Office]:
    (room / "work").mkdir()
    chosen = Conversion(office_processes=_AT_ONCE)
    made = Office(Programs(room / "work"), chosen, room / "office", _LIMITS)
    made.start(spare=True)
    try:
        yield made
    finally:
        made.close()


def _wait_for_the_spare(workshop: Workshop) -> None:
    engines = workshop._office._engines  # noqa: SLF001 -- nobody but a benchmark asks
    while True:
        for spare in tuple(engines._spares):  # noqa: SLF001
            if not isinstance(spare, Engine):
                raise spare
            if select.select([spare._control], [], [], 0.1)[0]:  # noqa: SLF001
                return
        time.sleep(0.05)


def _rate(files: Sequence[Path], convert: Callable[[Path], object]) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(convert, files))
    return len(files) / (time.perf_counter() - begun)


def _warm(office: Office, file: Path) -> None:
    pdf = file.with_suffix(".warm.pdf")
    pdf.unlink(missing_ok=True)
    office.convert(file, _TYPES[file.suffix], pdf, None, "firm")


def _cold(profiles: queue.SimpleQueue[Path], file: Path) -> None:
    """Convert a file as `soffice --convert-to` does, with a profile that was used before.

    With as little claim to the processor as the sandbox has, or a busy machine would tell.
    """
    profile = profiles.get()
    line = ["nice", "-n", "15", "soffice", "--headless", "--norestore"]
    into = file.parent / "cold"
    subprocess.run(
        [
            *(*line, f"-env:UserInstallation=file://{profile}"),
            *("--convert-to", "pdf", "--outdir", str(into), str(file)),
        ],
        check=True,
        capture_output=True,
    )
    profiles.put(profile)


def _check(files: Sequence[Path], texts: Sequence[Path]) -> None:
    """Hold them against each other: a benchmark of what is wrong says nothing."""
    others = [(file, file.parent / "cold" / f"{file.stem}.pdf") for file in files]
    others += [(file, file.with_suffix(".unoserver.pdf")) for file in texts]
    for file, made in others:
        warm, other = pypdf.PdfReader(file.with_suffix(".warm.pdf")), pypdf.PdfReader(made)
        assert len(warm.pages) == len(other.pages)
        assert warm.pages[0].extract_text().split() == other.pages[0].extract_text().split()
    print(f"{len(files)} files, the same pages and words from all three")

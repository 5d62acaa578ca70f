"""Office: LibreOffice kept warm in its sandbox, and a cold one for each file outside of any."""

from __future__ import annotations

import io
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
from docx import Document

from bench.rounds import Figure, interleaved, print_table
from config.settings import Conversion
from converters.engine import Engine
from converters.office import Office
from converters.program import Programs
from converters.rendition import TABLE
from converters.sandbox import Limits
from samples.make import open_document

_FILES = 100
_AT_ONCE = 2
_ROUNDS = 3
_ALONE = 15
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ODT = "application/vnd.oasis.opendocument.text"
_TYPES = {".docx": _DOCX, ".odt": _ODT, ".rtf": "application/rtf", ".fods": "text/csv"}
_LIMITS = Limits(seconds=120, memory_bytes=1 << 30, output_bytes=1 << 28, processes=256)


def mixed() -> list[Figure]:
    """100 office files of four types, two at a time: warm against cold, files a second."""
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        files = list(_mixed_files(room))
        profiles: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for number in range(_AT_ONCE):
            profiles.put(room / f"profile-{number}")
        with _office(room, _AT_ONCE) as office:
            rounds = interleaved(
                {
                    "warm": partial(_rate, files, partial(_warm, office)),
                    "soffice --convert-to": partial(_rate, files, partial(_cold, profiles)),
                },
                _ROUNDS,
            )
        _check(files)
    print_table(f"{_FILES} office files, {_AT_ONCE} at a time", "a second", rounds, "warm")
    ratio = rounds.ratio("warm", "soffice --convert-to")
    return [Figure("office files, warm against cold", ratio, "times", 6, at_least=True)]


def alone() -> list[Figure]:
    """A document of an owner who had none before, while a spare LibreOffice stands ready."""
    times = []
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        file = room / "letter.docx"
        file.write_bytes(_letter(1))
        with _office(room, 1) as office:
            for number in range(_ALONE + 1):
                _wait_for_the_spare(office)
                begun = time.perf_counter()
                _warm(office, file, owner=f"firm {number}")
                times.append(time.perf_counter() - begun)
    median = statistics.median(times[1:])
    print(f"{_ALONE} new owners: p50 {median:.3f} s, slowest {max(times[1:]):.3f} s")
    return [Figure("one document of a new owner, p50", median, "s", 0.3, at_least=False)]


@contextmanager
def _office(room: Path, at_once: int) -> Iterator[Office]:
    (room / "work").mkdir()
    chosen = Conversion(office_processes=at_once)
    made = Office(Programs(room / "work"), chosen, room / "office", _LIMITS)
    made.start(spare=True)
    try:
        yield made
    finally:
        made.close()


def _wait_for_the_spare(office: Office) -> None:
    engines = office._engines  # noqa: SLF001 -- nobody but a benchmark asks when it stands ready
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


def _warm(office: Office, file: Path, owner: str = "firm") -> None:
    pdf = file.with_suffix(".warm.pdf")
    pdf.unlink(missing_ok=True)
    office.convert(file, _TYPES[file.suffix], pdf, None, owner)


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


def _check(files: Sequence[Path]) -> None:
    """Hold both against each other: a benchmark of what is wrong says nothing."""
    for file in files:
        warm = pypdf.PdfReader(file.with_suffix(".warm.pdf"))
        cold = pypdf.PdfReader(file.parent / "cold" / f"{file.stem}.pdf")
        assert len(warm.pages) == len(cold.pages)
        assert warm.pages[0].extract_text().split() == cold.pages[0].extract_text().split()
    print(f"{len(files)} files, the same pages and words from both")


def _mixed_files(room: Path) -> Iterator[Path]:
    """Write Word, OpenDocument, rich text and tables, of one to some ten pages, in turn."""
    text = open_document(_letter(8))
    for number in range(_FILES):
        folder = room / f"{number}"
        folder.mkdir()
        kind = number % 5
        if kind == 2:
            file, content = folder / "letter.odt", text
        elif kind == 3:
            words = b"\\par ".join(b"Paragraph %d of a rich text." % each for each in range(60))
            file, content = folder / "letter.rtf", b"{\\rtf1 " + words + b"}"
        elif kind == 4:
            file, content = folder / TABLE, _table(40 + number)
        else:
            file, content = folder / "letter.docx", _letter(1 + number % 30)
        file.write_bytes(content)
        yield file


def _letter(paragraphs: int) -> bytes:
    document = Document()
    document.add_heading("Statement")
    for number in range(paragraphs):
        document.add_paragraph(
            f"{number}. " + "The patient was seen on the ward in the morning. " * 8
        )
    table = document.add_table(rows=4, cols=3)
    for cell in table.columns[0].cells:
        cell.text = "value"
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _table(rows: int) -> bytes:
    cell = '<table:table-cell office:value-type="string"><text:p>value</text:p></table:table-cell>'
    row = f"<table:table-row>{cell * 5}</table:table-row>"
    space = "urn:oasis:names:tc:opendocument:xmlns"
    return (
        f'<?xml version="1.0"?><office:document xmlns:office="{space}:office:1.0"'
        f' xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0" office:version="1.2"'
        ' office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body>'
        f'<office:spreadsheet><table:table table:name="a">{row * rows}</table:table>'
        "</office:spreadsheet></office:body></office:document>"
    ).encode()

"""Stitch: 40 documents of 2,000 pages as one PDF, by our bindery and by pypdf's plain merge."""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import pypdf

from bench.rounds import Figure, interleaved, print_table
from config.settings import Conversion
from converters import page
from converters.binder_plan import Seen, Standing
from converters.bindery import Bindery
from converters.workshop import Workshop

_DOCUMENTS = 40
_PAGES = 50
_PARAGRAPHS = 4
_WORDS = ("the patient", "was seen", "on rounds", "and complained", "of pain in", "the left knee")
_TICK_SECONDS = 0.02


def of_2000_pages() -> list[Figure]:
    """40 tagged documents of 50 pages as one PDF: seconds, and MB of memory above what was there.

    pypdf's merge only joins them: without sheets, numbers, names, tags or a sandbox.
    """
    peaks: dict[str, list[float]] = {"ours": [], "pypdf": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = folder / "document.pdf"
        _write(document)
        workshop = Workshop(Conversion(render_processes=1), folder / "engines")
        workshop.start()

        def ours() -> float:
            begun = perf_counter()
            with _watched(peaks["ours"]):
                _bind(workshop, document)
            return perf_counter() - begun

        def theirs() -> float:
            command = [sys.executable, "-m", "bench.stitch", str(document)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, peak = map(float, done.stdout.split())
            peaks["pypdf"].append(peak)
            return seconds

        try:
            rounds = interleaved({"ours": ours, "pypdf": theirs})
        finally:
            workshop.close()
    print_table("40 documents, 2,000 pages", "seconds", rounds, "ours")
    memory = {one: statistics.median(found[1:]) for one, found in peaks.items()}
    for one, found in memory.items():
        print(f"  {one}: {found:6.0f} MB of memory at most")
    return [
        Figure(
            "2,000 pages as one PDF, memory: pypdf's plain merge takes ours",
            memory["pypdf"] / memory["ours"],
            "times",
            3,
            at_least=True,
        ),
        Figure(
            "the same, seconds: ours takes pypdf's",
            rounds.ratio("ours", "pypdf"),
            "times",
            2,
            at_least=False,
        ),
    ]


class _Words:
    """Sheets that say no more than they must."""

    title = "Package 7KQ4-M2XD"
    names: Sequence[str] = tuple(f"Document {one}.pdf" for one in range(_DOCUMENTS))

    def front(self, documents: Sequence[Standing], pages: int) -> str:
        rows = "".join(f"<p>{one.page} of {pages}</p>" for one in documents)
        return page.wrapped(f'<h1 id="cover">A</h1><h1 id="contents">B</h1>{rows}', self.title)

    def sheet(self, document: int, seen: Seen | None) -> str:
        return page.wrapped(f"<h1>{self.names[document]}</h1><p>{seen}</p>", self.title)


def _bind(workshop: Workshop, document: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        most = 10_000, Conversion().max_output_bytes
        bindery = Bindery(workshop, Path(name), lambda _: None, *most)
        made = bindery.bind(_Words(), [document] * _DOCUMENTS)
        assert made.pages > _DOCUMENTS * _PAGES
        assert not made.left_out


def _write(target: Path) -> None:
    chance = random.Random(20261129)
    text = (" ".join(chance.choices(_WORDS, k=45)) for _ in range(_PAGES * _PARAGRAPHS))
    paragraphs = "".join(
        f"{'<h2>A day</h2>' if at % _PARAGRAPHS == 0 else ''}<p>{one}</p>"
        for at, one in enumerate(text)
    )
    style = "<style>h2 { break-before: page } h2:first-child { break-before: auto }</style>"
    pages = page.write(page.wrapped(style + paragraphs, "Records"), target)
    assert pages == _PAGES, pages


@contextlib.contextmanager
def _watched(peaks: list[float]) -> Iterator[None]:
    """Note the most memory that this process and all below it took meanwhile, in MB."""
    before, ended, most = _resident(), threading.Event(), [0.0]

    def watch() -> None:
        while not ended.wait(_TICK_SECONDS):
            most[0] = max(most[0], _resident())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        peaks.append(most[0] - before)


def _resident() -> float:
    """Sum the memory that cannot be dropped, of this process and all below it, in MB.

    What a process shares with the one that it was forked from counts once.
    """
    total, waiting = 0, [os.getpid()]
    while waiting:
        process = Path("/proc") / str(waiting.pop())
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += _said(process / "smaps_rollup", "Pss_Anon")
            for task in (process / "task").iterdir():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    waiting += map(int, (task / "children").read_text(encoding="ascii").split())
    return total / 1000


def _said(file: Path, name: str) -> int:
    """Return a number of KiB that the kernel says under a name; 0 of what has ended."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def _merge(document: Path) -> None:
    """Join by pypdf, and print seconds and the most memory above what it began with."""
    before = _resident()
    begun = perf_counter()
    writer = pypdf.PdfWriter()
    for _ in range(_DOCUMENTS):
        writer.append(document)
    with tempfile.TemporaryFile() as target:
        writer.write(target)
    seconds = perf_counter() - begun
    itself = Path("/proc/self/status")
    most = _said(itself, "VmHWM") - _said(itself, "RssFile")
    print(seconds, most / 1000 - before)


if __name__ == "__main__":
    _merge(Path(sys.argv[1]))

"""Fidelity: the words of the corpus's files in the PDFs that were delivered, and their order."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from bench.rounds import Figure, NotMeasured
from config.media import catalogue
from converters import source_words, words

_FOLDERS = ("office", "text", "hostile")


def corpus() -> list[Figure]:
    """Every text and office file of CASEBRIDGE_CORPUS that becomes a PDF: words found, in order."""
    folder = os.environ.get("CASEBRIDGE_CORPUS")
    if folder is None:
        raise NotMeasured("CASEBRIDGE_CORPUS is not set")
    files = [one for each in _FOLDERS for one in sorted((Path(folder) / each).iterdir())]
    shares: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    lost = unread = 0
    with tempfile.TemporaryDirectory() as into:
        program = str(Path(sys.executable).with_name("casebridge"))
        line = [program, "convert", "--json", "--to", into, *map(str, files)]
        done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
        for one in map(json.loads, done.stdout.splitlines()):
            if not one.get("pdf"):
                continue
            found = _found(Path(one["file"]), one["detected_type"], Path(one["pdf"]["path"]))
            if found is None:
                unread += 1
                continue
            shares[catalogue().treatment(one["detected_type"]).label].append(found[:2])
            if found[0] < 0.99:
                lost += found[2] > 1
                print(f"{found[0]:.2%} found: {Path(one['file']).name}")
            if found[1] < 0.99:
                print(f"{found[1]:.2%} in order: {Path(one['file']).name}")
    _print(shares)
    print(f"{unread} PDFs of sources whose words nothing here reads: said on them (`unchecked`)")
    return [
        Figure(
            "PDFs that lack more than one word, and one in a hundred", lost, "", 0, at_least=False
        )
    ]


def _found(source: Path, media_type: str, pdf: Path) -> tuple[float, float, int] | None:
    """Return which share of a source's words is in its PDF, which in the source's order, and how
    many are not there at all.
    """
    reader = source_words.READERS.get(media_type)
    if reader is None:
        return None
    with source.open("rb") as opened:
        wanted = reader(opened)
    if not wanted:
        return None if wanted is None else (1.0, 1.0, 0)
    absent = words.absent(wanted, _read(pdf))
    there = 1 - absent / len(wanted)
    # A table may be read by its columns or by its rows: the order is on the page, not in the file.
    ordered = max(_in_order(wanted, _read(pdf, *way)) for way in ((), ("-raw",), ("-layout",)))
    return there, there * ordered, absent


def _read(pdf: Path, *way: str) -> str:
    line = ["pdftotext", "-q", "-enc", "UTF-8", "-nopgbrk", *way, str(pdf), "-"]
    return subprocess.run(line, capture_output=True, check=True).stdout.decode()


def _in_order(wanted: list[str], printed: str) -> float:
    moved, compared = words.moved(wanted, printed)
    return 1 - moved / compared if compared else 1.0


def _print(shares: dict[str, list[tuple[float, float]]]) -> None:
    print("\n| type | PDFs | found, least | in order, median | in order, least | 99 % in order |")
    print("|---|--:|--:|--:|--:|--:|")
    together = [one for ones in shares.values() for one in ones]
    for label, ones in [*sorted(shares.items()), ("together", together)]:
        there, ordered = zip(*ones, strict=True)
        whole = sum(share >= 0.99 for share in ordered)
        figures = (min(there), statistics.median(ordered), min(ordered))
        print(
            f"| {label} | {len(ones)} | {' | '.join(f'{one:.1%}' for one in figures)} | {whole} |"
        )

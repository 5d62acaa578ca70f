"""Converting: every file of the corpus through `casebridge convert`, what became of it, by type."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from bench.rounds import Figure, NotMeasured
from config.media import catalogue

_FOLDERS = ("office", "images", "text", "pdf", "hostile")
_FATES = ("converted", "kept", "held", "refused", "empty", "damaged", "failed")
_MOST_SECONDS = 125  # a job has 120, and the check after it


def corpus() -> list[Figure]:
    """Every office file, image, text, PDF and hostile file of CASEBRIDGE_CORPUS, by type."""
    folder = os.environ.get("CASEBRIDGE_CORPUS")
    if folder is None:
        raise NotMeasured("CASEBRIDGE_CORPUS is not set")
    files = [one for each in _FOLDERS for one in sorted((Path(folder) / each).iterdir())]
    told = _told(files)
    _print(told)
    for one in told:
        if _fate(one) == "failed":
            print(f"failed: {Path(one['file']).name} ({one['detected_type']})")
    worst = max(one["seconds"] for one in told)
    return [
        Figure("files that were given no answer", len(files) - len(told), "", 0, at_least=False),
        Figure("the slowest file of the corpus", worst, "s", _MOST_SECONDS, at_least=False),
    ]


def _told(files: list[Path]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as into:
        program = str(Path(sys.executable).with_name("casebridge"))
        line = [program, "convert", "--json", "--to", into]
        done = subprocess.run(
            [*line, *map(str, files)], stdout=subprocess.PIPE, text=True, check=False
        )
    return [one for one in map(json.loads, done.stdout.splitlines()) if "error" not in one]


def _fate(one: dict[str, Any]) -> str:
    by_reason = {
        "file_convert_failed": "failed",
        "file_damaged": "damaged",
        "file_empty": "empty",
    }
    if one["reason"] in by_reason:
        return by_reason[one["reason"]]
    return "kept" if one["fate"] == "filed" else str(one["fate"])


def _print(told: list[dict[str, Any]]) -> None:
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in told:
        rows[catalogue().treatment(one["detected_type"]).label].append(one)
    print(f"\n| type | files | {' | '.join(_FATES)} | median s | worst s |")
    print(f"|---|{'--:|' * (len(_FATES) + 3)}")
    for label, ones in [*sorted(rows.items()), ("together", told)]:
        fates = [_fate(one) for one in ones]
        seconds = [one["seconds"] for one in ones]
        counts = " | ".join(str(fates.count(each) or "") for each in _FATES)
        times = f"{statistics.median(seconds):.2f} | {max(seconds):.2f}"
        print(f"| {label} | {len(ones)} | {counts} | {times} |")
    warned = Counter(code for one in told for code in one["warnings"])
    print(f"warnings: {', '.join(f'{code} {number}' for code, number in sorted(warned.items()))}")

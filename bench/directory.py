"""The directory import of 100,000 cases: seconds and memory, loaded, unchanged, and rejected."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.rounds import Figure

_CASES, _FIRMS, _CONSULTANTS = 100_000, 200, 50
_COMMAND = (sys.executable, "-c", "from gateway.command import main; main()")


@dataclass(frozen=True)
class _Ended:
    """What a command took, as a child process of its own."""

    seconds: float
    processor_seconds: float
    peak_mib: float  # resident
    code: int


def import_100_000() -> list[Figure]:
    """Directory import of 100,000 cases and rights of 200 firms: first, unchanged, all rejected."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {
            "CASEBRIDGE_STORAGE__PATH": str(folder / "var"),
            "CASEBRIDGE_LOGS__LEVEL": "warning",
        }
        bad, whole, none = folder / "bad", folder / "whole", folder / "none"
        _export(whole, "open")
        _export(none, "open", cases=0)
        _export(bad, "ajar")
        _run(environment, "migrate")
        ended = {
            "nothing to load": _import(environment, none),
            "first": _import(environment, whole),
            "unchanged": _import(environment, whole),
            "every case rejected": _import(
                environment, bad, "--report", str(folder / "rejected.csv"), code=1
            ),
        }
        with (folder / "rejected.csv").open() as stream:
            told = sum(1 for _ in stream) - 1
    print(f"{'':22}{'seconds':>9}{'processor':>11}{'peak MiB':>10}{'more MiB':>10}")
    least = ended["nothing to load"].peak_mib
    for what, one in ended.items():
        print(
            f"{what:22}{one.seconds:9.2f}{one.processor_seconds:11.2f}{one.peak_mib:10.1f}"
            f"{one.peak_mib - least:10.1f}"
        )
    print(f"rejected lines in the report: {told:,}")
    assert told >= _CASES
    return []


def _export(folder: Path, state: str, cases: int = _CASES) -> None:
    folder.mkdir()
    emails = [f"consultant{number}@mutual.example" for number in range(_CONSULTANTS)]
    numbers = [f"{20 + number // 1_000_000}-{number % 1_000_000:06}" for number in range(cases)]
    files = {
        "consultants.csv": (
            "email,name,cover_email,cover_from,cover_until",
            (f"{email},Consultant {number},,," for number, email in enumerate(emails)),
        ),
        "firms.csv": (
            "firm,office,identifier_type,identifier",
            (f"Firm {one} LLP,Boston,mail domain,firm{one}.example" for one in range(_FIRMS)),
        ),
        "cases.csv": (
            "number,state,consultant_email,restricted",
            (f"{one},{state},{emails[at % _CONSULTANTS]},no" for at, one in enumerate(numbers)),
        ),
        "rights.csv": (
            "firm,case_number,from,until",
            (f"Firm {at % _FIRMS} LLP,{one},2024-01-01," for at, one in enumerate(numbers)),
        ),
    }
    for file, (header, lines) in files.items():
        with (folder / file).open("w") as stream:
            stream.write(f"{header}\n")
            stream.writelines(f"{line}\n" for line in lines)


def _import(environment: Mapping[str, str], folder: Path, *more: str, code: int = 0) -> _Ended:
    return _run(environment, "directory", "import", str(folder), *more, code=code)


def _run(environment: Mapping[str, str], *arguments: str, code: int = 0) -> _Ended:
    start = time.perf_counter()
    said = subprocess.run(
        (sys.executable, "-m", "bench.spent", *_COMMAND, *arguments),
        env=dict(environment),
        capture_output=True,
        check=True,
    ).stdout
    seconds = time.perf_counter() - start
    ended, processor, peak_kib = json.loads(said)
    assert ended == code, f"{arguments} ended with {ended}"
    return _Ended(seconds, processor, peak_kib / 1024, ended)

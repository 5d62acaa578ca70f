"""The import of a mailbox beside the road's own rate, and the import of the same one again."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from bench import road
from bench.rounds import Figure

_MESSAGES = int(os.environ.get("CASEBRIDGE_BENCH_MESSAGES", "10000"))
# Of the road's own rate, measured before and after the import.
_ROUND = max(50, min(1000, _MESSAGES // 10))
_LEAST_OF_THE_ROAD, _MOST_OF_THE_FIRST = 0.9, 0.1
_LONGEST_SECONDS = 3600
_COMMAND = (*road.SERVE[:-1], "import")


def mailbox() -> list[Figure]:
    """A mailbox of 10,000 messages to filed, and again. Fewer by CASEBRIDGE_BENCH_MESSAGES."""
    with road.serving() as running, tempfile.TemporaryDirectory(prefix="bench-") as name:
        environment = os.environ | {
            "CASEBRIDGE_STORAGE__PATH": str(running.server.folder),
            "CASEBRIDGE_LOGS__LEVEL": "warning",
        }
        file = Path(name) / "old.mbox"
        _write(file, 0, _ROUND // 5)
        _import(file, environment)  # warms every process
        running.await_filed(_ROUND // 5)
        before = _own_rate(running)
        there = running.filed()
        _write(file, 1_000_000, _MESSAGES)
        start = time.perf_counter()
        _import(file, environment)
        running.await_filed(there + _MESSAGES, seconds=_LONGEST_SECONDS)
        first = time.perf_counter() - start
        own = (before + _own_rate(running)) / 2
        filed = running.filed()
        start = time.perf_counter()
        _import(file, environment)
        again = time.perf_counter() - start
        new = running.filed() - filed
    print(f"\n{_MESSAGES:,} messages imported: {first:.1f} s, {_MESSAGES / first:.1f} /s to filed")
    print(f"the road's own rate, before and after: {own:.1f} /s")
    print(f"the same mailbox again: {again:.2f} s, {new} filed")
    return [
        Figure(
            "imported, of the road's own rate",
            _MESSAGES / first / own,
            "",
            _LEAST_OF_THE_ROAD,
            at_least=True,
        ),
        Figure(
            "a second import, of the first's time",
            again / first,
            "",
            _MOST_OF_THE_FIRST,
            at_least=False,
        ),
        Figure("filed by the second import", new, "", 0, at_least=False),
    ]


def _own_rate(running: road.Running) -> float:
    """Return letters a second, by SMTP to filed: the queue is never empty meanwhile."""
    there = running.filed()
    messages = [_message(2_000_000 + there + one) for one in range(_ROUND)]
    start = time.perf_counter()
    road.send(running.server.port, messages)
    running.await_filed(there + _ROUND)
    return _ROUND / (time.perf_counter() - start)


def _message(number: int) -> bytes:
    return (
        f"From: Pat Hall <{road.SENDER}>\r\nTo: {road.INTAKE}\r\nSubject: Case 24-001234\r\n"
        f"Message-ID: <{number}@bakerllp.example>\r\nDate: Tue, 4 Mar 2025 10:00:00 -0500\r\n\r\n"
        f"Letter {number}: we have written to the expert.\r\n\r\nPat Hall\r\n"
    ).encode("ascii")


def _write(file: Path, first: int, number: int) -> None:
    with file.open("wb") as mailbox:
        for one in range(first, first + number):
            mailbox.write(b"From pat.hall@bakerllp.example Tue Mar  4 10:00:00 2025\n")
            mailbox.write(_message(one).replace(b"\r\n", b"\n") + b"\n")


def _import(file: Path, environment: dict[str, str]) -> None:
    subprocess.run([*_COMMAND, str(file)], env=environment, check=True, stdout=subprocess.DEVNULL)

"""Memory: what the process that serves holds of the files that it has converted."""

from __future__ import annotations

import subprocess
import sys

from bench.rounds import Figure

_JOBS = 1_000


def conversions() -> list[Figure]:
    """1,000 conversions by all engines: the resident memory of the process that asks for them."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.conversions", str(_JOBS)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    grown = int(done.stdout) / (1 << 20)
    print(f"{_JOBS} conversions, two at a time: {grown:.1f} MiB more")
    return [Figure("memory over 1,000 conversions", grown, "MiB", 50, at_least=False)]

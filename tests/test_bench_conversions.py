"""The memory of conversions, measured as the benchmark does, in a short run."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_process_that_asks_for_conversions_holds_nothing_of_them() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.conversions", "32"], check=True, stdout=subprocess.PIPE
    )
    assert int(done.stdout) < 50 << 20

"""Allocation: blocks of a mebibyte come and go without a page fault for each of their pages."""

from __future__ import annotations

import subprocess
import sys

COUNT = """
import resource
from gateway.allocation import keep_freed
keep_freed()
def work():
    for _ in range(100):
        held = [b"x" * (1 << 20) for _ in range(4)]
        held.clear()
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_what_is_freed_is_there_for_the_next_block() -> None:
    faults = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, check=True).stdout
    assert int(faults) < 10_000, "of the 100,000 pages that were written"

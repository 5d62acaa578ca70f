"""What a command spends, seen by a small process: `python -m bench.spent COMMAND…`.

The kernel counts into a child's peak what its parent held when it was started (getrusage(2)), so
that a benchmark with everything loaded would find its own size in each of its children.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys


def main(command: list[str]) -> None:
    """Run a command in silence, and print its exit code, processor seconds and peak KiB."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)  # what this child used, and no other
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = used.ru_utime + used.ru_stime
    sys.stdout.write(json.dumps([child.returncode, seconds, used.ru_maxrss]))


if __name__ == "__main__":
    main(sys.argv[1:])

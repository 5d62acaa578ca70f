"""The web door, killed at its Nth durable call: `python -m tests.crash.sending STORAGE N DRAFT`.

The points are those of tests/crash/rig.py. N = 0 never kills, and the calls of all points passed
are printed at the end, behind the receipt number.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config.settings import Settings, Storage
from gateway import clock
from gateway.stores import open_stores
from tests.crash.rig import Points, count_commits


def main() -> None:
    points = Points(int(sys.argv[2]))
    os.fsync = points.around(os.fsync)
    os.rename = points.around(os.rename)
    count_commits(points)
    with open_stores(Settings(storage=Storage(path=Path(sys.argv[1])))) as stores:
        points.armed = True
        receipt = stores.web_door(clock.now).send(int(sys.argv[3]))
        points.armed = False
    print(receipt, *points.passed, flush=True)


if __name__ == "__main__":
    main()

"""A real `casebridge import`, killed at its Nth durable call: `python -m … N ARGUMENT…`.

Counted are each fsync and rename of its own and each COMMIT that changed something.
"""

from __future__ import annotations

import os
import sys

from gateway.command import main
from tests.crash.rig import Points, count_commits

if __name__ == "__main__":
    points = Points(int(sys.argv[1]))
    os.fsync = points.around(os.fsync)
    os.rename = points.around(os.rename)
    count_commits(points)
    points.armed = True
    sys.argv = ["casebridge", "import", *sys.argv[2:]]
    main()

"""The real server, killed at its Nth durable call: `python -m tests.crash.rig STORAGE N POUCH`.

Counted, once it is ready, are each fsync and rename of its own and each COMMIT that changed
something, ours and the queue's, just before and just after the call. N = 0 never kills, and the
calls of all points passed are printed at the end. POUCH is storage.pouch_bytes.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.engine.default import DefaultDialect

from config.settings import Conversion, Reading, Road, Settings, Smtp, Storage, Web
from gateway.serving import serve


class Points:
    """Counts the points passed, and kills this process at one of them."""

    def __init__(self, kill_at: int) -> None:
        self.armed = False
        self.passed: list[str] = []
        self._kill_at = kill_at
        self._lock = threading.Lock()

    def point(self, call: str) -> None:
        if not self.armed:
            return
        with self._lock:
            self.passed.append(call)
            if len(self.passed) == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            # A sandbox's folder is emptied (converters.harvest): nothing there is to last.
            if str(arguments[-1]).rpartition("/")[2].startswith("remove-"):
                return call(*arguments, **named)
            self.point(call.__name__)
            result = call(*arguments, **named)
            self.point(call.__name__)
            return result

        return counted


def count_commits(points: Points) -> None:
    changes: dict[int, int] = {}
    commit = DefaultDialect.do_commit

    def counted(self: DefaultDialect, connection: Any) -> None:
        raw = connection.dbapi_connection
        changed = raw.total_changes != changes.get(id(raw), 0)
        if changed:
            changes[id(raw)] = raw.total_changes
            points.point("commit")
        commit(self, connection)  # type: ignore[no-untyped-call]
        if changed:
            points.point("commit")

    DefaultDialect.do_commit = counted  # type: ignore[method-assign]


def main() -> None:
    # What is printed is for the test; what is logged is not.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    storage, kill_at = Path(sys.argv[1]), int(sys.argv[2])
    points = Points(kill_at)
    os.fsync = points.around(os.fsync)
    os.rename = points.around(os.rename)
    count_commits(points)
    settings = Settings(
        storage=Storage(path=storage, pouch_bytes=int(sys.argv[3])),
        smtp=Smtp(port=0),
        web=Web(port=0),
        road=Road(sweep_seconds=1),
        # One process of each kind: warming them is most of a start.
        reading=Reading(processes=1),
        conversion=Conversion(render_processes=1),
    )

    def ready(smtp: str, _web: str) -> None:
        print(f"ready {smtp}", flush=True)
        points.armed = True

    serve(settings, ready)
    print("passed", *points.passed, flush=True)


if __name__ == "__main__":
    main()

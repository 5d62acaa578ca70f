"""External programs on one file each, in a sandbox that lives for that run only."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from converters import harvest, sandbox
from converters.box import Box
from converters.fault import JobDied, JobLost, JobStopped
from converters.sandbox import Limits

FAR_SIDE = Path("/source")


@dataclass(frozen=True)
class Run:
    """A finished run: its exit status, and its folder, which is emptied at the end of the block."""

    status: int
    folder: Path


class Programs:
    """Runs programs in folders of their own below `work`. Safe to use from several threads."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._running: set[Box] = set()
        self._closed = False

    @contextlib.contextmanager
    def run(
        self,
        line: Sequence[str],
        *,
        sources: Mapping[str, Path],
        limits: Limits,
        system: Sequence[Path] = (),
    ) -> Iterator[Run]:
        """Run `line` with each source shown read-only as /source/NAME, and wait for its end.

        The names are ours, never a sender's.
        Raises JobTimedOut, JobLost, JobDied and BadOutput at a limit or a death; JobStopped;
        SandboxMissing.
        """
        folder = Path(tempfile.mkdtemp(dir=self._work))
        try:
            status = self._run(
                lambda descriptors: sandbox.command(
                    [*limits.prefix(), *line],
                    folder=folder,
                    limits=limits,
                    readable={FAR_SIDE / name: file for name, file in sources.items()},
                    system=system,
                    scratch=True,
                    descriptors=descriptors,
                ),
                folder,
                limits,
            )
            if status == 128 + signal.SIGKILL:
                raise JobLost("signal 9")
            if status > 128:
                raise JobDied(f"signal {status - 128}")
            yield Run(status, folder)
        finally:
            harvest.empty(folder)
            folder.rmdir()

    def close(self) -> None:
        """End every program; what runs, or would run now, ends in JobStopped."""
        with self._lock:
            self._closed = True
            for box in self._running:
                box.kill()

    def _run(
        self, line: Callable[[dict[str, int]], Sequence[str]], folder: Path, limits: Limits
    ) -> int:
        if self._closed:
            raise JobStopped
        box = Box.start(line, folder=folder)
        try:
            with self._lock:
                if self._closed:
                    raise JobStopped
                self._running.add(box)
            box.watch(limits, time.monotonic() + limits.seconds)
            status = box.status()
        finally:
            with self._lock:
                self._running.discard(box)
            box.close()
        if self._closed:
            raise JobStopped
        return status

"""One run of an external program on one file, in a sandbox that lives for that run only."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from converters import harvest, sandbox
from converters.box import Box
from converters.fault import JobDied
from converters.sandbox import Limits

FAR_SIDE = Path("/source")


@dataclass(frozen=True)
class Run:
    """A finished run: its exit status, and its folder, which is emptied at the end of the block."""

    status: int
    folder: Path


@contextlib.contextmanager
def run(
    line: Sequence[str],
    *,
    sources: Mapping[str, Path],
    work: Path,
    limits: Limits,
    profile: Path | None = None,
    system: Sequence[Path] = (),
) -> Iterator[Run]:
    """Run `line` with each source shown read-only as /source/NAME, and wait for its end.

    The names are ours, never a sender's. `profile` is a folder to begin /job/profile with.
    Raises JobTimedOut, JobDied and BadOutput at a limit; SandboxMissing.
    """
    folder = Path(tempfile.mkdtemp(dir=work))
    try:
        if profile is not None:
            shutil.copytree(profile, folder / "profile")
        box = Box.start(
            lambda descriptors: sandbox.command(
                [*limits.prefix(), *line],
                folder=folder,
                limits=limits,
                readable={FAR_SIDE / name: file for name, file in sources.items()},
                system=system,
                scratch=True,
                descriptors=descriptors,
            ),
            folder=folder,
        )
        try:
            box.watch(limits, time.monotonic() + limits.seconds)
            status = box.status()
        finally:
            box.close()
        if status > 128:
            raise JobDied(f"signal {status - 128}")
        yield Run(status, folder)
    finally:
        harvest.empty(folder)
        folder.rmdir()

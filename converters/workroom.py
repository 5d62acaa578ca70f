"""The workroom: sandboxed processes and programs, and the check of what comes out of them."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.settings import Conversion
from converters import fault, harvest, poppler
from converters.fault import (
    BadOutput,
    ConversionFault,
    EngineFailed,
    JobDied,
    JobRefused,
    JobTimedOut,
    JobUncertain,
)
from converters.pool import Pool
from converters.program import Programs
from converters.rendition import CHECKED, Source
from converters.sandbox import Limits


@dataclass(frozen=True)
class Checked:
    """What the check of a PDF found (converters.check)."""

    pages: int
    compared: bool  # with its source, word by word
    lacks_pictures: bool
    shows_nothing: bool  # as its source


class Workroom:
    """What every engine works with. Safe to use from several threads."""

    def __init__(self, limits: Conversion, folder: Path) -> None:
        self._limits = Limits(
            seconds=limits.max_seconds,
            memory_bytes=limits.max_memory_bytes,
            output_bytes=limits.max_output_bytes,
        )
        self._pool = Pool(
            "converters.render:run",
            processes=limits.render_processes,
            folder=folder / "render",
            limits=self._limits,
        )
        self._work = folder / "work"
        self._programs = Programs(self._work)
        self._change = threading.Condition()
        self._in_hand = 0

    def job(
        self, job: dict[str, Any], files: Sequence[Path], into: Path, seconds: int | None = None
    ) -> dict[str, Any]:
        """Run a job of converters.render on files; what it leaves is in the folder `into` then.

        Raises a ConversionFault, JobStopped and SandboxMissing.
        """
        with self._at_work(last_chance=True):
            return self._ask(job, files, into, seconds)

    def _open(self) -> None:
        self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
        harvest.empty(self._work)
        self._pool.start()

    def _shut(self) -> None:
        self._pool.close()
        with self._change:
            self._change.wait_for(lambda: not self._in_hand)
        if self._work.exists():
            harvest.empty(self._work)

    def _check(self, source: Source, pdf: Path, room: Path, owner: str | None = None) -> Checked:
        files = [source.file, pdf]
        if source.media_type in CHECKED:
            printed = room / "printed.txt"
            limits = self._limits.within(source.seconds)
            poppler.text(pdf, printed, programs=self._programs, limits=limits)
            files.append(printed)
        job = {"do": "check", "media_type": source.media_type}
        said = self._ask(job, files, room, source.seconds, owner)
        pages = said["pages"]
        if not isinstance(pages, int) or pages < 1:
            raise BadOutput("no number of pages")
        return Checked(
            pages, said["compared"] is True, bool(said["pictures_missing"]), bool(said["nothing"])
        )

    @contextlib.contextmanager
    def _room(self, *, last_chance: bool = True) -> Iterator[Path]:
        """Give a folder for one piece of work, which holds back the end of the workroom."""
        with (
            self._at_work(last_chance=last_chance),
            tempfile.TemporaryDirectory(dir=self._work) as folder,
        ):
            yield Path(folder)

    @contextlib.contextmanager
    def _at_work(self, *, last_chance: bool) -> Iterator[None]:
        """Hold back the end of `close`, and speak of faults as conversions do."""
        with self._change:
            self._in_hand += 1
        try:
            with _as_conversion_faults(last_chance=last_chance):
                yield
        finally:
            with self._change:
                self._in_hand -= 1
                self._change.notify_all()

    def _ask(
        self,
        job: dict[str, Any],
        files: Sequence[Path],
        into: Path,
        seconds: int | None,
        owner: str | None = None,
    ) -> dict[str, Any]:
        with contextlib.ExitStack() as opened:
            inputs = []
            for file in files:
                inputs.append(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
                opened.callback(os.close, inputs[-1])
            return self._pool.run(job, inputs=inputs, into=into, seconds=seconds, whose=owner)


@contextlib.contextmanager
def _as_conversion_faults(*, last_chance: bool) -> Iterator[None]:
    try:
        yield
    except JobRefused as error:
        named = getattr(fault, error.fault, EngineFailed)
        known = isinstance(named, type) and issubclass(named, ConversionFault)
        raise (named if known else EngineFailed)(error.detail) from error
    except JobUncertain as error:
        if not last_chance:
            raise
        late = isinstance(error, JobTimedOut)
        raise EngineFailed("time limit" if late else str(error)) from error
    except (JobDied, BadOutput) as error:
        raise EngineFailed(str(error)) from error

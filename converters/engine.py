"""One warm LibreOffice: a sandbox that takes file after file, and is ended at any doubt."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from converters import answer, frame, harvest, sandbox
from converters.box import Box
from converters.fault import BadOutput, JobFault, JobLost
from converters.program import FAR_SIDE
from converters.rendition import RESULT
from converters.sandbox import JOB_FOLDER, Limits

_PYTHON = "/usr/bin/python3"  # Debian's own: python3-uno is made for it
_CODE = Path("/code")
_START_SECONDS = 60
_ANSWER_SECONDS = 10  # the driver holds a whole answer before it sends the first byte
_READY = b'{"ready": true}'
PROFILE: Final = "/tmp/profile"  # noqa: S108 -- the sandbox's own
SETTINGS: Final = "user/registrymodifications.xcu"  # in a profile


def driver_installed() -> bool:
    """Say whether Debian's Python has what the driver needs."""
    line = [_PYTHON, "-I", "-c", "import uno"]
    if not Path(_PYTHON).exists():
        return False
    return not subprocess.run(line, check=False, capture_output=True).returncode


_Files = dict[str, tuple[int, int]]  # by path: bytes, and when it was written


@dataclass(eq=False)
class Engine:
    """A LibreOffice that is running or starting, and one owner's from its first file on.

    Its folder has three below it: "source" (/source), where it can only read, and from which each
    file is gone before the next comes; "job" (/job) and "tmp" (/tmp, with the profile). What is in
    these two after a file and was not there before the first one is a reason to end it.
    """

    number: int
    box: Box
    _control: socket.socket
    _limits: Limits
    files: int = 0  # it has been given
    rests_since: float = 0.0  # on the monotonic clock
    _worked: float = 0.0  # seconds, all files together
    _own: _Files | None = field(default=None, repr=False)  # None until it is ready

    @classmethod
    def start(
        cls,
        number: int,
        program: Sequence[str],
        *,
        folder: Path,
        profile: Path,
        system: Sequence[Path],
        limits: Limits,
        kinds: Sequence[str],
    ) -> Engine:
        """Start LibreOffice by the command `program` with a copy of `profile`; see Box.start.

        Returns at once, long before it is ready. `folder` is made, and the engine's own. An empty
        document of each of `kinds` is printed before any other.
        """
        folder.mkdir(mode=0o700)
        ours, theirs = socket.socketpair()
        try:
            for each in ("source", "job", "tmp"):
                (folder / each).mkdir(mode=0o700)
            shutil.copytree(profile, folder / "tmp" / Path(PROFILE).name)
            box = Box.start(
                lambda descriptors: sandbox.command(
                    [
                        *(*limits.prefix(), _PYTHON, "-s", "-B", "-m", "converters.office_driver"),
                        *(str(theirs.fileno()), ",".join(kinds), *program),
                    ],
                    folder=folder / "job",
                    temporary=folder / "tmp",
                    limits=limits,
                    system=system,
                    readable={
                        FAR_SIDE: folder / "source",
                        _CODE / "converters": Path(__file__).parent,
                        # It would be written anew every second, with what was seen last.
                        Path(PROFILE) / SETTINGS: profile / SETTINGS,
                    },
                    environment={"PYTHONPATH": str(_CODE), "PYTHONSAFEPATH": "1"},
                    descriptors=descriptors,
                ),
                folder=folder,
                inherit=[theirs.fileno()],
            )
        except BaseException:
            ours.close()
            harvest.empty(folder)
            folder.rmdir()
            raise
        finally:
            theirs.close()
        ours.settimeout(_ANSWER_SECONDS)
        return cls(number, box, ours, limits)

    def wait_until_ready(self) -> None:
        """Wait for one that is still starting. Raises JobLost: no file is in it yet."""
        if self._own is not None:
            return
        try:
            said = self._told(self._limits, time.monotonic() + _START_SECONDS)
        except (frame.Ended, TimeoutError, JobFault) as error:
            why = str(error) or type(error).__name__
            raise JobLost(f"LibreOffice did not start: {why} {self.box.said()}") from error
        if said != _READY:
            raise JobLost(f"LibreOffice did not start: {said[:200]!r}")
        if self.box.ended:
            raise JobLost("LibreOffice ended while it waited")
        try:
            self._own = self._in_tmp()
        except OSError as error:
            raise JobLost("LibreOffice did not come to rest") from error

    def convert(
        self, file: Path, extension: str, job: dict[str, Any], target: Path, limits: Limits
    ) -> None:
        """Write the PDF of a file, of which a copy without its name goes in.

        Raises JobTimedOut, JobLost, JobDied and BadOutput; it is not to be used any more then.
        """
        self.files += 1
        name = f"source{extension}"
        source = self.box.folder / "source" / name
        shutil.copyfile(file, source)
        asked = {
            **job,
            "source": (FAR_SIDE / name).as_uri(),
            "target": (JOB_FOLDER / RESULT).as_uri(),
        }
        room = limits.output_bytes + source.stat().st_size
        begun = time.monotonic()
        try:
            frame.send(self._control, json.dumps(asked).encode("ascii"))
            said = self._told(replace(limits, output_bytes=room), begun + limits.seconds)
        except (frame.Ended, TimeoutError) as error:
            raise JobLost("its sandbox ended") from error
        answer.taken_apart(answer.parsed(said))
        harvest.copy_one(self._job, RESULT, target, most_bytes=limits.output_bytes)
        self._worked += time.monotonic() - begun
        source.unlink()
        try:
            (self._job / RESULT).unlink()
        except OSError as error:  # something in there took it away, or put another thing there
            raise BadOutput("the output changed") from error

    def is_sound(self) -> bool:
        """Say whether it may be given another file: it is small, and left nothing behind.

        After as long as one file may take it is not: its limit of processor time counts them all.
        """
        small = replace(self._limits, memory_bytes=self._limits.memory_bytes // 2)
        try:
            return (
                self._worked < self._limits.seconds
                and self.box.within(small)
                and not any(self._job.iterdir())
                and self._in_tmp() == self._own
                and not self.box.ended
            )
        except OSError:  # something in there changed under our eyes, or has no end
            return False

    def close(self) -> None:
        """End everything in it and remove every file."""
        self.box.close()
        self._control.close()
        harvest.empty(self.box.folder)
        self.box.folder.rmdir()

    @property
    def _job(self) -> Path:
        return self.box.folder / "job"

    def _told(self, limits: Limits, deadline: float) -> bytes:
        self.box.watch(limits, deadline, self._control.fileno())
        return frame.receive(self._control, _ANSWER_SECONDS)

    def _in_tmp(self) -> _Files:
        """Look at everything in /tmp. Raises OSError where it has no end, or changes meanwhile."""
        found: dict[str, tuple[int, int]] = {}
        waiting = [self.box.folder / "tmp"]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if len(found) >= self._limits.output_files:
                        raise OSError("too many files")
                    facts = entry.stat(follow_symlinks=False)
                    is_folder = entry.is_dir(follow_symlinks=False)
                    found[entry.path] = (0, 0) if is_folder else (facts.st_size, facts.st_mtime_ns)
                    if is_folder:
                        waiting.append(Path(entry.path))
        return found

"""A pool of prestarted sandboxes, each with one zygote, that run jobs on strangers' files."""

from __future__ import annotations

import collections
import dataclasses
import fcntl
import json
import os
import queue
import socket
import stat
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters import answer, frame, harvest, sandbox
from converters.box import Box
from converters.fault import JobFault, JobLost, JobStopped, SandboxMissing
from converters.sandbox import Limits
from converters.waiting import Waiting

_START_SECONDS = 60
_ANSWER_SECONDS = 10  # the zygote holds a whole answer before it sends the first byte


@dataclass(eq=False)
class _Worker:
    box: Box
    control: socket.socket
    ready: bool = False

    def close(self) -> None:
        self.box.close()
        self.control.close()
        harvest.empty(self.box.folder)
        self.box.folder.rmdir()


class Pool:
    """Sandboxed processes that wait for jobs. Safe to use from several threads.

    `handler` is "package.module:function"; the function takes the job, the descriptors and its
    folder, and returns what can be JSON: `run(job: dict, inputs: list[int], folder: Path) -> dict`.
    A `warm()` beside it is called once, before any job. `folder` belongs to this pool alone: what
    an earlier process left there is removed at the start. `code` names further folders of modules.
    """

    def __init__(
        self,
        handler: str,
        *,
        processes: int,
        folder: Path,
        limits: Limits,
        code: Sequence[Path] = (),
    ) -> None:
        self._handler = handler
        self._processes = processes
        self._folder = folder
        self._limits = limits
        self._code = tuple(code)
        self._change = threading.Condition()
        self._waiting = Waiting()
        self._idle: collections.deque[_Worker | SandboxMissing] = collections.deque()
        self._busy: set[_Worker] = set()
        self._orders: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._keeper: threading.Thread | None = None
        self._closed = False
        self._started = 0

    def start(self) -> None:
        """Start every process in the background. Raises SandboxMissing where none can start."""
        sandbox.require_sandbox()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        harvest.empty(self._folder)
        self._keeper = threading.Thread(target=self._keep, name="sandbox keeper", daemon=True)
        self._keeper.start()
        for _ in range(self._processes):
            self._orders.put(True)

    def run(
        self,
        job: Mapping[str, Any],
        *,
        inputs: Sequence[int] = (),
        into: Path,
        seconds: float | None = None,
        whose: str | None = None,
    ) -> dict[str, Any]:
        """Run one job and return the handler's answer; its files are in `into` then.

        Waits until a process is free, in the order of converters.waiting by `whose` it is; the
        limit of seconds counts from there, and `seconds` can make it shorter. `inputs` are
        descriptors of regular files open for reading only: anything else would be a way out. Raises
        JobTimedOut, JobLost, JobDied, JobRefused, BadOutput, JobStopped; SandboxMissing where a
        process could not be replaced; ValueError for inputs that are not as said.
        """
        for descriptor in inputs:
            _only_readable(descriptor)
        worker = self._take(whose)
        sound = False
        try:
            limits = self._limits.within(seconds)
            said = self._answer(worker, json.dumps(job).encode("ascii"), inputs, limits)
            if "answer" in said:
                harvest.take(
                    worker.box.folder,
                    into,
                    most_bytes=self._limits.output_bytes,
                    most_files=self._limits.output_files,
                )
            harvest.empty(worker.box.folder)
            sound = True
        finally:
            self._give_back(worker, whose, sound=sound)
        return answer.taken_apart(said)

    def close(self) -> None:
        """End every process and wait until all are gone. A job that runs ends in JobStopped."""
        with self._change:
            self._closed = True
            idle, self._idle = list(self._idle), collections.deque()
            for worker in self._busy:
                worker.box.kill()
            self._change.notify_all()
            self._change.wait_for(lambda: not self._busy)
        self._orders.put(False)
        if self._keeper is not None:
            self._keeper.join()
        for each in (*idle, *self._idle):
            if isinstance(each, _Worker):
                each.close()

    def _keep(self) -> None:
        # Only this thread makes processes: they end with the thread that made them (see Box.start).
        while self._orders.get() and not self._closed:
            made: _Worker | SandboxMissing
            try:
                made = self._make()
            except SandboxMissing as fault:
                made = fault
            with self._change:
                self._idle.appendleft(made)
                self._change.notify_all()

    def _make(self) -> _Worker:
        self._started += 1
        folder = self._folder / f"{self._started}"
        folder.mkdir(mode=0o700)
        ours, theirs = socket.socketpair()
        try:
            box = Box.start(
                lambda descriptors: self._line(folder, theirs.fileno(), descriptors),
                folder=folder,
                inherit=[theirs.fileno()],
            )
        except BaseException:
            ours.close()
            folder.rmdir()
            raise
        finally:
            theirs.close()
        ours.settimeout(_ANSWER_SECONDS)
        return _Worker(box, ours)

    def _line(self, folder: Path, control: int, descriptors: dict[str, int]) -> list[str]:
        paths = (sandbox.source_folder(), *self._code)
        return sandbox.command(
            [
                *(sys.executable, "-P", "-s", "-B", "-m", "converters.zygote", self._handler),
                *(str(control), json.dumps(dataclasses.asdict(self._limits))),
            ],
            folder=folder,
            limits=self._limits,
            code=(*sandbox.python_code(), *self._code),
            environment={"PYTHONPATH": ":".join(map(str, paths))},
            descriptors=descriptors,
        )

    def _take(self, whose: str | None) -> _Worker:
        while True:
            with self._change:
                self._wait(whose)
                taken = self._idle.pop()
                self._change.notify_all()
                if isinstance(taken, _Worker) and not (taken.ready and taken.box.ended):
                    self._busy.add(taken)
                    self._waiting.take(whose)
                    return taken
            self._orders.put(True)
            if isinstance(taken, SandboxMissing):
                raise taken
            taken.close()  # it died while nobody used it

    def _wait(self, whose: str | None) -> None:
        place = self._waiting.come(whose)
        try:
            self._change.wait_for(
                lambda: self._closed or (self._idle and self._waiting.is_next(place))
            )
        finally:
            self._waiting.leave(place)
        if self._closed:
            raise JobStopped

    def _give_back(self, worker: _Worker, whose: str | None, *, sound: bool) -> None:
        if not sound:
            worker.close()
            self._orders.put(True)
        with self._change:
            self._busy.discard(worker)
            self._waiting.give_back(whose)
            if sound:
                self._idle.append(worker)
            self._change.notify_all()

    def _answer(
        self, worker: _Worker, job: bytes, inputs: Sequence[int], limits: Limits
    ) -> dict[str, Any]:
        try:
            if not worker.ready:
                _wait_until_ready(worker, self._limits)
            deadline = time.monotonic() + limits.seconds
            frame.send(worker.control, job, inputs)
            worker.box.watch(limits, deadline, worker.control.fileno())
            body = frame.receive(worker.control, _ANSWER_SECONDS)
        except (frame.Ended, TimeoutError, SandboxMissing) as error:
            if self._closed:
                raise JobStopped from error
            if isinstance(error, SandboxMissing):
                raise
            raise JobLost("its sandbox ended") from error
        return answer.parsed(body)


def _wait_until_ready(worker: _Worker, limits: Limits) -> None:
    """Wait for a process that is still loading. Raises SandboxMissing: no file is in it yet."""
    deadline = time.monotonic() + _START_SECONDS
    try:
        worker.box.watch(limits, deadline, worker.control.fileno())
        said = json.loads(frame.receive(worker.control, _ANSWER_SECONDS))
    except (frame.Ended, TimeoutError, JobFault) as error:
        why = str(error) or type(error).__name__
        raise _not_ready(f"{why} {worker.box.said()}") from error
    if "broke" in said:
        raise _not_ready(said["broke"])
    worker.ready = True


def _not_ready(why: str) -> SandboxMissing:
    return SandboxMissing(f"A sandboxed process did not start: {why}", "Run `casebridge check`.")


def _only_readable(descriptor: int) -> None:
    regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
    if not regular or fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
        raise ValueError("an input that is not a regular file open for reading")

"""Process 1 of a pool's sandbox: it loads a handler once and forks a fresh child for every job.

`python -m converters.zygote HANDLER DESCRIPTOR LIMITS` talks with converters.pool over a Unix
socket. No process ever sees two jobs. A child cannot signal the zygote (it is process 1), cannot
trace it (neither is dumpable, ptrace is refused), has no descriptor of it, and can neither fork nor
exec.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from converters import frame, seccomp
from converters.fault import ConversionFault
from converters.sandbox import JOB_FOLDER, Limits

Handler = Callable[[dict[str, Any], list[int], Path], dict[str, Any]]

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 4, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def main(arguments: list[str]) -> None:
    """Serve jobs until the other end of the socket closes."""
    name, descriptor, settings = arguments
    control = socket.socket(fileno=int(descriptor))
    # Python's own handler for it would be one more way in for a child: the default is to ignore.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        _prctl(_PR_SET_DUMPABLE, 0)
        zygote = _Zygote(_load(name), control, Limits(**json.loads(settings)))
    except BaseException as error:
        frame.send(control, _packed({"broke": _where(error)}))
        raise
    # What is loaded stays shared with every child: the collector would touch, and so copy, it all.
    gc.collect()
    gc.freeze()
    frame.send(control, _packed({"ready": True}))
    # From here on a stranger's bytes are near: nothing they say goes to standard error.
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 2)
    os.close(quiet)
    zygote.serve()


def _load(name: str) -> Handler:
    module_name, _, function = name.partition(":")
    module = importlib.import_module(module_name)
    warm = getattr(module, "warm", None)
    if warm is not None:
        warm()
    handler: Handler = getattr(module, function)
    return handler


@dataclass(frozen=True)
class _Zygote:
    handler: Handler
    control: socket.socket
    limits: Limits

    def serve(self) -> None:
        while True:
            try:
                job, inputs = frame.receive_with_descriptors(self.control)
            except frame.Ended:
                return
            frame.send(self.control, self._run_in_a_child(job, inputs))

    def _run_in_a_child(self, job: bytes, inputs: list[int]) -> bytes:
        reader, writer = os.pipe2(os.O_CLOEXEC)
        child = os.fork()
        if child == 0:
            self._be_the_child(job, inputs, reader, writer)
        os.close(writer)
        for descriptor in inputs:
            os.close(descriptor)
        answer = _answer_of(child, reader)
        os.close(reader)
        _kill_everything_else()
        return answer

    def _be_the_child(self, job: bytes, inputs: list[int], reader: int, writer: int) -> NoReturn:
        try:
            os.close(reader)
            os.close(self.control.detach())
            self.limits.apply()
            _refuse_system_calls()
            answer: dict[str, Any] = {"answer": self.handler(json.loads(job), inputs, JOB_FOLDER)}
        except ConversionFault as fault:
            name = type(fault).__name__
            answer = {"refused": fault.code, "fault": name, "detail": fault.detail}
        except BaseException as error:  # noqa: BLE001 -- the last frame of a process: all is told
            answer = {"broke": _where(error)}
        try:
            view = memoryview(_packed(answer))
            while view:
                view = view[os.write(writer, view) :]
        finally:
            # No atexit hook, no buffer, no thread of a library has a say in how this ends.
            os._exit(0)


def _refuse_system_calls() -> None:
    steps = seccomp.for_one_process()
    program = _Program(len(steps) // 8, steps)
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program))


def _prctl(*arguments: Any) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(*arguments, *[0] * (5 - len(arguments))):
        raise OSError(ctypes.get_errno(), "prctl")


def _answer_of(child: int, reader: int) -> bytes:
    """Read what the child writes until it ends. What it wrote is not looked into here."""
    pidfd = os.pidfd_open(child)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    poll.register(pidfd, select.POLLIN)
    answer = bytearray()
    ended = False
    while not ended or _has_more(reader):
        ready = {descriptor for descriptor, _ in poll.poll()}
        if reader in ready:
            chunk = os.read(reader, 1 << 20)
            answer += chunk
            if not chunk:
                poll.unregister(reader)
            if len(answer) > frame.MOST_BYTES:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                os.close(pidfd)
                return _packed({"broke": "answer too long"})
        ended = pidfd in ready
        if ended and not answer and not _has_more(reader):
            break
    _, status = os.waitpid(child, 0)
    os.close(pidfd)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return _packed({"signal": -code})
    return bytes(answer) or _packed({"broke": "no answer"})


def _has_more(reader: int) -> bool:
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    return any(events & select.POLLIN for _, events in poll.poll(0))


def _kill_everything_else() -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)  # as process 1: everything in this namespace but itself
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def _where(error: BaseException) -> str:
    """Name an exception and the lines it passed, without its text, which may quote the file."""
    steps = traceback.extract_tb(error.__traceback__)[-6:]
    lines = " < ".join(f"{Path(step.filename).name}:{step.lineno}" for step in reversed(steps))
    return f"{type(error).__name__} at {lines}"


def _packed(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode("ascii")


if __name__ == "__main__":
    main(sys.argv[1:])

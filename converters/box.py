"""One running sandbox: started, watched, and gone with everything in it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from converters import seccomp
from converters.fault import BadOutput, JobDied, JobFault, JobTimedOut, SandboxMissing
from converters.harvest import size
from converters.sandbox import Limits

_NICE = 5  # a third of what a session of ours gets, where both want all
_TICK_SECONDS = 0.025
_START_SECONDS = 10
_END_SECONDS = 10
_SAID_BYTES = 4096
_DEAF = ("/usr/bin/env", f"--ignore-signal={','.join(each.name[3:] for each in seccomp.FAREWELLS)}")


@dataclass(eq=False)
class Box:
    """A sandbox's process 1. Kill it from any thread, as often as you like."""

    folder: Path  # on our side; /job inside
    pid: int  # of its process 1, as we see it
    _process: subprocess.Popen[bytes]  # bubblewrap, which stays outside and waits
    _pidfd: int
    _said: int  # what it writes to standard error
    _yields: bool  # whether it has been told to
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    @classmethod
    def start(
        cls,
        line: Callable[[dict[str, int]], Sequence[str]],
        *,
        folder: Path,
        inherit: Sequence[int] = (),
    ) -> Box:
        """Start the command that `line` returns for the descriptors which bubblewrap reads.

        The thread that calls this must outlive the sandbox: the kernel ends a --die-with-parent
        child when the *thread* that made it ends (prctl(2), PR_SET_PDEATHSIG). Whoever tells us
        and all our processes to end reaches none in it: we finish what is begun, or kill it.
        Raises SandboxMissing where bubblewrap does not start.
        """
        info, info_end = os.pipe2(os.O_CLOEXEC)
        said, said_end = os.pipe2(os.O_CLOEXEC)
        rules, rules_end = os.pipe2(os.O_CLOEXEC)
        os.write(rules_end, seccomp.for_engines())  # 1 KB: a pipe holds it
        os.close(rules_end)
        descriptors = {"--info-fd": info_end, "--seccomp": rules}
        # Blocked signals stay blocked through fork and exec, ignored ones stay ignored (signal(7)).
        # LibreOffice lets them in again, and would handle them, which the filter sees to.
        ours = signal.pthread_sigmask(signal.SIG_BLOCK, seccomp.FAREWELLS)
        try:
            process = subprocess.Popen(
                [*_DEAF, *line(descriptors)],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said_end,
                pass_fds=(*descriptors.values(), *inherit),
                start_new_session=True,  # no terminal of ours can be written to (CVE-2017-5226)
            )
            yields = _yields(process.pid)
        except BaseException:
            os.close(info)
            os.close(said)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, ours)
            for descriptor in (info_end, said_end, rules):
                os.close(descriptor)
        try:
            pid = int(json.loads(_read_all(info, _START_SECONDS))["child-pid"])
            pidfd = _watched(pid, said)
        except (ValueError, KeyError, ProcessLookupError) as error:
            process.kill()
            process.wait()
            text = _read_some(said)
            os.close(said)
            raise SandboxMissing(
                f"A sandbox did not start: {text}", "Run `casebridge check`."
            ) from error
        finally:
            os.close(info)
        return cls(folder, pid, process, pidfd, said, yields)

    def watch(self, limits: Limits, deadline: float, *wake: int) -> None:
        """Wait until a descriptor of `wake` can be read, or the sandbox has ended.

        `deadline` is on the monotonic clock. Kills the sandbox and raises JobTimedOut,
        JobDied("memory" or "processes") or BadOutput at a limit.
        """
        poll = select.poll()
        for descriptor in (*wake, self._pidfd):
            poll.register(descriptor, select.POLLIN)
        while not poll.poll(_TICK_SECONDS * 1000):
            try:
                self._enforce(limits, deadline)
            except Exception:
                self.kill()
                raise

    def _enforce(self, limits: Limits, deadline: float) -> None:
        if time.monotonic() >= deadline:
            raise JobTimedOut
        self._yields = self._yields or _yields(self._process.pid)
        memory, threads = _usage(self.pid, limits.processes)
        if memory > limits.memory_bytes:
            raise JobDied("memory")
        if threads > limits.processes:
            raise JobDied("processes")
        if not size(self.folder, most_files=limits.output_files) <= limits.output_bytes:
            raise BadOutput("the job fills its folder")

    def within(self, limits: Limits) -> bool:
        """Say whether it keeps the limits at this moment, but for that of time."""
        try:
            self._enforce(limits, float("inf"))
        except JobFault:
            return False
        return True

    @property
    def ended(self) -> bool:
        """Whether process 1, and with it everything inside, is gone."""
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(0))

    def said(self) -> str:
        """Return the start of what came on standard error. Only for faults of our own set-up."""
        return _read_some(self._said)

    def status(self) -> int:
        """Return the exit status of an ended sandbox; 128 and the signal where one ended it."""
        status = self._process.wait(_END_SECONDS)
        return status if status >= 0 else 128 - status  # bubblewrap itself was killed

    def kill(self) -> None:
        """End every process inside and return when all are gone."""
        with self._lock:
            if not self._closed:
                self._kill()

    def close(self) -> None:
        """Kill it and let go of its descriptors. The folder stays."""
        with self._lock:
            if not self._closed:
                self._kill()
                self._closed = True
                os.close(self._pidfd)
                os.close(self._said)

    def _kill(self) -> None:
        if not self.ended:
            # Process 1 ends all the others, and forbids new ones, once it runs. Among thousands
            # that fork it would wait for its turn, and they would be more by then.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.sched_setscheduler(self.pid, os.SCHED_RR, os.sched_param(1))
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        poll = select.poll()
        # The kernel reports the end of a namespace's process 1 after that of all the others.
        poll.register(self._pidfd, select.POLLIN)
        poll.poll(_END_SECONDS * 1000)
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _watched(pid: int, said: int) -> int:
    """Return a descriptor that can be read once a process has ended.

    On a busy machine a short program has ended before it is asked for; then it can be read at once.
    Raises ProcessLookupError where it has ended with words: bubblewrap did not come to start it.
    """
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        poll = select.poll()
        poll.register(said, select.POLLIN)
        if any(event & select.POLLIN for _, event in poll.poll(0)):
            raise
        return os.eventfd(1, os.EFD_CLOEXEC)


def _yields(pid: int) -> bool:
    """Give the session of a process little claim to the processor: doors and watchers come first.

    Where the kernel shares it out by sessions (sched(7), autogroup), niceness counts within one
    alone, and a sandbox would take as much as all of us. Its filter refuses it sessions of its own.
    Returns False where it has to be asked again: it takes ten in a second of all but root.
    """
    try:
        Path(f"/proc/{pid}/autogroup").write_text(str(_NICE), encoding="ascii")
    except BlockingIOError:
        return False
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass  # another kernel, or one that has ended
    return True


def _usage(pid: int, most: int) -> tuple[int, int]:
    """Sum the memory that cannot be dropped (anonymous and shared) and the threads below `pid`.

    It stops counting beyond `most` threads: a fork bomb must not be faster than its count.
    """
    memory = threads = 0
    waiting = [pid]
    while waiting and threads <= most:
        process = Path("/proc") / str(waiting.pop())
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in (process / "status").read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition(":")
                if name in {"RssAnon", "RssShmem"}:
                    memory += int(value.split()[0]) * 1024
                elif name == "Threads":
                    threads += int(value)
            for task in (process / "task").iterdir():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    waiting += map(int, (task / "children").read_text(encoding="ascii").split())
    return memory, threads


def _read_all(descriptor: int, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    text = b""
    while poll.poll(max(0, deadline - time.monotonic()) * 1000):
        chunk = os.read(descriptor, _SAID_BYTES)
        if not chunk:
            break
        text += chunk
    return text


def _read_some(descriptor: int) -> str:
    os.set_blocking(descriptor, False)
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, _SAID_BYTES).decode("utf-8", "replace").strip()
    return ""

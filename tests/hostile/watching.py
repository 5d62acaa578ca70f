"""What the sandboxes of a process do, seen from outside: their namespaces, and their packets."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_EACH_SECONDS = 0.05


@dataclass
class Watching:
    """The processes and network namespaces that were seen, and the most packets counted in each."""

    packets: dict[str, int] = field(default_factory=dict)
    interfaces: set[str] = field(default_factory=set)
    processes: set[tuple[Path, str]] = field(default_factory=set)  # and when each was started


@contextlib.contextmanager
def watching(pid: int) -> Iterator[Watching]:
    """Look at every process below one, again and again."""
    ours, stop = Watching(), threading.Event()
    thread = threading.Thread(target=_watch, args=(ours, pid, stop))
    thread.start()
    try:
        yield ours
    finally:
        stop.set()
        thread.join()


def _watch(ours: Watching, pid: int, stop: threading.Event) -> None:
    host = namespace(Path("/proc/self"))
    while not stop.wait(_EACH_SECONDS):
        for process in below(pid):
            with contextlib.suppress(OSError):
                its = namespace(process)
                if its != host:
                    ours.processes.add((process, started(process)))
                    counted = _counted((process / "net/dev").read_text(encoding="ascii"))
                    ours.interfaces |= counted.keys()
                    ours.packets[its] = max(ours.packets.get(its, 0), sum(counted.values()))


def namespace(process: Path) -> str:
    """Return the name of a process's network namespace."""
    return str((process / "ns/net").readlink())


def started(process: Path) -> str:
    """Return when a process was started: its number alone is given again (proc(5), stat)."""
    return (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]


def alive(processes: set[tuple[Path, str]]) -> list[str]:
    """Return the command lines of those that still run."""
    found = []
    for process, when in processes:
        with contextlib.suppress(OSError):
            if started(process) == when:
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                found.append(line.decode("utf-8", "replace"))
    return found


def below(pid: int) -> list[Path]:
    """Return the processes below one."""
    found: list[Path] = []
    waiting = [Path("/proc") / str(pid)]
    while waiting:
        process = waiting.pop()
        with contextlib.suppress(OSError):
            for children in (process / "task").glob("*/children"):
                waiting += [Path("/proc") / each for each in children.read_text().split()]
        found.append(process)
    return found[1:]


def _counted(table: str) -> dict[str, int]:
    """Return the packets received and sent by interface (/proc/net/dev)."""
    counted = {}
    for line in table.splitlines()[2:]:
        name, _, figures = line.partition(":")
        columns = figures.split()
        counted[name.strip()] = int(columns[1]) + int(columns[9])
    return counted

"""The lock file: one process at a time runs letters on a storage folder.

A second one that launched the queue on the same SQLite file would run a live letter twice at once.
The lock is the kernel's (flock), so it ends with its holder, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process holds the lock. `holder` is what it wrote of itself."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextlib.contextmanager
def hold(file: Path, who: str) -> Iterator[None]:
    """Hold the lock for as long as the context lasts. Raises AlreadyRunning at once."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(os.pread(descriptor, 200, 0).decode("utf-8", "replace")) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{who}, process {os.getpid()}".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_held(file: Path) -> bool:
    """Say whether a process holds the lock."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)

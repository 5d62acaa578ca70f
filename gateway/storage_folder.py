"""The storage folder: made where it is missing, or said to be of no use."""

from __future__ import annotations

import os
from pathlib import Path


class FolderUnusable(Exception):
    """The storage folder cannot be made, or is not ours to write. `why` is what the system says."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"{folder}: {why}")
        self.folder = folder
        self.why = why


def make(folder: Path) -> None:
    """Make the folder, and those above it, readable by us alone. Raises FolderUnusable."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise FolderUnusable(folder, fault.strerror or type(fault).__name__) from fault
    if why := obstacle(folder):
        raise FolderUnusable(folder, why)


def obstacle(folder: Path) -> str | None:
    """Say why a folder could not be made or written, without touching anything; None if it could.

    A file system that is not written to at all (/proc) is seen when it is tried, and not here.
    """
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if not there.is_dir():
        return f"{there} is not a folder"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{there} may not be written by this user"
    return None

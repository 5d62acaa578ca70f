"""An export: the four CSV files of a folder, and what tells one export from another."""

from __future__ import annotations

import hashlib
from pathlib import Path

CONSULTANTS = "consultants.csv"
FIRMS = "firms.csv"
CASES = "cases.csv"
RIGHTS = "rights.csv"
FILES = (CONSULTANTS, FIRMS, CASES, RIGHTS)
"""In the order in which they name each other."""

Stamp = tuple[tuple[str, int, int, int], ...]
"""Name, inode, size and time of change of each file: what differs while somebody writes."""

_BLOCK = 1 << 20


def fingerprint(folder: Path) -> str:
    """Return the SHA-256 over the names and bytes of the four files; one that is missing is empty.

    Each file's own hash goes in, so that bytes cannot wander from one file to the next unseen.
    """
    whole = hashlib.sha256()
    for name in FILES:
        try:
            with (folder / name).open("rb") as stream:
                own = hashlib.sha256()
                while block := stream.read(_BLOCK):
                    own.update(block)
            said = own.hexdigest()
        except OSError:
            said = "none"
        whole.update(f"{name}:{said}\n".encode())
    return whole.hexdigest()


def stamp(folder: Path, *more: str) -> Stamp | None:
    """Return the stamp of the four files and `more` ones, or None where one is not there."""
    found = []
    for name in (*FILES, *more):
        try:
            status = (folder / name).stat()
        except OSError:
            return None
        found.append((name, status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)

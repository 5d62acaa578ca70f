"""Paths of files as they are told: below what was asked for, in text of any bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def named(file: Path, asked: Iterable[Path]) -> str:
    """Name a file below the folder that was asked for, or by its own name."""
    for path in asked:
        if path.is_dir() and file.is_relative_to(path):
            return text(file.relative_to(path))
        if file != path and file.is_relative_to(path):  # within a .pst
            return text(file.relative_to(path.parent))
    return text(Path(file.name))


def text(path: Path) -> str:
    """Return a path as it can be written, whatever bytes its names are of."""
    return os.fsencode(path).decode("utf-8", "replace")

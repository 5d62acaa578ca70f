"""A job's folder, seen from outside: what may be taken out of it, and how it is emptied.

Whoever wrote into it may have been hostile: nothing here follows a link, opens what it has not
looked at, or recurses as deep as the folder does.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import shutil
import stat
from pathlib import Path

from converters.fault import BadOutput

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_CHUNK_BYTES = 1 << 20


def take(folder: Path, into: Path, *, most_bytes: int, most_files: int) -> None:
    """Move every file out of `folder`, or none.

    They arrive readable and writable by us alone. Raises BadOutput for what is not a regular file
    with a plain name and one name only, for more than the limits, and for a name that is taken.
    """
    found = []
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            facts = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
                raise BadOutput("the job left something that is not a plain file")
            if not _PLAIN.fullmatch(entry.name) or os.path.lexists(into / entry.name):
                raise BadOutput("the job left a file under a name that is not taken over")
            total += facts.st_size
            found.append(entry.name)
            if total > most_bytes or len(found) > most_files:
                raise BadOutput("the job left more than it may")
    for name in found:
        _move(folder / name, into / name)


def _move(source: Path, target: Path) -> None:
    # Not even its mode is kept: a set-user-id bit on our file system would outlive the sandbox.
    source.chmod(0o600)
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, target, follow_symlinks=False)
        target.chmod(0o600)
        source.unlink()


def take_one(folder: Path, name: str, target: Path, *, most_bytes: int) -> None:
    """Move one file out of `folder`, whatever else is there. Raises BadOutput."""
    try:
        facts = (folder / name).lstat()
    except FileNotFoundError as error:
        raise BadOutput("no output") from error
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
        raise BadOutput("the output is not a plain file")
    if facts.st_size > most_bytes:
        raise BadOutput("the output is larger than it may be")
    _move(folder / name, target)


def copy_one(folder: Path, name: str, target: Path, *, most_bytes: int) -> None:
    """Copy one file out of a `folder` in whose sandbox something still runs. Raises BadOutput.

    It may change under our hands: it is opened once, looked at when open, and only read.
    """
    try:
        opened = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadOutput("no output") from error
    facts = os.fstat(opened)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
        os.close(opened)
        raise BadOutput("the output is not a plain file")
    with os.fdopen(opened, "rb") as source, target.open("xb") as copy:
        target.chmod(0o600)
        left = most_bytes
        while chunk := source.read(min(_CHUNK_BYTES, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise BadOutput("the output is larger than it may be")
            copy.write(chunk)


def size(folder: Path, *, most_files: int) -> float:
    """Return the bytes of everything below `folder`; infinity where it holds too many entries.

    Something that changes meanwhile is counted as it was seen.
    """
    total = files = 0
    waiting = [folder]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    if files > most_files:
                        return float("inf")
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except FileNotFoundError:
            continue
        except OSError:  # a path beyond PATH_MAX, a folder we may not read: no honest job does that
            return float("inf")
    return total


def empty(folder: Path) -> None:
    """Remove everything in `folder`, however deep, once nothing in its sandbox runs any more.

    A folder a hundred thousand levels deep is flattened on the way: each level's folders are moved
    up before it is removed, so that no path gets longer than two steps.
    """
    number = itertools.count()
    while entries := tuple(folder.iterdir()):
        for path in entries:
            if not stat.S_ISDIR(path.lstat().st_mode):
                path.unlink()
                continue
            path.chmod(0o700)
            for inner in tuple(path.iterdir()):
                if stat.S_ISDIR(inner.lstat().st_mode):
                    inner.chmod(0o700)
                    inner.rename(_unused(folder, number))
                else:
                    inner.unlink()
            path.rmdir()


def _unused(folder: Path, number: itertools.count[int]) -> Path:
    return next(path for each in number if not os.path.lexists(path := folder / f"remove-{each}"))

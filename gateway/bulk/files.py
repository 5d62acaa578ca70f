"""Files that may hold mail, below a path: which there are, and of which kind.

No symbolic link is followed, and nothing but plain files is opened: what a folder shows is what
was put into it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from gateway.mailbox import is_mailbox

_MESSAGES = {".eml", ".msg"}
_MAILDIR = {"cur", "new"}  # an empty tmp is often lost on the way
_OUTLOOK = {".pst", ".ost"}  # an archive, and the copy that Outlook keeps of a mailbox: one format
_FLAGS = {"T": "deleted", "D": "draft"}


class Holds(Enum):
    """What a file holds."""

    MESSAGE = "message"
    MAILBOX = "mailbox"
    OUTLOOK = "outlook"  # a .pst or .ost
    NO_MAIL = "no_mail"


@dataclass(frozen=True)
class File:
    """A file that was found, or why it cannot be looked at."""

    path: Path
    holds: Holds
    octets: int = 0
    dated: datetime | None = None  # when a Maildir's message was delivered
    set_aside: str | None = None  # "deleted" or "draft", as its mail program has marked it
    problem: str | None = None


def files(path: Path) -> Iterator[File]:
    """Give every file at or below a path, in the order of their names."""
    if path.is_dir():
        yield from _below(path)
    else:
        yield _file(path, of_maildir=False)


def open_plain(path: Path) -> int:
    """Open a file that is still a plain one, for reading. Raises OSError. The caller closes it."""
    # Without O_NONBLOCK a pipe that took its place would be waited for.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path.name} is no plain file")
    return descriptor


def _below(folder: Path) -> Iterator[File]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        yield File(folder, Holds.NO_MAIL, problem="file_unreadable")
        return
    names = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
    is_maildir = names >= _MAILDIR
    of_maildir = folder.name in {"cur", "new"} and set(_folders(folder.parent)) >= _MAILDIR
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if not (is_maildir and entry.name == "tmp"):  # what was never delivered whole
                yield from _below(path)
        elif entry.is_file(follow_symlinks=False):
            yield _file(path, of_maildir=of_maildir)


def _folders(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as found:
        yield from [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]


def _file(path: Path, *, of_maildir: bool) -> File:
    try:
        descriptor = open_plain(path)
    except OSError:
        return File(path, Holds.NO_MAIL, problem="file_unreadable")
    with open(descriptor, "rb") as stream:  # noqa: PTH123  # a descriptor has no path
        facts = os.fstat(descriptor)
        if of_maildir:
            delivered = datetime.fromtimestamp(facts.st_mtime, UTC)
            flags = path.name.rpartition(":2,")[2] if ":2," in path.name else ""
            mark = next((_FLAGS[flag] for flag in flags if flag in _FLAGS), None)
            return File(path, Holds.MESSAGE, facts.st_size, delivered, mark)
        ending = path.suffix.lower()
        if ending in _MESSAGES:
            return File(path, Holds.MESSAGE, facts.st_size)
        if ending in _OUTLOOK:
            return File(path, Holds.OUTLOOK, facts.st_size)
        holds = Holds.MAILBOX if is_mailbox(path, stream) else Holds.NO_MAIL
        return File(path, holds, facts.st_size)

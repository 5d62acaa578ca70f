"""Messages: each one that the files below a path hold, in order, with where its bytes are."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.bulk.files import File, Holds, files, open_plain
from gateway.mailbox import Place, content, places


@dataclass(frozen=True)
class Message:
    """One message. Its bytes can be had until the next one is asked for."""

    file: Path
    index: int | None  # its place in a mailbox, from 0 on
    octets: int  # in the file: without what quoting has added it may be a little less
    begins_at: int  # in its file
    dated: datetime | None
    descriptor: int
    place: Place
    cleaned: Callable[[Iterator[bytes]], Iterator[bytes]] | None = None

    def chunks(self) -> Iterator[bytes]:
        """Give its bytes."""
        chunks = content(self.descriptor, self.place)
        return chunks if self.cleaned is None else self.cleaned(chunks)


@dataclass(frozen=True)
class Passed:
    """What is not taken, and why: a code of the catalogue, or a mark of its mail program."""

    file: Path
    index: int | None
    octets: int
    why: str

    @property
    def is_problem(self) -> bool:
        """Whether a person has to know of it."""
        return self.why not in {"deleted", "draft", "no_mail"}


Apart = Callable[[File], Iterator[Message | Passed]]
"""Takes a .pst apart (gateway/bulk/outlook.py)."""


def messages(path: Path, apart: Apart, *, deleted: bool = False) -> Iterator[Message | Passed]:
    """Give every message at or below a path, and what is passed by.

    A file that cannot be read to its end is named, and the next one begun. One that holds no mail
    is passed by below a folder; where it is the path itself, somebody took it for mail.
    With `deleted` a message that is marked so is one like any other.
    """
    marks = {"deleted"} if deleted else set[str]()
    for file in files(path):
        mark = None if file.set_aside in marks else file.set_aside
        if file.problem or mark or file.holds is Holds.NO_MAIL:
            no_mail = "file_no_mail" if file.path == path else "no_mail"
            why = file.problem or mark or no_mail
            yield Passed(file.path, None, file.octets, why)
        elif file.holds is Holds.OUTLOOK:
            yield from apart(file)
        else:
            yield from _of_file(file, marks)


def _of_file(file: File, marks: Container[str | None]) -> Iterator[Message | Passed]:
    try:
        with closing(_Opened(file.path)) as opened:
            if file.holds is Holds.MESSAGE:
                whole = Place(0, opened.octets)
                yield _message(file, opened.descriptor, whole, None)
                return
            for index, place in enumerate(places(opened.descriptor, opened.octets)):
                if place.set_aside is not None and place.set_aside not in marks:
                    size = place.end - place.start
                    yield Passed(file.path, index, size, place.set_aside)
                else:
                    yield _message(file, opened.descriptor, place, index)
    except OSError:
        yield Passed(file.path, None, 0, "file_unreadable")


def _message(file: File, descriptor: int, place: Place, index: int | None) -> Message:
    return Message(
        file.path,
        index,
        place.end - place.start,
        place.start,
        file.dated or place.dated,
        descriptor,
        place,
    )


class _Opened:
    def __init__(self, path: Path) -> None:
        self.descriptor = open_plain(path)
        self.octets = os.fstat(self.descriptor).st_size

    def close(self) -> None:
        os.close(self.descriptor)

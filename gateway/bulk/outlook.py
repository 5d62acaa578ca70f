"""Outlook's data files (.pst): taken apart by readpst, in a sandbox, into mailboxes that we read.

readpst makes its boundaries up by chance. They are numbered anew, in the order of each message, so
that the same file gives the same bytes and each message is taken once.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from converters.fault import JobFault
from converters.program import FAR_SIDE, Programs
from converters.sandbox import Limits
from gateway import lock
from gateway.bulk.files import File
from gateway.bulk.messages import Message, Passed, messages

MISSING, UNREADABLE = "outlook_reader_missing", "outlook_unreadable"
NO_ROOM = "outlook_no_room"
_SOURCE = "mail.pst"
_BOUNDARY = re.compile(rb"--boundary-LibPST-iamunique-(\d{1,20})_-_-")
_BOUNDARY_BYTES = 60
# For its whole file: 100 KB a second is a tenth of what a slow disk gives.
_LEAST_SECONDS, _BYTES_A_SECOND = 600, 100_000
_MEMORY_BYTES = 2 << 30
# What was packed binary comes out as base64, in two alternatives at worst.
_LEAST_OUTPUT_BYTES, _GROWTH = 1 << 28, 4
_MOST_FILES = 100_000


@dataclass
class Outlook:
    """Takes .pst files apart in a folder that is emptied at the end. For one thread."""

    folder: Path
    _least_free: int
    _warn: Callable[[File, int, int], None]
    _held: contextlib.ExitStack
    _programs: Programs | None = None

    @classmethod
    @contextlib.contextmanager
    def within(
        cls, storage: Path, *, least_free: int, warn: Callable[[File, int, int], None]
    ) -> Iterator[Outlook]:
        """Work within a storage folder: it has the room, but for `least_free` bytes.

        `warn` hears, before it is begun, of each file that may need more: the room, and the most.
        """
        with contextlib.ExitStack() as held:
            yield cls(storage / "import", least_free, warn, held)

    def messages(self, file: File) -> Iterator[Message | Passed]:
        """Give the messages of a .pst, folder by folder.

        Raises SandboxMissing, and gateway.lock.AlreadyRunning where another import works there.
        """
        program = shutil.which("readpst")
        if program is None:
            yield Passed(file.path, None, file.octets, MISSING)
            return
        room = shutil.disk_usage(self.folder.parent).free - self._least_free
        limits = _limits(file.octets)
        is_tight = room < limits.output_bytes
        if is_tight and room < file.octets:
            yield Passed(file.path, None, file.octets, NO_ROOM)
            return
        if is_tight:
            self._warn(file, room, limits.output_bytes)
            limits = replace(limits, output_bytes=room)
        failed = NO_ROOM if is_tight else UNREADABLE
        # -r: a mailbox for each folder; -t e: mail alone; -j 0: one process; -8: UTF-8.
        line = [
            program,
            "-q",
            "-r",
            "-8",
            "-j",
            "0",
            "-t",
            "e",
            "-o",
            "/job",
            f"{FAR_SIDE}/{_SOURCE}",
        ]
        try:
            with self._ready().run(
                line,
                sources={_SOURCE: file.path},
                limits=limits,
                system=[] if program.startswith("/usr/") else [Path(program)],
            ) as run:
                for one in messages(run.folder, _nothing):
                    told = _named(one, file.path, run.folder)
                    if told is not None:
                        yield told
                if run.status:
                    yield Passed(file.path, None, 0, failed)
        except JobFault:
            yield Passed(file.path, None, file.octets, failed)

    def _ready(self) -> Programs:
        if self._programs is None:
            self._held.enter_context(
                lock.hold(self.folder.with_suffix(".lock"), "casebridge import")
            )
            shutil.rmtree(self.folder, ignore_errors=True)  # what an end in the middle left
            self.folder.mkdir(mode=0o700)
            self._held.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._programs = Programs(self.folder)
        return self._programs


def _limits(octets: int) -> Limits:
    return Limits(
        seconds=max(_LEAST_SECONDS, octets / _BYTES_A_SECOND),
        memory_bytes=_MEMORY_BYTES,
        output_bytes=max(_LEAST_OUTPUT_BYTES, octets * _GROWTH),
        output_files=_MOST_FILES,
    )


def _nothing(_file: File) -> Iterator[Message | Passed]:
    return iter(())


def _named(one: Message | Passed, pst: Path, folder: Path) -> Message | Passed | None:
    """Name what came out of a .pst by that file and the folder in it; None for what is no mail."""
    inside = pst / one.file.relative_to(folder)
    inside = inside.parent if inside.name == "mbox" else inside
    if isinstance(one, Passed):
        return None if one.why == "no_mail" else replace(one, file=inside)
    return replace(one, file=inside, cleaned=renumbered)


def renumbered(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Number readpst's boundaries in the order in which they come."""
    numbers: dict[bytes, int] = {}

    def number(found: re.Match[bytes]) -> bytes:
        place = numbers.setdefault(found[1], len(numbers) + 1)
        return b"--boundary-LibPST-iamunique-%d_-_-" % place

    held = b""
    for chunk in itertools.chain(chunks, (b"",)):
        text = held + chunk
        keep = len(text) if not chunk else max(0, len(text) - _BOUNDARY_BYTES)
        # A boundary over the edge stays whole with what is held.
        for found in _BOUNDARY.finditer(text, max(0, keep - _BOUNDARY_BYTES)):
            if found.start() < keep < found.end():
                keep = found.start()
        yield _BOUNDARY.sub(number, text[:keep])
        held = text[keep:]

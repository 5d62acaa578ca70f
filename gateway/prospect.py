"""The prospect of an import: what would become of each message, said by the road itself.

Nothing is kept: each message is walked in a folder that goes with it, and the record is only read.
So what depends on a letter of the same import is not foretold: a copy of one that would be filed, a
reply to a question that has not been asked yet. Nor is what a mail does to another letter: one that
is nothing but a case number or a password, and answers a mail of ours, counts as filed or waiting.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from gateway import assembly
from gateway.bulk.door import BulkDoor, NotTaken, read
from gateway.bulk.messages import Message, Passed
from gateway.letter import Letter
from gateway.road.copy import is_filed, normal_sha256
from gateway.road.file import final_state
from gateway.road.walk import Road
from gateway.stores import Stores
from portal.directory import Directory
from portal.earlier import Earlier

_FILED = {"filed", "filed_in_part"}
_HELD = {"with_us", "needs_you"}


@dataclass(frozen=True)
class Foretold:
    """What would become of one message."""

    file: Path
    index: int | None
    state: str  # a state of a letter, or "there_before", "not_taken", "passed"
    reason: str | None = None
    case: str | None = None


@dataclass
class Prospect:
    """What would become of all of them."""

    filed: Counter[str] = field(default_factory=Counter)  # by case
    in_part: int = 0  # of those
    unknown: Counter[str] = field(default_factory=Counter)  # by why they would wait
    not_filed: Counter[str] = field(default_factory=Counter)
    not_taken: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    before: int = 0

    def count(self, one: Foretold) -> None:
        """Count one message."""
        why = one.reason or one.state
        if one.state in _FILED:
            self.filed[one.case or ""] += 1
            self.in_part += one.state == "filed_in_part"
        elif one.state in _HELD:
            self.unknown[why] += 1
        elif one.state == "there_before":
            self.before += 1
        else:
            by_state = {"not_taken": self.not_taken, "passed": self.passed}
            by_state.get(one.state, self.not_filed)[why] += 1

    def as_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            "would_file": self.filed.total(),
            "except_some": self.in_part,
            "cases": dict(sorted(self.filed.items())),
            "unknown": self.unknown.total(),
            "unknown_why": dict(sorted(self.unknown.items())),
            "not_filed": dict(sorted(self.not_filed.items())),
            "not_taken": dict(sorted(self.not_taken.items())),
            "passed": dict(sorted(self.passed.items())),
            "there_before": self.before,
        }


def foretell(
    stores: Stores,
    door: BulkDoor,
    found: Iterable[Message | Passed],
    clock: Callable[[], datetime],
) -> Iterator[Foretold]:
    """Walk every message down the road, in order, and say what would become of it.

    Raises SandboxMissing and the wall's faults.
    """
    workers = stores.settings.reading.processes
    with (
        tempfile.TemporaryDirectory(prefix="casebridge-") as name,
        assembly.road(stores.settings, Path(name), converting=False) as road,
        ThreadPoolExecutor(workers) as threads,
    ):
        walker = _Walker(stores, road, Path(name), clock)
        seen: set[bytes] = set()
        waiting = iter(_looked_at(found, door, Path(name), seen))
        while group := list(islice(waiting, 4 * workers)):
            yield from threads.map(walker.told, group)


@dataclass(frozen=True)
class _Copied:
    """A message whose bytes are in a file of their own, to be walked."""

    file: Path
    index: int | None
    letter: Letter
    copy: Path


def _looked_at(
    found: Iterable[Message | Passed],
    door: BulkDoor,
    folder: Path,
    seen: set[bytes],
) -> Iterator[Foretold | _Copied]:
    """Copy what is to be walked. `seen` are the fingerprints of the messages before."""
    for number, one in enumerate(found):
        if isinstance(one, Passed):
            state = "not_taken" if one.is_problem else "passed"
            yield Foretold(one.file, one.index, state, one.why)
            continue
        copy = folder / f"{number}.message"
        try:
            letter = door.look(one)
            fingerprint = bytes.fromhex(letter.fingerprint)
            if fingerprint in seen or door.wall.repeated(letter) is not None:
                yield Foretold(one.file, one.index, "there_before")
                continue
            with copy.open("wb") as stream:
                stream.writelines(read(one) if letter.content is None else (letter.content,))
        except NotTaken as fault:
            copy.unlink(missing_ok=True)
            yield Foretold(one.file, one.index, "not_taken", fault.code)
            continue
        seen.add(fingerprint)
        yield _Copied(one.file, one.index, letter, copy)


@dataclass(frozen=True)
class _Walker:
    stores: Stores
    road: Road
    folder: Path
    clock: Callable[[], datetime]

    def told(self, one: Foretold | _Copied) -> Foretold:
        if isinstance(one, Foretold):
            return one
        work = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            with one.copy.open("rb") as raw:
                if self._is_filed(one.letter, raw):
                    return Foretold(one.file, one.index, "copy")
                raw.seek(0)
                package = self.road.walk(
                    one.letter,
                    raw,
                    work,
                    blobs=self.stores.vault,
                    directory=Directory(self.stores.database),
                    earlier=Earlier(self.stores.database),
                    now=self.clock(),
                    checkpoints=None,
                    owner=f"letter {one.letter.raw.sha256}",
                )
        finally:
            shutil.rmtree(work)
            one.copy.unlink()
        if package.not_submission is not None:
            return Foretold(one.file, one.index, "set_aside", package.not_submission.kind)
        state, reason = final_state(package)
        case = package.filed_under[0].case_number if package.filed_under else None
        return Foretold(one.file, one.index, state, reason, case)

    def _is_filed(self, letter: Letter, raw: BinaryIO) -> bool:
        """Say whether another door has filed the same message."""
        with self.stores.database.read() as connection:
            return is_filed(
                connection,
                door=letter.envelope.door,
                raw_sha256=letter.raw.sha256,
                normal=normal_sha256(raw),
            )

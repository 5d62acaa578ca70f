"""Rehearsal: a message walked down the road without a record. Behind `casebridge explain`."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from config.settings import CONFIG_FOLDER, Settings
from gateway import assembly
from gateway.explanation import explanation, grounds
from gateway.letter import Envelope, Letter, Proof
from gateway.mailbox import is_mailbox, split
from gateway.moving.checkpoints import Forgotten
from gateway.numbers.case_number import CaseShape
from gateway.road.package import Package
from gateway.road.walk import Road
from gateway.telling.mail import Mail
from gateway.telling.receipt import receipt
from gateway.trial import Trial
from portal import migrations
from portal.database import Database, open_database
from portal.directory import Directory
from portal.directory_import import import_directory
from portal.directory_report import DirectoryRejected
from portal.earlier import Earlier
from portal.vault import Vault

NO_NUMBER = "00000000"  # no letter ever gets it


@dataclass(frozen=True)
class Asked:
    """What the person at the terminal set."""

    directory: Path | None = None
    recipients: tuple[str, ...] = ()
    sender: str | None = None
    proven: bool = False
    converting: bool = False
    telling: bool = False  # why each part has its type, beside what programs build on


@dataclass(frozen=True)
class _Rehearsal:
    """Everything that one run of `explain` needs, in a folder that goes with it."""

    settings: Settings
    asked: Asked
    clock: Callable[[], datetime]
    road: Road
    database: Database
    vault: Vault
    folder: Path

    def explain(self, file: Path, index: int | None, raw: BinaryIO) -> dict[str, Any]:
        """Walk one message down the road and tell its trail."""
        letter = Letter(self._envelope(), self.vault.add(raw))
        with tempfile.TemporaryDirectory(dir=self.folder) as work:
            package = self._walk(letter, Path(work))
            trail = explanation(package, self._receipt(package))
        if self.asked.telling:
            for told, part in zip(trail["parts"], package.parts, strict=True):
                told["why"] = grounds(part)
                told["remarks"] = list(part.remarks)
        trail["file"] = str(file)
        if index is not None:
            trail["index"] = index
        return trail

    def _receipt(self, package: Package) -> Mail:
        """Write the receipt that would be sent, with a number and a link that open nothing."""
        service, envelope = self.settings.service, package.letter.envelope
        trial = Trial.of(envelope.recipients, self.settings.intake)
        is_asked = package.asked and trial is not Trial.ALONE
        return receipt(
            package,
            NO_NUMBER,
            service,
            answer_link=f"{service.base_url}/answer/\N{HORIZONTAL ELLIPSIS}" if is_asked else None,
            promised=self.road.calendar.promise(envelope.arrived_at),
            trial=trial,
            example=self.settings.cases.example,
        )

    def _envelope(self) -> Envelope:
        # Without an envelope sender the message's own From speaks, as for an import.
        proof = Proof.OPERATOR if self.asked.sender is None else Proof.LOOPBACK
        return Envelope(
            door="explain",
            sender=self.asked.sender or "",
            recipients=self.asked.recipients or (self.settings.intake.address,),
            arrived_at=self.clock(),
            proof=proof if self.asked.proven else Proof.NONE,
        )

    def _walk(self, letter: Letter, work: Path) -> Package:
        with self.vault.open(letter.raw.sha256) as raw:
            return self.road.walk(
                letter,
                raw,
                work,
                blobs=self.vault,
                directory=Directory(self.database),
                earlier=Earlier(self.database),
                now=letter.envelope.arrived_at,
                checkpoints=Forgotten() if self.asked.converting else None,
                owner=f"letter {letter.raw.sha256}",
                is_submission=Trial.of(letter.envelope.recipients, self.settings.intake)
                is Trial.ALONE,
            )


def explain_files(
    settings: Settings, files: Iterable[Path], asked: Asked, clock: Callable[[], datetime]
) -> Iterator[dict[str, Any]]:
    """Explain each message of each file, in order; a file that cannot be opened says so.

    Raises DirectoryRejected, SandboxMissing.
    """
    with _rehearsal(settings, asked, clock) as rehearsal:
        workers = settings.reading.processes
        with ThreadPoolExecutor(workers) as threads:
            for group in _in_groups(_messages(files, rehearsal.folder), 4 * workers):
                yield from threads.map(lambda message: _told(rehearsal, message), group)


_Message = tuple[Path, int | None, Path | None, str]


def _told(rehearsal: _Rehearsal, message: _Message) -> dict[str, Any]:
    file, index, copy, error = message
    if copy is None:
        return {"error": error, "file": str(file)}
    with copy.open("rb") as raw:
        trail = rehearsal.explain(file, index, raw)
    if copy != file:
        copy.unlink()
    return trail


def _in_groups(items: Iterator[_Message], size: int) -> Iterator[list[_Message]]:
    group: list[_Message] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


@contextlib.contextmanager
def _rehearsal(
    settings: Settings, asked: Asked, clock: Callable[[], datetime]
) -> Iterator[_Rehearsal]:
    with tempfile.TemporaryDirectory(prefix="casebridge-") as name:
        folder = Path(name)
        vault = Vault(folder / "vault")
        vault.prepare()
        (folder / "work").mkdir()
        database = _directory(settings, asked.directory, folder)
        try:
            with assembly.road(settings, folder / "work", converting=asked.converting) as road:
                yield _Rehearsal(settings, asked, clock, road, database, vault, folder)
        finally:
            database.close()


def _directory(settings: Settings, folder: Path | None, temporary: Path) -> Database:
    """Open the directory that was asked for, else the settings' own, else the sample one."""
    own = settings.storage.path / "casebridge.db"
    if folder is None and own.exists():
        database = open_database(own)
        migrations.require_current(database)
        return database
    database = open_database(temporary / "casebridge.db")
    migrations.migrate(database)
    report = import_directory(
        database, folder or CONFIG_FOLDER / "directory", CaseShape.of(settings.cases).normal
    )
    if report.rejected:
        raise DirectoryRejected(tuple(f"{r.file}:{r.line}: {r.fix}" for r in report.rejected))
    return database


def _messages(files: Iterable[Path], folder: Path) -> Iterator[_Message]:
    """Name each message: file, place in an mbox, where its bytes are, or why they cannot be had."""
    for file in files:
        try:
            with file.open("rb") as stream:
                if not is_mailbox(file, stream):
                    yield file, None, file, ""
                    continue
                stream.seek(0)
                for index, copy in enumerate(split(stream, folder)):
                    yield file, index, copy, ""
        except OSError as fault:
            yield (
                file,
                None,
                None,
                "file_not_found" if isinstance(fault, FileNotFoundError) else "file_unreadable",
            )

"""Unlocking: a locked document is opened in the sandbox, with a password that stays nowhere."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from config.media import MediaCatalogue
from converters.fault import ConversionFault, JobStopped, PasswordNeeded, SandboxMissing
from converters.workshop import Source, Workshop
from gateway.road.convert import Bench, Checkpoints
from gateway.scanner import Outcome, Scanner, ScannerAway, Verdict
from gateway.watch import fault_fields
from portal.renditions import Key, of_letter
from portal.unlocked_copy import Copy
from portal.unlocking import NotUnlocked, Opened, WrongPassword, is_office
from portal.vault import Vault

_PATIENCE_SECONDS = 2.0
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2: every locked Office document


@dataclass(frozen=True)
class Unlocker:
    """Opens one file at a time for the pages. `folder` is where it works, and nobody else's."""

    workshop: Workshop
    checkpoints: Checkpoints
    vault: Vault
    folder: Path
    media: MediaCatalogue
    scanner: Scanner | None  # None where nobody looks for viruses here
    scan_required: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, sha256: str, password: str, letter_id: int) -> Opened:
        """Return what a locked PDF or Office document of a letter is without its lock.

        Raises WrongPassword, and NotUnlocked where others wait or the file cannot be opened so.
        """
        if not self._turn.acquire(timeout=_PATIENCE_SECONDS):
            raise NotUnlocked
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=self.folder) as name:
                room = Path(name)
                file = room / "locked"
                with self.vault.open(sha256) as content, file.open("wb") as copy:
                    shutil.copyfileobj(content, copy, 1 << 20)
                with file.open("rb") as content:
                    is_compound = content.read(len(_COMPOUND)) == _COMPOUND
                if is_compound:
                    return self._office(file, password, room, of_letter(letter_id))
                return self._pdf(file, password, room, Key(of_letter(letter_id), sha256, "", ""))
        finally:
            self._turn.release()

    def _pdf(self, file: Path, password: str, room: Path, key: Key) -> Opened:
        with _spoken():
            made = self.workshop.unlock(file, password, room)
        self._scanned(made.file)
        key = replace(key, engine=made.engine, settings=made.settings)
        return Opened(self.checkpoints.keep(key, made).rendition_id)

    def _office(self, file: Path, password: str, room: Path, owner: str) -> Opened:
        """Keep the document without its lock, and give it its PDF, as any other gets one."""
        with _spoken():
            opened = self.workshop.unlock_office(file, password, room)
            media_type, flags = self.workshop.detect(opened)
        treatment = self.media.treatment(media_type)
        if not is_office(media_type) or flags or self.media.is_program(media_type):
            raise NotUnlocked
        scan = self._scanned(opened)
        with opened.open("rb") as content:
            blob = self.vault.add(content)
        is_converted = treatment.treat == "convert"
        extension = treatment.extension or ""
        copy = Copy(blob.sha256, blob.bytes, media_type, extension, is_converted, scan)
        if not is_converted:
            return Opened(None, copy)
        bench = Bench(self.workshop, self.checkpoints, room, nullcontext(), owner)
        try:
            return Opened(bench.pdf(Source(opened, media_type)).rendition_id, copy)
        except ConversionFault as fault:
            structlog.get_logger().warning("unlocking.no_pdf", **fault_fields(fault))
            return Opened(None, copy)
        finally:
            self.workshop.forget(owner)

    def _scanned(self, file: Path) -> str | None:
        """Have what came out looked at, before a person opens it. Raises NotUnlocked."""
        if self.scanner is None:
            return None
        try:
            with file.open("rb") as content:
                said = self.scanner.scan(content, file.stat().st_size)
        except ScannerAway as fault:
            structlog.get_logger().error("scanner.away", why=str(fault))
            said = Verdict(Outcome.UNSEEN, "away")
        if said.outcome is Outcome.INFECTED:
            structlog.get_logger().warning("unlocking.infected", by=said.detail)
            raise NotUnlocked
        if said.outcome is Outcome.UNSEEN and self.scan_required:
            raise NotUnlocked
        return str(said)


@contextmanager
def _spoken() -> Iterator[None]:
    try:
        yield
    except PasswordNeeded as fault:
        raise WrongPassword from fault
    except (ConversionFault, JobStopped, SandboxMissing) as fault:
        structlog.get_logger().error("unlocking.failed", **fault_fields(fault))
        raise NotUnlocked from fault


def no_unlocking(sha256: str, password: str, letter_id: int) -> Opened:
    """Open nothing: for pages that are served without engines. Raises NotUnlocked."""
    del sha256, password, letter_id
    raise NotUnlocked

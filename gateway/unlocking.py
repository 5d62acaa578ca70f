"""Unlocking: a locked PDF is opened in the sandbox, with a password that stays nowhere."""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from converters.fault import ConversionFault, JobStopped, PasswordNeeded, SandboxMissing
from converters.workshop import Workshop
from gateway.road.convert import Checkpoints
from gateway.watch import fault_fields
from portal.renditions import Key, of_letter
from portal.unlocking import NotUnlocked, WrongPassword
from portal.vault import Vault

_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Unlocker:
    """Opens one file at a time for the pages. `folder` is where it works, and nobody else's."""

    workshop: Workshop
    checkpoints: Checkpoints
    vault: Vault
    folder: Path
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, sha256: str, password: str, letter_id: int) -> int:
        """Return a letter's rendition that needs no password, of a locked PDF in the vault.

        Raises WrongPassword, and NotUnlocked where others wait or the file cannot be opened so.
        """
        if not self._turn.acquire(timeout=_PATIENCE_SECONDS):
            raise NotUnlocked
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=self.folder) as name:
                room = Path(name)
                with self.vault.open(sha256) as content, (room / "locked.pdf").open("wb") as copy:
                    shutil.copyfileobj(content, copy, 1 << 20)
                try:
                    made = self.workshop.unlock(room / "locked.pdf", password, room)
                except PasswordNeeded as fault:
                    raise WrongPassword from fault
                except (ConversionFault, JobStopped, SandboxMissing) as fault:
                    structlog.get_logger().error("unlocking.failed", **fault_fields(fault))
                    raise NotUnlocked from fault
                key = Key(of_letter(letter_id), sha256, made.engine, made.settings)
                return self.checkpoints.keep(key, made).rendition_id
        finally:
            self._turn.release()


def no_unlocking(sha256: str, password: str, letter_id: int) -> int:
    """Open nothing: for pages that are served without engines. Raises NotUnlocked."""
    del sha256, password, letter_id
    raise NotUnlocked

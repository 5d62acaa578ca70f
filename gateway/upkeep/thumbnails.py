"""Thumbnails made for the pages: in the sandbox, kept, one at a time, and in no letter's way."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from converters.fault import ConversionFault, JobStopped, SandboxMissing
from converters.workshop import Workshop
from gateway.watch import fault_fields
from portal import thumbnails
from portal.database import Database
from portal.thumbnails import NoThumbnail
from portal.vault import BlobMissing, Vault

_SECONDS = 10
_PATIENCE_SECONDS = 5.0  # a screen full of documents is drawn in less


@dataclass(frozen=True)
class Thumbnailer:
    """Pictures one page at a time. `folder` is where it works, and nobody else's."""

    workshop: Workshop
    database: Database
    vault: Vault
    folder: Path
    clock: Callable[[], datetime]
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> str:
        """Those of the engine that draws, its version among them."""
        return self.workshop.thumbnail_settings()

    def __call__(self, sha256: str, page: int) -> str:
        """Return the SHA-256 of a page's picture: of one that was made before, or makes it.

        Raises NoThumbnail where it cannot be drawn, which is kept too, or others wait for long.
        """
        settings = self.settings
        with self.database.read() as connection:
            there = thumbnails.find(connection, sha256, page, settings)
        if there is None:
            there = (self._made_in_turn(sha256, page, settings),)
        (picture,) = there
        if picture is None:
            raise NoThumbnail
        return picture

    def _made_in_turn(self, sha256: str, page: int, settings: str) -> str | None:
        if not self._turn.acquire(timeout=_PATIENCE_SECONDS):
            raise NoThumbnail
        try:
            with self.database.read() as connection:
                there = thumbnails.find(connection, sha256, page, settings)
            if there is not None:  # who had the turn before has made it
                return there[0]
            picture = self._drawn(sha256, page)
            with self.database.write() as connection:
                thumbnails.keep(connection, sha256, page, settings, picture, now=self.clock())
            return picture
        finally:
            self._turn.release()

    def _drawn(self, sha256: str, page: int) -> str | None:
        """Draw it into the vault; None where the file does not let itself be drawn."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            try:
                pdf = self.vault.file(sha256)
                made = self.workshop.thumbnail(pdf, page, Path(name), seconds=_SECONDS)
            except ConversionFault as fault:
                structlog.get_logger().info("thumbnail.not_drawn", **fault_fields(fault))
                return None
            except (BlobMissing, JobStopped, SandboxMissing) as fault:
                raise NoThumbnail from fault
            with made.open("rb") as stream:
                return self.vault.add(stream).sha256


@dataclass(frozen=True)
class NoThumbnails:
    """Draws nothing: for pages that are served without engines."""

    settings: str = ""

    def __call__(self, sha256: str, page: int) -> str:
        """Raise NoThumbnail."""
        del sha256, page
        raise NoThumbnail

"""The walk: the road's steps in their order, from a letter to a package with everything decided."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from config.media import MediaCatalogue
from config.settings import Settings
from converters.pool import Pool
from converters.workshop import Workshop
from gateway.address import OurAddresses
from gateway.case_number import CaseShape
from gateway.letter import Letter
from gateway.road.convert import Checkpoints, convert
from gateway.road.name import name
from gateway.road.package import Package
from gateway.road.read import read
from gateway.road.resolve import DirectoryView, resolve
from gateway.road.sort import sort

Timer = Callable[[str], AbstractContextManager[None]]


def untimed(_stage: str) -> AbstractContextManager[None]:
    """Time nothing."""
    return nullcontext()


@dataclass(frozen=True)
class Road:
    """Everything that the steps are handed, but the letter."""

    settings: Settings
    media: MediaCatalogue
    shape: CaseShape
    addresses: OurAddresses
    reader: Pool
    workshop: Workshop
    timer: Timer = untimed

    def walk(
        self,
        letter: Letter,
        raw: BinaryIO,
        folder: Path,
        *,
        directory: DirectoryView,
        today: date,
        checkpoints: Checkpoints | None,
    ) -> Package:
        """Carry a letter through read, sort, resolve, name and convert.

        `raw` is its content and `folder` an empty working folder of this attempt's own. Without
        `checkpoints` nothing is converted; the fates then say what would happen. Raises
        gateway.road.read.MessageUnreadable where the message cannot be taken apart.
        """
        timer = self.timer
        with timer("read"):
            package = read(letter, raw, self.reader, folder, self.settings.reading)
        with timer("sort"):
            package = sort(package, self.media)
        with timer("resolve"):
            tags = tuple(
                tag
                for recipient in letter.envelope.recipients
                if (tag := self.addresses.case_tag(recipient)) is not None
            )
            package = resolve(package, directory, self.shape, today, tags=tags)
        with timer("name"):
            package = name(package, self.settings.names, self._extension)
        if checkpoints is not None:
            with timer("convert"):
                package = convert(package, self.workshop, checkpoints, folder)
        return package

    def _extension(self, media_type: str) -> str | None:
        return self.media.treatment(media_type).extension

"""Judging: whether messages are submissions, read and sorted in this process, without a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import cast

from config import apart, devices, media, not_submissions
from config import elsewhere as places
from config.settings import Settings
from converters.pool import Pool
from gateway.address import OurAddresses
from gateway.letter import Envelope, Letter, Proof
from gateway.mailbox import is_mailbox, split
from gateway.road.device import Devices
from gateway.road.elsewhere import elsewhere
from gateway.road.not_submission import not_submission
from gateway.road.package import Package, Resolution
from gateway.road.read import MessageUnreadable, read
from gateway.road.sort import sort
from gateway.road.urgent import urgent
from portal.pouch import blob_of
from tests.carrying import ReaderHere

SETTINGS = Settings()
NOBODY = Resolution()


@dataclass(frozen=True)
class Judged:
    """One message, and what was found of it."""

    name: str
    package: Package

    @property
    def kind(self) -> str | None:
        """What it is that is no submission."""
        found = self.package.not_submission
        return None if found is None else found.kind


@cache
def ours() -> OurAddresses:
    """Our addresses, by the usual settings."""
    return OurAddresses(SETTINGS.intake.address, SETTINGS.cases.pattern, SETTINGS.intake.rehearsal)


def judged(
    content: bytes,
    folder: Path,
    *,
    sender: str = "pat.hall@bakerllp.example",
    door: str = "smtp",
    settings: Settings = SETTINGS,
    resolution: Resolution = NOBODY,
) -> Package:
    """Read, sort and judge one message of somebody who was found. Raises MessageUnreadable."""
    envelope = Envelope(
        door=door,
        sender=sender,
        recipients=(settings.intake.address,),
        arrived_at=datetime(2026, 11, 21, tzinfo=UTC),
        proof=Proof.LOOPBACK,
    )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "raw"
    file.write_bytes(content)
    letter = Letter(envelope, blob_of(content))
    with file.open("rb") as raw:
        reader = cast("Pool", ReaderHere())
        package = read(letter, raw, reader, folder, settings.reading, last_chance=True)
    package = elsewhere(sort(package, media.catalogue(), apart.rules()), places.rules())
    package = Devices(devices.forms(), settings.devices.listed).mark(package)
    package = urgent(package.but(resolution=resolution), settings.urgency)
    found = not_submission(package, not_submissions.rules(), apart.rules(), ours())
    return package.but(not_submission=found)


def judged_corpus(corpus: Path, folder: Path) -> Iterator[Judged]:
    """Judge every message of a corpus that can be read."""
    for number, (name, content) in enumerate(_messages(corpus, folder)):
        # Of an import, as nothing is known of how it came.
        own = folder / f"{number}"
        try:
            yield Judged(name, judged(content, own, sender="", door="import"))
        except MessageUnreadable:
            continue


def _messages(corpus: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    for kind in ("mail", "mbox", "msg"):
        for file in sorted((corpus / kind).iterdir()):
            with file.open("rb") as content:
                if not is_mailbox(file, content):
                    content.seek(0)
                    yield f"{kind}/{file.name}", content.read()
                    continue
                for index, copy in enumerate(split(content, folder)):
                    yield f"{kind}/{file.name} [{index}]", copy.read_bytes()

"""A worker on real stores, with the reader in this process and an engine that prints one page.

Both are second implementations, for speed: what a test here is about is the record.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from config import apart, devices, elsewhere, media, not_submissions
from converters.pool import Pool
from converters.workshop import Rendition, Source, Workshop
from gateway.address import OurAddresses
from gateway.assembly import office_calendar, scanner
from gateway.letter import Envelope, Letter, Proof
from gateway.moving.worker import Worker
from gateway.numbers.case_number import CaseShape
from gateway.reader.job import run
from gateway.road.device import Devices
from gateway.road.walk import Road
from gateway.stores import Stores
from gateway.watch import Metrics
from portal.pouch import blob_of

NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
PDF = b"%PDF-1.7 one page"
MAIL = (
    b"From: Pat Hall <pat.hall@bakerllp.example>\r\nSubject: Case 24-001234\r\n"
    b"Message-ID: <1@bakerllp.example>\r\n"
    b'Content-Type: multipart/mixed; boundary="=_1"\r\n\r\n'
    b"--=_1\r\n\r\nTwo files.\r\n"
    b'--=_1\r\nContent-Disposition: attachment; filename="notes.txt"\r\n\r\nnotes\r\n'
    b'--=_1\r\nContent-Disposition: attachment; filename="film.mp3"\r\n\r\nID3\x03\x00\x00\r\n'
    b"--=_1--\r\n"
)


def mail_folder(folder: Path) -> Path:
    """Make a folder of three mails."""
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.eml").write_bytes(MAIL + b"%d\r\n" % number)
    return folder


@dataclass
class ReaderHere:
    """A reader without a sandbox. `before` is called ahead of each message; `turns` are theirs."""

    before: Callable[[], None] = lambda: None
    answers: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer
    turns: list[str | None] = field(default_factory=list)

    def run(
        self,
        job: Mapping[str, Any],
        *,
        inputs: Sequence[int] = (),
        into: Path,
        whose: str | None = None,
    ) -> dict[str, Any]:
        self.turns.append(whose)
        self.before()
        answer = json.loads(json.dumps(run(dict(job), list(inputs), into)))  # as a process says it
        return self.answers(answer)


@dataclass
class OnePageWorkshop:
    """An engine that makes the same page of everything, and counts."""

    made: list[str] = field(default_factory=list)
    owners: list[str | None] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def key(self, media_type: str, *, last_chance: bool) -> tuple[str, str]:
        del last_chance
        return "press 1", media_type

    def forget(self, owner: str) -> None:
        self.forgotten.append(owner)

    def convert(
        self, source: Source, into: Path, *, last_chance: bool, owner: str | None
    ) -> Rendition:
        self.made.append(source.title)
        self.owners.append(owner)
        file = into / "rendition.pdf"
        file.write_bytes(PDF)
        return Rendition(
            file, 1, len(PDF), *self.key(source.media_type, last_chance=last_chance), ()
        )


@dataclass
class Carrier:
    """A worker, and the wall before it."""

    stores: Stores
    reader: ReaderHere = field(default_factory=ReaderHere)
    workshop: OnePageWorkshop = field(default_factory=OnePageWorkshop)
    now: datetime = NOW

    @property
    def worker(self) -> Worker:
        settings = self.stores.settings
        road = Road(
            settings=settings,
            media=media.catalogue(),
            apart=apart.rules(),
            elsewhere=elsewhere.rules(),
            not_submissions=not_submissions.rules(),
            devices=Devices(devices.forms(), settings.devices.listed),
            shape=CaseShape.of(settings.cases),
            addresses=OurAddresses(
                settings.intake.address, settings.cases.pattern, settings.intake.rehearsal
            ),
            reader=cast("Pool", self.reader),
            workshop=cast("Workshop", self.workshop),
            scanner=scanner(settings),
            engines=lambda _: nullcontext(),
            calendar=office_calendar(settings),
        )
        return Worker(
            self.stores.database,
            self.stores.raw(),
            road,
            settings,
            self.stores.work,
            lambda: self.now,
            Metrics(),
        )

    def accept(self, content: bytes = MAIL, *, pouched: bool = False, **changes: Any) -> None:
        """Take a letter, as a loopback SMTP client of a known firm sends it."""
        said: dict[str, Any] = {
            "door": "smtp",
            "sender": "pat.hall@bakerllp.example",
            "recipients": (self.stores.settings.intake.address,),
            "arrived_at": NOW,
            "proof": Proof.LOOPBACK,
        }
        envelope = Envelope(**(said | changes))
        if pouched:
            letter = Letter(envelope, blob_of(content), content)
        else:
            letter = Letter(envelope, self.stores.vault.add(io.BytesIO(content)))
        self.stores.intake().accept(letter)

    def carry(self, letter_id: int = 1, attempt: int = 1) -> str:
        return self.worker.carry(letter_id, attempt)

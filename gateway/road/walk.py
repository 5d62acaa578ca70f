"""The walk: the road's steps in their order, from a letter to a package with everything decided."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

import structlog

from config import forwards
from config.apart import ApartRules
from config.calendar import OfficeCalendar
from config.elsewhere import Elsewhere
from config.forwards import Forwards
from config.media import MediaCatalogue
from config.not_submissions import NotSubmissions
from config.settings import Settings
from converters.pool import Pool
from converters.workshop import Workshop
from gateway.address import OurAddresses
from gateway.letter import Form, Letter
from gateway.numbers.case_number import CaseShape
from gateway.reader.fault import Reason
from gateway.road.again import EarlierView, again
from gateway.road.ask import ask
from gateway.road.convert import Bench, Checkpoints, convert
from gateway.road.decided import Decided, carry_out
from gateway.road.device import Devices
from gateway.road.elsewhere import elsewhere
from gateway.road.forward import forward
from gateway.road.listed import Blobs, read_listed
from gateway.road.look import DirectoryView
from gateway.road.mask import mask
from gateway.road.name import name
from gateway.road.not_submission import not_submission
from gateway.road.package import NARRATIVE_CHARACTERS, Package
from gateway.road.promise import promised
from gateway.road.read import MessageUnreadable, read
from gateway.road.resolve import resolve
from gateway.road.scan import scan
from gateway.road.sort import sort
from gateway.road.unread import unread
from gateway.road.urgent import urgent
from gateway.scanner import Scanner
from portal.renditions import of_firm
from portal.strangers import STRANGERS

Timer = Callable[[str], AbstractContextManager[None]]


def untimed(_stage: str) -> AbstractContextManager[None]:
    """Time nothing."""
    return nullcontext()


@dataclass(frozen=True)
class Road:
    """Everything that the steps are handed, but the letter."""

    settings: Settings
    media: MediaCatalogue
    apart: ApartRules
    elsewhere: Elsewhere
    not_submissions: NotSubmissions
    devices: Devices
    shape: CaseShape
    addresses: OurAddresses
    calendar: OfficeCalendar
    reader: Pool
    workshop: Workshop
    scanner: Scanner | None  # None where nobody looks for viruses here
    # Entered for each file: fewer wait for an engine than there are workers.
    engines: Callable[[str], AbstractContextManager[object]]
    timer: Timer = untimed
    forwards: Forwards = field(default_factory=forwards.rules)

    def walk(
        self,
        letter: Letter,
        raw: BinaryIO,
        folder: Path,
        *,
        blobs: Blobs,
        directory: DirectoryView,
        earlier: EarlierView,
        now: datetime,
        checkpoints: Checkpoints | None,
        owner: str,
        last_chance: bool = True,
        decision: Decided | None = None,
        is_submission: bool = False,
        not_scanned: frozenset[str] = frozenset(),
    ) -> Package:
        """Carry a letter through read, sort, resolve, name and convert.

        `now` is the moment of the attempt; rights are asked for on its day in the office's zone.
        A person's `decision` takes the place of what resolve makes of the case. With
        `is_submission` it is filed whatever it is; else what is none is not converted.
        `not_scanned` are the files that the virus scanner failed on in an earlier attempt, by their
        SHA-256.

        `raw` is its content, `blobs` has the files that a manifest names, and `folder` is an empty
        working folder of this attempt's own. `owner` is whose its files are where no firm is known
        and proven to have sent them (portal.renditions.of_letter). Without `checkpoints` nothing is
        converted; the fates then say what would happen. A message that cannot be taken apart comes
        out whole, to be held for staff. Without `last_chance` a sandbox that was killed from
        outside or took too long is no fault of the letter's yet: converters.fault.JobUncertain is
        raised, and another attempt tells.
        """
        today = now.astimezone(ZoneInfo(self.settings.service.time_zone)).date()
        try:
            with self.timer("read"):
                package = self.read(letter, raw, folder, blobs, last_chance=last_chance)
        except MessageUnreadable as fault:
            structlog.get_logger().warning("letter.unreadable", why=fault.why)
            broken = unread(letter, is_outlook=fault.why == Reason.DAMAGED)
            settled = self._settled(broken, decision, today)
            return self._scanned(settled, raw, decision, not_scanned)
        package = self.passed_on(package, directory, today)
        with self.timer("sort"):
            package = sort(
                mask(package), self.media, self.apart, narrative_characters=NARRATIVE_CHARACTERS
            )
            package = self.devices.mark(elsewhere(package, self.elsewhere))
        with self.timer("resolve"):
            tags = tuple(
                tag
                for recipient in letter.envelope.recipients
                if (tag := self.addresses.case_tag(recipient)) is not None
            )
            answered = self.addresses.own_messages(package.answered)
            package = resolve(package, directory, self.shape, today, tags=tags, answered=answered)
            package = self._settled(package, decision, today)
        package = self._scanned(package, raw, decision, not_scanned)
        with self.timer("resolve"):
            package = again(package, earlier, self.calendar.zone)
            package = promised(package, self.calendar, now)
            package = urgent(package, self.settings.urgency)
            if not is_submission:
                package = self.judged(package)
        with self.timer("name"):
            package = name(package, self.settings.names, self._extension)
        if (
            checkpoints is not None
            and not package.is_sealed
            and package.not_submission is None
            and package.resolution.hold not in STRANGERS
        ):
            with self.timer("convert"):
                package = self._converted(
                    package, checkpoints, folder, owner, last_chance=last_chance
                )
        return package

    def read(
        self,
        letter: Letter,
        raw: BinaryIO,
        folder: Path,
        blobs: Blobs,
        *,
        last_chance: bool = True,
    ) -> Package:
        """Take a letter apart, whatever its content is: the faults are those of `read`."""
        limits = self.settings.reading
        if letter.form is Form.MANIFEST:
            return read_listed(
                letter, raw, blobs, self.reader, folder, limits, last_chance=last_chance
            )
        return read(letter, raw, self.reader, folder, limits, last_chance=last_chance)

    def _converted(
        self,
        package: Package,
        checkpoints: Checkpoints,
        folder: Path,
        owner: str,
        *,
        last_chance: bool,
    ) -> Package:
        """Convert what a firm sent by what is kept for that firm; else by what is this letter's.

        Whoever it is filed to, and by whom, does not matter: an owner is who sent the bytes.
        """
        firm = package.resolution.firm_id
        if firm is not None:
            owner = of_firm(firm)
        bench = Bench(self.workshop, checkpoints, folder, self.engines(owner), owner, last_chance)
        try:
            return convert(package, bench)
        finally:
            if firm is None:
                self.workshop.forget(owner)

    def passed_on(self, package: Package, directory: DirectoryView, today: date) -> Package:
        """Return what somebody of the staff passes on; any other letter as it is."""
        is_checked = self.settings.trust.journal_is_checked
        return forward(
            *(package, directory, self.forwards, self.addresses, today),
            journal_is_checked=is_checked,
        )

    def judged(self, package: Package) -> Package:
        """Say of a package that is sorted whether it is a submission at all."""
        return package.but(
            not_submission=not_submission(package, self.not_submissions, self.apart, self.addresses)
        )

    def _settled(self, package: Package, decision: Decided | None, today: date) -> Package:
        """Let a person's decision go before the road's own, and see whether the sender is asked."""
        if decision is not None:
            package = carry_out(package, decision, today)
        return ask(
            package.but(most_bytes=self.settings.road.max_submission_bytes),
            own_domain=self.settings.intake.domain,
            encrypted=self.settings.outbound.is_encrypted,
        )

    def _scanned(
        self,
        package: Package,
        raw: BinaryIO,
        decision: Decided | None,
        not_scanned: frozenset[str],
    ) -> Package:
        if self.scanner is None:
            return package
        with self.timer("scan"):
            return scan(
                package,
                raw,
                self.scanner,
                required=self.settings.scan.use == "required",
                by_staff=decision is not None and decision.by_staff,
                failed=not_scanned,
            )

    def _extension(self, media_type: str) -> str | None:
        return self.media.treatment(media_type).extension

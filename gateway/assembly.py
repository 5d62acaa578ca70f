"""The assembly: builds the road and its engines once, from the settings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from config import apart, calendar, devices, elsewhere, media, not_submissions
from config.calendar import OfficeCalendar
from config.problems import problem
from config.settings import Settings, SettingsFault, is_loopback, settings_file
from converters.pool import Pool
from converters.sandbox import Limits
from converters.workshop import Workshop
from gateway.address import OurAddresses
from gateway.gate.gate import Gate
from gateway.gate.names import Unanswered
from gateway.moving.seats import Seats
from gateway.numbers.case_number import CaseShape
from gateway.road.device import Devices
from gateway.road.walk import Road, Timer, untimed
from gateway.scanner import Scanner

READER = "gateway.reader.job:run"


def office_calendar(settings: Settings) -> OfficeCalendar:
    """Read the office calendar that the settings name. Raises SettingsFault."""
    named = settings.service.calendar
    return calendar.load(settings.service.time_zone, Path(named) if named else None)


def needs_gate(settings: Settings) -> bool:
    """Say whether any mail can come whose sender is to be proven, or that a relay vouches for.

    While only this machine can reach the SMTP door, and is proven by that, there is none: nothing
    is started then, and no name server is needed.
    """
    proof = settings.proof
    all_proven = settings.trust.loopback_is_proven and is_loopback(settings.smtp.host)
    return bool(proof.relays) or (proof.mode != "off" and not all_proven)


def scanner(settings: Settings) -> Scanner | None:
    """Return the virus scanner that the settings name; None where they name none."""
    chosen = settings.scan
    if not chosen.socket or chosen.use == "off":
        return None
    return Scanner(chosen.socket, chosen.max_bytes, chosen.max_seconds)


@contextlib.contextmanager
def gate(settings: Settings, work: Path) -> Iterator[Gate | None]:
    """Start the sandboxes in which senders are proven; None where no gate is needed.

    Raises SandboxMissing, and SettingsFault where no name server is known.
    """
    if not needs_gate(settings):
        yield None
        return
    try:
        made = Gate(settings.proof, work / "gate")
    except Unanswered as fault:
        said = problem("proof_without_names").said()
        raise SettingsFault(settings_file(), (said,)) from fault
    made.start()
    try:
        yield made
    finally:
        made.close()


@contextlib.contextmanager
def road(
    settings: Settings,
    work: Path,
    *,
    timer: Timer = untimed,
    converting: bool = True,
    spare: bool = False,
) -> Iterator[Road]:
    """Start the sandboxed processes that read and convert, for as long as the context lasts.

    Without `converting` the engines stay away, and the road must not be asked to convert. With
    `spare` a LibreOffice is started ahead: for whoever stays and waits for letters.

    Raises converters.sandbox.SandboxMissing where bubblewrap cannot be used, and SettingsFault
    where the office calendar cannot be.
    """
    hours = office_calendar(settings)
    reading = settings.reading
    reader = Pool(
        READER,
        processes=reading.processes,
        folder=work / "readers",
        limits=Limits(
            seconds=reading.max_seconds,
            memory_bytes=reading.max_memory_bytes,
            output_bytes=settings.conversion.max_output_bytes,
            processes=16,
        ),
    )
    workshop = Workshop(settings.conversion, work / "engines")
    reader.start()
    try:
        if converting:
            workshop.start(spare=spare)
        try:
            yield Road(
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
                calendar=hours,
                reader=reader,
                workshop=workshop,
                scanner=scanner(settings),
                # Two workers are always left for letters that need no engine.
                engines=Seats(max(1, settings.road.workers - 2)).of,
                timer=timer,
            )
        finally:
            workshop.close()
    finally:
        reader.close()

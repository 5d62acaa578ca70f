"""The desk: everything that a page needs, handed in once and never looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from config.calendar import OfficeCalendar
from config.media import MediaCatalogue
from config.settings import Intake, Sending, Service, Triage, Web
from portal.database import Database
from portal.foreseen import Foresee
from portal.handout import Handout
from portal.mailed_password import Said
from portal.thumbnails import Thumbnail
from portal.unlocking import Unlock
from portal.vault import Vault
from portal.web.line import Lines
from portal.web.pages import Pages

Check = Callable[[], str | None]
"""A check of /readyz: returns None, or the problem in a sentence without personal data."""


Printer = Callable[[str, str, str], Handout]
"""Makes the PDF of HTML of our own, with a title and the name to save it under."""


class NotPrinted(Exception):
    """The PDF of a page of ours could not be made: others print, or the engine failed."""

    code = "not_printed"


@dataclass(frozen=True)
class Desk:
    """What a page works with. `clock` returns the present moment, with its zone."""

    database: Database
    vault: Vault
    service: Service
    web: Web
    sending: Sending
    intake: Intake
    submission_bytes: int  # what one submission holds; of more, several are linked
    case_example: str
    calendar: OfficeCalendar
    media: MediaCatalogue
    triage: Triage
    case_number: Callable[[str], str | None]  # a text in our form, or None
    foresee: Foresee
    send: Callable[[int], str]  # a draft's id, to the receipt number that it is sent under
    encrypted: bool | None  # whether our mails are; see portal.rights.is_private
    printer: Printer
    unlock: Unlock
    thumbnail: Thumbnail
    said: Said  # the passwords that a letter says
    clock: Callable[[], datetime]
    checks: Mapping[str, Check]
    metrics: Callable[[], bytes]
    pages: Pages
    lines: Lines

    @property
    def today(self) -> date:
        """The date in the office's time zone."""
        return self.clock().astimezone(ZoneInfo(self.service.time_zone)).date()

    @property
    def idle(self) -> timedelta:
        """How long a session lasts without activity."""
        return timedelta(minutes=self.web.session_minutes)

    @property
    def undo(self) -> timedelta:
        """How long a decision can be taken back."""
        return timedelta(seconds=self.triage.undo_seconds)

    @property
    def secure(self) -> bool:
        """Whether people reach the pages by HTTPS, whatever stands before this process."""
        return self.service.base_url.startswith("https:")


async def _of(request: Request) -> Desk:
    """Return the desk. Awaits nothing: a function that is not async would be run in a thread."""
    return cast("Desk", request.app.state.desk)


AtDesk = Annotated[Desk, Depends(_of)]

"""The frame of a mail to a sender: whom to ask, and what a rehearsal is headed."""

from __future__ import annotations

import dataclasses

from config.settings import Service
from gateway.telling.sheet import Link, Sheet
from gateway.trial import Trial


def page_of(service: Service, number: str) -> str:
    """Return the address of a letter's page, on which its sender looks after it."""
    return f"{service.base_url}/p/{number}"


def ways(service: Service, number: str) -> tuple[str | Link, ...]:
    """Say where to look, and whom to ask. `number` is the receipt number as shown.

    The page is opened by a code that goes where this mail goes: its address is no secret.
    """
    return (
        Link("View this receipt", page_of(service, number)),
        f"Something wrong? Call {service.phone} and quote {number}.",
    )


def as_copy(sheet: Sheet, went_to: str) -> Sheet:
    """Head a sheet as the copy of one. `went_to` is empty where it is not to be named."""
    who = f" that went to {went_to}" if went_to else ""
    return dataclasses.replace(
        sheet,
        subject=f"Copy: {sheet.subject}",
        banner=" ".join((f"This is a copy of a receipt{who}.", sheet.banner)).strip(),
    )


def with_banner(sheet: Sheet, trial: Trial) -> Sheet:
    """Head a sheet as a rehearsal's, where it is one. Nothing else of it changes."""
    if trial is not Trial.ALONE:
        return sheet
    return dataclasses.replace(
        sheet,
        subject=f"Rehearsal: {sheet.subject}",
        banner="Rehearsal: nothing was filed. This is the receipt that you would have got.",
    )

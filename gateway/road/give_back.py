"""Give back: a letter whose decision cannot be carried out returns to the team."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import sqlalchemy as sa

from gateway.road.file import describe, move_letter
from gateway.road.package import Package
from portal.decision import Decision
from portal.undo import not_carried


def give_back(
    connection: sa.Connection,
    decision: Decision,
    letter_id: int,
    attempt: int,
    reason: str | None,
    now: datetime,
    package: Package | None = None,
) -> None:
    """Return a letter to the team, with the reason for it. Nobody is told: its sender has been.

    What the record says of it stays, or becomes what it came apart into this time: `package`,
    unless that could not be read. Raises StaleAttempt by the fence.
    """
    move_letter(connection, letter_id, attempt, "with_us", reason, now)
    if package is not None and not package.is_unread:
        undecided = dataclasses.replace(package.resolution, how="unknown")
        describe(connection, package.but(filings=(), resolution=undecided), letter_id)
    not_carried(connection, decision, reason, now)

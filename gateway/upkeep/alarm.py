"""Alarms: operations are told of letters that have waited for days. A hold never ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog

from config.settings import Settings
from gateway.telling.mail import counted
from gateway.telling.part_words import bare_title
from gateway.verification import PLACES
from portal import moments, receipt_number
from portal.database import Database
from portal.postbox import Owed, owe
from portal.tables import letters, outbox

KIND = "alarm"
_BATCH = 500
_Row = sa.Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Alarm:
    """Looks for letters that wait, and owes operations a mail for each day that is set.

    Days are counted from the first arrival (safety rule 5): a letter that was asked about and
    waits again has not waited less. Where several days have passed unseen, the last one is told.
    """

    database: Database
    settings: Settings
    clock: Callable[[], datetime]

    def sound(self) -> int:
        """Owe the mails that are due, each once, and return how many were."""
        now = self.clock()
        days = sorted(set(self.settings.holds.alarm_days))
        until = (*days[1:], None)
        return sum(self._day(day, later, now) for day, later in zip(days, until, strict=True))

    def _day(self, day: int, later: int | None, now: datetime) -> int:
        told = sa.exists().where(
            outbox.c.letter_id == letters.c.id,
            outbox.c.kind == KIND,
            outbox.c.occasion == str(day),
        )
        waits = [
            letters.c.state.in_(PLACES["held"]),
            letters.c.arrived_at <= now - timedelta(days=day),
            ~told,
        ]
        if later is not None:
            waits.append(letters.c.arrived_at > now - timedelta(days=later))
        query = (
            sa.select(letters.c.id, letters.c.receipt, letters.c.arrived_at, letters.c.reason)
            .where(*waits)
            .order_by(letters.c.arrived_at)
            .limit(_BATCH)
        )
        with self.database.read() as connection:
            if connection.execute(query.limit(1)).first() is None:
                return 0
        with self.database.write() as connection:
            # Read again as the writer: what a person has ended meanwhile alarms nobody.
            rows = connection.execute(query).all()
            for row in rows:
                owe(
                    connection,
                    self._mail(row, day),
                    letter_id=row.id,
                    occasion=str(day),
                    now=now,
                )
        for row in rows:
            structlog.get_logger().warning("letter.waits", receipt=row.receipt, days=day)
        return len(rows)

    def _mail(self, row: _Row, day: int) -> Owed:
        """Write one. It names nobody and nothing of the letter but its number."""
        service = self.settings.service
        number = receipt_number.shown(row.receipt)
        since = moments.in_full(row.arrived_at, ZoneInfo(service.time_zone))
        facts = (
            ("Receipt", number),
            ("Received", since),
            ("Waits for", f"{counted(day, 'day')} or longer"),
            ("Why", f"{bare_title(row.reason)} ({row.reason})"),
        )
        lines = "\n".join(f"{name + ':':<13}{value}" for name, value in facts)
        text = (
            "A letter waits for a person, and nothing will end that but one.\n"
            "\n"
            f"{lines}\n"
            "\n"
            f"Look at it: {service.base_url}/p/{number}\n"
            f"What the code means: {service.base_url}/help#{row.reason or ''}\n"
        )
        return Owed(
            KIND,
            service.operations_address,
            f"Waits for {counted(day, 'day')}: receipt {number}",
            text,
            begun=True,
        )


def held_ages(connection: sa.Connection, days: tuple[int, ...], now: datetime) -> dict[str, float]:
    """Return the metrics of what is held: the oldest one's age, and how many are how old."""
    held = letters.c.state.in_(PLACES["held"])
    columns = [
        sa.func.count().filter(letters.c.arrived_at <= now - timedelta(days=day)) for day in days
    ]
    oldest, *counts = connection.execute(
        sa.select(sa.func.min(letters.c.arrived_at), *columns).where(held)
    ).one()
    age = (now - oldest).total_seconds() if oldest is not None else 0.0
    return {"casebridge_letters_held_oldest_seconds": age} | {
        f"casebridge_letters_held_{day}_days": float(count)
        for day, count in zip(days, counts, strict=True)
    }

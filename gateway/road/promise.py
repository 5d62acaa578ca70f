"""Promise: the time by which somebody will have looked, for the problems whose words name one."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from config.calendar import OfficeCalendar
from config.problems import catalogue
from gateway.road.package import Package, Trouble
from portal import moments


def promised(package: Package, calendar: OfficeCalendar, now: datetime) -> Package:
    """Give every trouble that speaks of a `{time}` to come the one that the office promises.

    It is said with its day and zone, never as "tomorrow": who reads it, and when, nobody knows.
    `now` is when it is told, not when the letter came: after a day of standing still "by 10:00" of
    that day would be a promise broken before it was made.
    """

    def with_time(trouble: Trouble) -> Trouble:
        row = catalogue().get(trouble.code)
        if row is None or "time" not in row.fields or "time" in trouble.fields:
            return trouble
        said = moments.by(calendar.promise(now), calendar.zone)
        return dataclasses.replace(trouble, fields={**trouble.fields, "time": said})

    return package.but(troubles=tuple(with_time(one) for one in package.troubles))

"""Moments and lengths of time as people read them, with their zone, and in UTC where they prove."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# The names that people use; the IANA list has only "EST" and "EDT", which change twice a year.
_SPOKEN = {
    "America/New_York": "Eastern",
    "America/Detroit": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Arizona",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Puerto_Rico": "Atlantic",
}


def in_full(moment: datetime, zone: ZoneInfo) -> str:
    """Say `Saturday, November 21, 2026 at 3:42 pm Eastern (20:42 UTC)`.

    The date is said of the UTC time too where it is another one.
    """
    here, utc = moment.astimezone(zone), moment.astimezone(UTC)
    proof = f"{utc:%H:%M} UTC"
    if utc.date() != here.date():
        proof += f" on {utc:%B} {utc.day}"
    day = f"{here:%A}, {here:%B} {here.day}, {here.year}"
    return f"{day} at {_clock(here)} {zone_name(moment, zone)} ({proof})"


def in_short(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Say `3:42 pm today`, `3:42 pm on Nov 20`, or with the year where it is another one."""
    here, today = moment.astimezone(zone), now.astimezone(zone)
    if here.date() == today.date():
        return f"{_clock(here)} today"
    day = f"{here:%b} {here.day}"
    if here.year != today.year:
        day += f", {here.year}"
    return f"{_clock(here)} on {day}"


def by(moment: datetime, zone: ZoneInfo) -> str:
    """Say `10:00 am Eastern on Monday, November 30`: a time to come, as it is promised."""
    here = moment.astimezone(zone)
    return f"{_clock(here)} {zone_name(moment, zone)} on {here:%A}, {here:%B} {here.day}"


def clock(moment: datetime, zone: ZoneInfo) -> str:
    """Say `3:42 pm`."""
    return _clock(moment.astimezone(zone))


def day(moment: datetime, zone: ZoneInfo) -> str:
    """Say `November 21, 2026`."""
    here = moment.astimezone(zone)
    return f"{here:%B} {here.day}, {here.year}"


def zone_name(moment: datetime, zone: ZoneInfo) -> str:
    """Say `Eastern`, else the abbreviation that holds at that moment, else `UTC+05:45`."""
    if zone.key in _SPOKEN:
        return _SPOKEN[zone.key]
    here = moment.astimezone(zone)
    abbreviation = here.tzname() or ""
    offset = f"{here:%z}"
    return abbreviation if abbreviation.isalpha() else f"UTC{offset[:3]}:{offset[3:5]}"


def length(of_time: timedelta) -> str:
    """Say `2 h 10 min`, `3 days` or `less than a minute`: rounded down, two units at most."""
    minutes = int(of_time.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days = hours // 24
    return "1 day" if days == 1 else f"{days} days"


def _clock(here: datetime) -> str:
    return f"{here.hour % 12 or 12}:{here:%M} {'am' if here.hour < 12 else 'pm'}"

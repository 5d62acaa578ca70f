"""The office calendar: when people work here, and by when something is promised."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from config.settings import SettingsFault, faults_of, zone_named

CALENDAR_FILE = Path(__file__).parent / "calendar.toml"

# With no more holidays than these on the same date of every year, every weekday has years in which
# most of its dates are open: the search for an open day ends.
_MOST_YEARLY = 40
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_HOUR = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DAY_MINUTES = 24 * 60

Span = tuple[int, int]
"""Opening and closing in minutes of the clock on the wall since midnight."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_WORKDAY = ("08:00-18:00",)


class Hours(_Section):
    """Opening hours of each day of the week, as `08:00-18:00`."""

    monday: tuple[str, ...] = _WORKDAY
    tuesday: tuple[str, ...] = _WORKDAY
    wednesday: tuple[str, ...] = _WORKDAY
    thursday: tuple[str, ...] = _WORKDAY
    friday: tuple[str, ...] = _WORKDAY
    saturday: tuple[str, ...] = ()
    sunday: tuple[str, ...] = ()

    @field_validator("*")
    @classmethod
    def _in_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        spans = [_span(one) for one in value]
        if any(closes <= opens for opens, closes in spans):
            raise ValueError("a closing hour has to come after its opening")
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            raise ValueError("write the hours of one day in their order, without overlap")
        return value

    @property
    def week(self) -> tuple[tuple[Span, ...], ...]:
        """The spans of each weekday, Monday first."""
        days = (
            self.monday,
            self.tuesday,
            self.wednesday,
            self.thursday,
            self.friday,
            self.saturday,
            self.sunday,
        )
        return tuple(tuple(_span(one) for one in day) for day in days)


class Holidays(_Section):
    """Days on which the office is closed whatever the day of the week."""

    every_year: Annotated[tuple[str, ...], Field(max_length=_MOST_YEARLY)] = (
        "01-01",
        "06-19",
        "07-04",
        "11-11",
        "12-25",
    )
    on: tuple[date, ...] = (
        date(2026, 11, 26),
        date(2026, 11, 27),
        date(2027, 1, 18),
        date(2027, 2, 15),
        date(2027, 5, 31),
        date(2027, 9, 6),
        date(2027, 10, 11),
        date(2027, 11, 25),
        date(2027, 11, 26),
    )

    @field_validator("every_year")
    @classmethod
    def _dates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            try:
                written = date.fromisoformat(f"2024-{one}")  # a leap year: it has every date
            except ValueError:
                written = None
            if written is None or f"{written:%m-%d}" != one:
                raise ValueError(f"write {one!r} as month-day, such as 12-25")
        return value


class Rules(_Section):
    """The typed shape of calendar.toml."""

    time_zone: str = ""
    promise: str = "10:00"
    lead_minutes: Annotated[int, Field(gt=0, le=_DAY_MINUTES)] = 120
    hours: Hours = Hours()
    holidays: Holidays = Holidays()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return value and zone_named(value)

    @model_validator(mode="after")
    def _promise_is_kept_somewhere(self) -> Self:
        if not _HOUR.fullmatch(self.promise):
            raise ValueError("write promise as an hour, such as 10:00")
        minute = _minutes(self.promise)
        if not any(opens <= minute < closes for day in self.hours.week for opens, closes in day):
            raise ValueError("promise is an hour at which the office is never open")
        return self


@dataclass(frozen=True)
class OfficeCalendar:
    """Answers from the rules alone. Moments go in and come out with their zone; results are UTC.

    Hours are those of the clock on the wall. An hour that a change to summer time leaves out counts
    as the one after it, and of an hour that comes twice the first is meant.
    """

    rules: Rules
    zone: ZoneInfo

    def is_open(self, moment: datetime) -> bool:
        """Say whether people work at a moment; the closing minute is closed."""
        return any(opens <= moment < closes for opens, closes in self._spans(self._day(moment)))

    def next_opening(self, moment: datetime) -> datetime:
        """Return the first open moment at or after this one."""
        for opens, closes in self._from(moment):
            if moment < closes:
                return max(opens, moment.astimezone(UTC))
        raise AssertionError("the days do not end")

    def promise(self, after: datetime) -> datetime:
        """Return when somebody will have looked at what waits from this moment on.

        It is the promise hour of the first day that is open then and has `lead_minutes` of working
        time between `after` and that hour. So it is always in opening hours and later than `after`,
        and of two moments the later one is never promised the earlier time.
        """
        worked, lead = timedelta(), timedelta(minutes=self.rules.lead_minutes)
        day = self._day(after)
        while True:
            hour = self._at(day, _minutes(self.rules.promise))
            before = self._worked(day, after, hour)
            if self.is_open(hour) and worked + before >= lead:
                return hour
            worked += before + self._worked(day, max(after, hour), self._at(day, _DAY_MINUTES))
            day += timedelta(days=1)

    def add_working(self, moment: datetime, length: timedelta) -> datetime:
        """Return when so much working time has passed; a length of 0 ends at an open moment."""
        left = length
        for opens, closes in self._from(moment):
            begin = max(opens, moment.astimezone(UTC))
            if begin >= closes:
                continue
            if begin + left < closes:
                return begin + left
            left -= closes - begin
        raise AssertionError("the days do not end")

    def is_working_day(self, day: date) -> bool:
        """Say whether people work on a date at all."""
        return bool(self._spans(day))

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = self._day(moment)
        while True:
            yield from self._spans(day)
            day += timedelta(days=1)

    def _spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The open spans of a date, in UTC; none where it is a holiday."""
        holidays = self.rules.holidays
        if day in holidays.on or f"{day:%m-%d}" in holidays.every_year:
            return ()
        spans = (
            (self._at(day, opens), self._at(day, closes))
            for opens, closes in self.rules.hours.week[day.weekday()]
        )
        # In the hour that summer time leaves out a span may come to nothing.
        return tuple((opens, closes) for opens, closes in spans if opens < closes)

    def _worked(self, day: date, since: datetime, until: datetime) -> timedelta:
        """The working time of a date between two moments."""
        spans = ((max(opens, since), min(closes, until)) for opens, closes in self._spans(day))
        return sum((closes - opens for opens, closes in spans if opens < closes), start=timedelta())

    def _at(self, day: date, minutes: int) -> datetime:
        wall = datetime.combine(day, time(), self.zone) + timedelta(minutes=minutes)
        return wall.astimezone(UTC)


def load(time_zone: str, file: Path | None = None) -> OfficeCalendar:
    """Read a calendar (default: that of config/); `time_zone` speaks where the file names no zone.

    Raises SettingsFault, naming every bad key, where it cannot be read or used.
    """
    file = file or CALENDAR_FILE
    try:
        rules = Rules.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise SettingsFault(file, faults_of(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsFault(file, (f"not readable as TOML: {error}",)) from error
    return OfficeCalendar(rules, ZoneInfo(rules.time_zone or time_zone))


def _span(text: str) -> Span:
    if not _SPAN.fullmatch(text):
        raise ValueError(f"write {text!r} as hours of one day, such as 08:00-18:00")
    opens, _, closes = text.partition("-")
    return _minutes(opens), _minutes(closes)


def _minutes(hour: str) -> int:
    return int(hour[:2]) * 60 + int(hour[3:])

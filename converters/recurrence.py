"""A recurrence rule in words (RFC 5545, 3.3.10)."""

from __future__ import annotations

from collections.abc import Callable

_DAYS = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday",
    "SA": "Saturday", "SU": "Sunday",
}  # fmt: skip
_UNITS = {
    "SECONDLY": "second", "MINUTELY": "minute", "HOURLY": "hour", "DAILY": "day",
    "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year",
}  # fmt: skip
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_ORDINALS = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last",
             "-2": "second last"}  # fmt: skip


def in_words(rule: str, moment: Callable[[str], str]) -> str:
    """Say a rule; what has no words here is added as it stands. `moment` says a date."""
    given = {}
    for piece in rule.strip().split(";"):
        name, _, value = piece.partition("=")
        given[name.upper()] = value.strip()
    unit = _UNITS.get(given.pop("FREQ", "").upper())
    if unit is None:
        return rule
    every = given.pop("INTERVAL", "1")
    said = [f"every {unit}" if every == "1" else f"every {every} {unit}s"]
    if days := given.pop("BYDAY", ""):
        said.append("on " + _listed([_day(one) for one in days.split(",")]))
    if days := given.pop("BYMONTHDAY", ""):
        said.append("on day " + _listed(days.split(",")))
    if months := given.pop("BYMONTH", ""):
        said.append("in " + _listed([_month(one) for one in months.split(",")]))
    if until := given.pop("UNTIL", ""):
        said.append(f"until {moment(until)}")
    count = given.pop("COUNT", "")
    more = [] if not count else ["once" if count == "1" else f"{count} times"]
    given.pop("WKST", None)
    return ", ".join([" ".join(said), *more, *(f"{name}={value}" for name, value in given.items())])


def _day(written: str) -> str:
    number, day = written[:-2].lstrip("+"), _DAYS.get(written[-2:].upper())
    if day is None:
        return written
    return f"the {_ORDINALS.get(number, number)} {day}" if number else day


def _month(written: str) -> str:
    is_one = written.isdecimal() and len(written) < 3 and 1 <= int(written) <= 12
    return _MONTHS[int(written) - 1] if is_one else written


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

"""An event of a calendar (RFC 5545): what, when with its zone, where, who, and what is attached."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from converters import recurrence
from converters.content_lines import Line, split, unescaped
from converters.sheet_of_facts import Facts

KINDS: Final[Mapping[str, str]] = {
    "VEVENT": "Event",
    "VTODO": "Task",
    "VJOURNAL": "Journal entry",
    "VFREEBUSY": "Free and busy times",
}
# How a zone counts is for programs; its name stands with each time.
MACHINES: Final = frozenset({"VTIMEZONE", "STANDARD", "DAYLIGHT"})
_LABELS = {
    "LOCATION": "Where",
    "STATUS": "Status",
    "PRIORITY": "Priority",
    "CATEGORIES": "Categories",
    "DESCRIPTION": "Description",
    "COMMENT": "Comment",
    "CONTACT": "Contact",
    "RESOURCES": "Resources",
    "URL": "Web",
    "CONFERENCE": "Conference",
}
_WHEN = {"DTSTART", "DTEND", "DUE", "DURATION"}
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?")
_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS = ("week", "day", "hour", "minute", "second")


def tell(lines: Sequence[Line], facts: Facts) -> None:
    """Say what an event is."""
    by_name = {line.name: line for line in reversed(lines)}
    facts.heading = by_name["SUMMARY"].said if "SUMMARY" in by_name else ""
    facts.add("When", _when(by_name))
    rest: list[Line] = []
    for line in lines:
        match line.name:
            case "SUMMARY" if line.said == facts.heading:
                pass
            case name if name in _WHEN and line is by_name[name]:
                pass
            case "RRULE":
                facts.add("Repeats", recurrence.in_words(line.value, lambda said: moment(said, {})))
            case "RDATE" | "EXDATE" | "RECURRENCE-ID":
                label = {"RDATE": "Also on", "EXDATE": "Not on"}.get(line.name, "Of the series")
                dates = [moment(one, line.parameters) for one in line.value.split(",")]
                facts.add(label, "\n".join(dates))
            case "ORGANIZER" | "ATTENDEE":
                facts.add("Called by" if line.name == "ORGANIZER" else "Who", _person(line))
            case "ATTACH":
                facts.add("Attached", _attached(line))
            case name if name in _LABELS:
                facts.add(_LABELS[name], ", ".join(map(unescaped, split(line.value, ",")))
                          if name in {"CATEGORIES", "RESOURCES"} else line.said)  # fmt: skip
            case _:
                rest.append(line)
    facts.rest(rest)


def moment(written: str, parameters: Mapping[str, str]) -> str:
    """Say a date or a time, with its zone. What is none is said as it stands."""
    found = _DATE.fullmatch(written.strip())
    if found is None:
        return written
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
        said = f"{day:%A, %B} {day.day}, {day.year}"
        if found[4] is None:
            return said
        clock = datetime(2000, 1, 1, int(found[4]), int(found[5]))  # noqa: DTZ001 -- a time alone
    except ValueError:
        return written
    hour = clock.hour % 12 or 12
    zone = "UTC" if found[7] else parameters.get("TZID", "no zone given")
    return f"{said}, {hour}:{clock:%M} {'am' if clock.hour < 12 else 'pm'} ({zone})"


def _when(by_name: Mapping[str, Line]) -> str:
    start, end = by_name.get("DTSTART"), by_name.get("DTEND") or by_name.get("DUE")
    said = moment(start.value, start.parameters) if start is not None else ""
    if end is not None:
        written = end.value.strip()
        is_day = end.name == "DTEND" and len(written) == 8 and start is not None
        last = _day_before(written) if is_day else written
        if start is None:
            said = f"by {moment(last, end.parameters)}"
        elif last != start.value.strip():
            said += f"\nto {moment(last, end.parameters)}"
    if (length := by_name.get("DURATION")) is not None:
        said += f"\nfor {duration(length.value)}"
    return said


def _day_before(written: str) -> str:
    """Return the last day of an event of whole days: its end is the day after (RFC 5545, 3.6.1)."""
    try:
        day = date(int(written[:4]), int(written[4:6]), int(written[6:])) - timedelta(days=1)
    except (ValueError, OverflowError):
        return written
    return f"{day:%Y%m%d}"


def duration(written: str) -> str:
    """Say a length of time. What is none is said as it stands."""
    found = _DURATION.fullmatch(written.strip())
    if found is None:
        return written
    said = [
        f"{number} {unit}{'' if number == '1' else 's'}"
        for number, unit in zip(found.groups()[1:], _UNITS, strict=True)
        if number and number != "0"
    ]
    before = " before" if found[1] == "-" else ""
    return f"{' '.join(said)}{before}" if said else written


def _person(line: Line) -> str:
    name = line.parameters.get("CN", "")
    address = re.sub(r"^mailto:", "", line.said, flags=re.IGNORECASE)
    said = [f"{name} <{address}>" if name and address != name else address]
    for key, value in line.parameters.items():
        if key not in {"CN", "RSVP", "CUTYPE"}:
            said.append(value.lower().replace("-", " ") if key in {"PARTSTAT", "ROLE"} else
                        f"{key.lower()} {value}")  # fmt: skip
    return ", ".join(said)


def _attached(line: Line) -> str:
    name = line.parameters.get("FILENAME") or line.parameters.get("X-FILENAME") or ""
    name = name or line.parameters.get("X-APPLE-FILENAME", "")
    kind = line.parameters.get("FMTTYPE", "")
    what = line.said if line.data is None else f"{len(line.data):,} bytes, in the original"
    return ", ".join(each for each in (name, kind, what) if each)

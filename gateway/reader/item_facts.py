"""What an appointment, a task or a contact says beside its body: the lines that Outlook shows."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.reader.item_header import item_class
from gateway.reader.mapi import Item, Key, Properties

_APPOINTMENT = "00062002-0000-0000-c000-000000000046"
_TASK = "00062003-0000-0000-c000-000000000046"
_ADDRESS = "00062004-0000-0000-c000-000000000046"
_TASK_STATUS = ("Not started", "In progress", "Completed", "Waiting on someone else", "Deferred")
# Days are kept as the midnight that begins them where the item was made: the time says nothing.
_DAY, _MOMENT = "%-d %B %Y", "%-d %B %Y, %H:%M UTC"

_CONTACT: tuple[tuple[str, tuple[Key, ...]], ...] = (
    ("Name", (0x3001,)),
    ("Job title", (0x3A17,)),
    ("Department", (0x3A18,)),
    ("Company", (0x3A16,)),
    ("Email", ((_ADDRESS, 0x8083), (_ADDRESS, 0x8084))),
    ("Email 2", ((_ADDRESS, 0x8093), (_ADDRESS, 0x8094))),
    ("Email 3", ((_ADDRESS, 0x80A3), (_ADDRESS, 0x80A4))),
    ("Business telephone", (0x3A08,)),
    ("Business telephone 2", (0x3A1B,)),
    ("Home telephone", (0x3A09,)),
    ("Mobile telephone", (0x3A1C,)),
    ("Other telephone", (0x3A1F,)),
    ("Fax", (0x3A24,)),
    ("Home fax", (0x3A25,)),
    ("Business address", ((_ADDRESS, 0x801B),)),
    ("Home address", ((_ADDRESS, 0x801A), 0x3A15)),
    ("Other address", ((_ADDRESS, 0x801C),)),
    ("Web page", ((_ADDRESS, 0x802B), 0x3A51)),
    ("Instant messenger", ((_ADDRESS, 0x8062),)),
)


def item_facts(item: Item) -> str:
    """Return the lines, one for each fact that is there; none for a message."""
    kind = item_class(item.properties)
    if kind.startswith(("ipm.appointment", "ipm.schedule.meeting")):
        lines = _appointment(item.properties)
    elif kind.startswith("ipm.task"):
        lines = _task(item.properties)
    elif kind.startswith("ipm.contact"):
        lines = _contact(item.properties)
    else:
        return ""
    return "".join(f"{name}: {' '.join(text.split())}\n" for name, text in lines if text)


def _appointment(properties: Properties) -> Iterator[tuple[str, str]]:
    whole_days = bool(properties.number((_APPOINTMENT, 0x8215)))
    for name, key in (("Start", 0x820D), ("End", 0x820E)):
        moment = properties.moment((_APPOINTMENT, key))
        if moment is not None:
            yield name, moment.strftime(_MOMENT)
    if whole_days:
        yield "All day", "yes"
    yield "Location", properties.text((_APPOINTMENT, 0x8208))
    yield "Recurrence", properties.text((_APPOINTMENT, 0x8232))
    yield "Time zone", properties.text((_APPOINTMENT, 0x8234))


def _task(properties: Properties) -> Iterator[tuple[str, str]]:
    for name, key in (("Start", 0x8104), ("Due", 0x8105), ("Completed", 0x810F)):
        moment = properties.moment((_TASK, key))
        if moment is not None and moment.year < 4000:  # a task without a day has one in 4501
            yield name, moment.strftime(_DAY)
    status = properties.number((_TASK, 0x8101))
    if status is not None and 0 <= status < len(_TASK_STATUS):
        yield "Status", _TASK_STATUS[status]
    done = properties.fraction((_TASK, 0x8102))
    if done is not None and 0 < done <= 1:
        yield "Complete", f"{done:.0%}"
    yield "Owner", properties.text((_TASK, 0x811F))


def _contact(properties: Properties) -> Iterator[tuple[str, str]]:
    for name, keys in _CONTACT:
        yield name, properties.text(*keys)

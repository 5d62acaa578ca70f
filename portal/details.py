"""The claim communication details: what the form asks for beside the files, as it was typed.

A draft keeps them as text by the names of `FIELDS`, whatever they are; `faults` says what is to be
mended before they can be sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

BY_CASE, BY_CONSULTANT, BY_NOTHING = "number", "consultant", "unknown"
"""The values of the field "way": what the sender knows."""

FIELDS: Mapping[str, int] = {
    "way": 20,
    "case": 40,  # the case number as it was written
    "consultant": 200,  # a name: chosen by somebody signed in, written by a stranger
    "deadline": 20,  # a date, 2026-11-25
    "name": 200,
    "email": 254,
    "message": 100_000,
}
"""The names of the fields, and the most characters of each."""

# One address with a host that has a dot, without the quoted forms that no one has: RFC 5321, 4.1.2.
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)
_MOST_LOCAL = 64


@dataclass(frozen=True)
class Fault:
    """What is to be mended: the field, the problem's code, and the fields of its words."""

    field: str
    code: str
    said: Mapping[str, str]


def read(form: Mapping[str, str]) -> dict[str, str]:
    """Take the fields out of a form, without the blanks around them and no longer than they may be.

    The line ends of the message become \\n.
    """
    found = {}
    for name, most in FIELDS.items():
        text = form.get(name, "").replace("\r\n", "\n").replace("\x00", "")
        found[name] = text.strip()[:most]
    return found


def faults(
    fields: Mapping[str, str],
    *,
    case_number: Callable[[str], str | None],
    case_example: str,
    consultants: frozenset[str],
    is_signed_in: bool,
) -> tuple[Fault, ...]:
    """Return everything that is to be mended, in the order of the form.

    `consultants` are the names to choose from, for somebody signed in. Whether there is such a
    case is not said: strangers may not learn it.
    """
    got = {name: fields.get(name, "") for name in FIELDS}
    found = [*_of_case(got, case_number, case_example, consultants, is_signed_in)]
    if got["deadline"] and deadline(fields) is None:
        found.append(Fault("deadline", "deadline_format", {"value": got["deadline"]}))
    if not is_signed_in:
        if not got["name"]:
            found.append(Fault("name", "name_missing", {}))
        if not got["email"]:
            found.append(Fault("email", "address_missing", {}))
        elif not is_address(got["email"]):
            found.append(Fault("email", "address_format", {"value": got["email"]}))
    return tuple(found)


def deadline(fields: Mapping[str, str]) -> date | None:
    """Return the deadline that was named, or None where there is none."""
    try:
        return date.fromisoformat(fields.get("deadline", ""))
    except ValueError:
        return None


def is_address(text: str) -> bool:
    """Say whether mail can be sent to an address."""
    return bool(_ADDRESS.fullmatch(text)) and text.index("@") <= _MOST_LOCAL and len(text) <= 254


def _of_case(
    got: Mapping[str, str],
    case_number: Callable[[str], str | None],
    case_example: str,
    consultants: frozenset[str],
    is_signed_in: bool,
) -> list[Fault]:
    way, case, consultant = got["way"], got["case"], got["consultant"]
    if way not in {BY_CASE, BY_CONSULTANT, BY_NOTHING}:
        return [Fault("way-case", "choice_missing", {})]
    if way == BY_CASE and not case:
        return [Fault("case", "number_missing", {})]
    if way == BY_CASE and case_number(case) is None:
        return [Fault("case", "case_format", {"value": case, "example": case_example})]
    unknown = not consultant or (is_signed_in and consultant not in consultants)
    if way == BY_CONSULTANT and unknown:
        return [Fault("consultant", "consultant_missing", {})]
    return []

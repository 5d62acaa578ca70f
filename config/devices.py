"""How scanners and copiers show themselves in the mail that they send: devices.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "devices.toml"
_KEYS = frozenset({"programs", "mailboxes"})


class DevicesFault(Exception):
    """devices.toml cannot be used; the text says what is wrong with it."""


@dataclass(frozen=True)
class DeviceForms:
    """The whole file; both match whole."""

    program: re.Pattern[str]  # X-Mailer or User-Agent
    mailbox: re.Pattern[str]  # what stands before the @


@cache
def forms() -> DeviceForms:
    """Return the forms of devices.toml. Raises DevicesFault."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> DeviceForms:
    """Read forms. Raises DevicesFault."""
    table = tomllib.loads(text)
    if odd := table.keys() ^ _KEYS:
        raise DevicesFault(f"a key is missing, or none of ours: {', '.join(sorted(odd))}")
    return DeviceForms(_any(table["programs"]), _any(table["mailboxes"]))


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    listed = list(patterns)
    if not listed or not all(listed):
        raise DevicesFault("a list is empty, or a pattern in it is")
    try:
        for one in listed:
            re.compile(one)
        return re.compile("|".join(listed), re.IGNORECASE)
    except re.error as error:
        raise DevicesFault(f"not a pattern: {error}") from error

"""What is set apart from the narrative: the rules of apart.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "apart.toml"
_KEYS: Mapping[str, frozenset[str]] = {
    "history": frozenset(
        {
            *("openings", "open_openings", "verbs", "open_verbs", "separators", "forwards"),
            *("writers", "labels"),
        }
    ),
    "tag": frozenset({"patterns"}),
    "banner": frozenset({"patterns"}),
    "signature": frozenset(
        {"marks", "added", "closings", "contacts", "most_lines", "longest_line"}
    ),
    "notice": frozenset({"patterns"}),
}


class ApartFault(Exception):
    """apart.toml cannot be used; the text names the table and what is wrong with it."""


@dataclass(frozen=True)
class History:
    """What programs put over a message that they quote; each pattern ignores case."""

    opening: re.Pattern[str]  # matched where an attribution begins
    verb: re.Pattern[str]  # found in it
    separator: re.Pattern[str]  # between rules of dashes
    forward: re.Pattern[str]  # a line of its own
    writer: re.Pattern[str]  # the label of who wrote it, at a line's beginning, with words behind
    label: re.Pattern[str]  # any other label of a header block


@dataclass(frozen=True)
class Signature:
    """How signatures look."""

    mark: re.Pattern[str]  # a whole line
    added: re.Pattern[str]  # a whole line
    closings: frozenset[str]  # in small letters, with ' for any apostrophe
    contact: re.Pattern[str]  # found in a line
    most_lines: int
    longest_line: int  # in characters


@dataclass(frozen=True)
class ApartRules:
    """The whole file."""

    history: History
    tag: re.Pattern[str]  # matched where a line begins
    banner: re.Pattern[str]  # found in a paragraph
    signature: Signature
    notice: re.Pattern[str]  # found in a paragraph
    around: re.Pattern[str]  # banner or notice, anywhere in a text: nothing else is looked at


@cache
def rules() -> ApartRules:
    """Return the rules of apart.toml. Raises ApartFault where they cannot be used."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> ApartRules:
    """Read rules. Raises ApartFault."""
    tables = tomllib.loads(text)
    for name, known in _KEYS.items():
        given = tables.get(name, {}).keys()
        if given != known:
            odd = ", ".join(sorted(given ^ known))
            raise ApartFault(f"{name}: a key is missing, or none of ours: {odd}")
    if odd_tables := tables.keys() - _KEYS.keys():
        raise ApartFault(f"no such table: {', '.join(sorted(odd_tables))}")
    lines = tables["signature"]
    return ApartRules(
        history=_history(tables["history"]),
        tag=_any("tag", r"\s*(?:{})", tables["tag"]["patterns"]),
        banner=_any("banner", "{}", tables["banner"]["patterns"]),
        signature=Signature(
            mark=_any("signature", r"(?:{})\s*", lines["marks"]),
            added=_any("signature", r"\W{{0,3}}(?:{})\W{{0,3}}", lines["added"]),
            closings=frozenset(map(spoken, lines["closings"])),
            contact=_any("signature", "{}", lines["contacts"]),
            most_lines=lines["most_lines"],
            longest_line=lines["longest_line"],
        ),
        notice=_any("notice", "{}", tables["notice"]["patterns"]),
        around=_any(
            "notice",
            "{}",
            # A notice that must begin a paragraph may begin at any line of one.
            (
                *(one.removeprefix("^") for one in tables["notice"]["patterns"]),
                *tables["banner"]["patterns"],
            ),
        ),
    )


def spoken(text: str) -> str:
    """Return plain words as they are compared: small letters, one kind of apostrophe and space."""
    return " ".join(text.replace("\u2019", "'").casefold().split())


def _history(table: Mapping[str, Any]) -> History:
    dashes = r"[-_=*\s\u2013\u2014]"
    opening = rf"(?:{{}})\b|(?:{_joined(table['open_openings'])})|\d"
    verb = rf"(?<!\w)(?:{{}})(?!\w)|{_joined(table['open_verbs'])}"
    forwards = [re.escape(one) for one in table["forwards"]]
    writers = [re.escape(one) for one in table["writers"]]
    labels = [re.escape(one) for one in table["labels"]]
    colon = r"\s?\*?[:\uff1a]"
    return History(
        opening=_any("history", opening, table["openings"]),
        verb=_any("history", verb, table["verbs"]),
        separator=_any(
            "history",
            rf"{dashes}{{{{2,}}}}\s*(?:{{}})\s*:?\s*{dashes}{{{{2,}}}}",
            table["separators"],
        ),
        forward=_any("history", r"(?:{}) ?[:\uff1a]", forwards),
        writer=_any("history", rf"\*?(?:{{}}){colon}\*?\s*\S", writers),
        label=_any("history", rf"\*?(?:{{}}){colon}", labels),
    )


def _joined(patterns: Iterable[str]) -> str:
    return "|".join(patterns)


def _any(name: str, frame: str, patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern that any of these makes match within a frame. Raises ApartFault."""
    listed = list(patterns)
    if not listed:
        raise ApartFault(f"{name}: a list is empty")
    try:
        for one in listed:
            re.compile(one)
        return re.compile(frame.format(_joined(listed)), re.IGNORECASE)
    except re.error as error:
        raise ApartFault(f"{name}: not a pattern: {error}") from error

"""What shows that documents are elsewhere: the rules of elsewhere.toml, and the link rewriters."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from config.problems import catalogue as problems

_FILE = Path(__file__).parent / "elsewhere.toml"
_RULE_KEYS = frozenset(
    {"problem", "place", "links", "hosts", "words", "parts", "files", "types", "alone", "unless"}
)
_REWRITER_KEYS = frozenset({"hosts", "how", "keys"})
_PLACED = frozenset({"place", "service"})  # fields of a problem's row that a rule's place fills

How = Literal["query", "base64", "dashes", "underscores", "segment", "domain"]


class ElsewhereFault(Exception):
    """A row of elsewhere.toml cannot be used; the text names the row and what is wrong with it."""


@dataclass(frozen=True)
class Rewriter:
    """A mail system's own address around a link."""

    hosts: re.Pattern[str]  # matched where an address begins, behind its https://
    how: How
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """Something that can be seen in a message whose documents are elsewhere."""

    code: str  # its name in the file, for `explain`
    problem: str  # a row of the problem catalogue
    place: str  # what people call the place; "" where the problem names none
    links: tuple[re.Pattern[str], ...] = ()
    hosts: re.Pattern[str] | None = None
    words: tuple[re.Pattern[str], ...] = ()
    parts: tuple[re.Pattern[str], ...] = ()
    files: tuple[re.Pattern[str], ...] = ()
    types: tuple[re.Pattern[str], ...] = ()
    alone: bool = False  # it counts only where the message has no document of its own
    unless: re.Pattern[str] | None = None  # of what stands before the words


@dataclass(frozen=True)
class Elsewhere:
    """The whole table."""

    rewriters: tuple[Rewriter, ...]
    rules: tuple[Rule, ...]


@cache
def rules() -> Elsewhere:
    """Return the table of elsewhere.toml. Raises ElsewhereFault where it cannot be used."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> Elsewhere:
    """Read a table. Raises ElsewhereFault."""
    tables = tomllib.loads(text)
    if unknown := tables.keys() - {"rewriter", "rule"}:
        raise ElsewhereFault(f"no such table: {', '.join(sorted(unknown))}")
    return Elsewhere(
        tuple(_rewriter(name, row) for name, row in tables.get("rewriter", {}).items()),
        tuple(_rule(name, row) for name, row in tables.get("rule", {}).items()),
    )


def _rewriter(name: str, row: Mapping[str, Any]) -> Rewriter:
    _check_keys(name, row, _REWRITER_KEYS)
    if row.get("how") not in get_args(How) or "hosts" not in row:
        raise ElsewhereFault(f"{name}: write its hosts, and how as one of {get_args(How)}")
    return Rewriter(_pattern(name, row["hosts"]), row["how"], tuple(row.get("keys", ())))


def _rule(name: str, row: Mapping[str, Any]) -> Rule:
    _check_keys(name, row, _RULE_KEYS)
    problem = problems().get(row.get("problem", ""))
    if problem is None:
        raise ElsewhereFault(f"{name}: problem is a row of problems.toml")
    if bool(problem.fields & _PLACED) != bool(row.get("place")):
        raise ElsewhereFault(f"{name}: {problem.code} and nothing without a place names its place")

    def each(key: str) -> tuple[re.Pattern[str], ...]:
        return tuple(_pattern(name, one) for one in row.get(key, ()))

    rule = Rule(
        code=name,
        problem=problem.code,
        place=row.get("place", ""),
        links=each("links"),
        hosts=_pattern(name, row["hosts"]) if "hosts" in row else None,
        words=each("words"),
        parts=each("parts"),
        files=each("files"),
        types=each("types"),
        alone=row.get("alone", False),
        unless=_pattern(name, row["unless"]) if "unless" in row else None,
    )
    if not (rule.links or rule.words or rule.parts or rule.files or rule.types):
        raise ElsewhereFault(f"{name}: nothing is said of what is seen")
    return rule


def _check_keys(name: str, row: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := row.keys() - known:
        raise ElsewhereFault(f"{name}: no such key: {', '.join(sorted(unknown))}")


def _pattern(name: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ElsewhereFault(f"{name}: {pattern} is no pattern: {error}") from error

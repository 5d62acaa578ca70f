"""How a message looks that somebody passes on in their own: the words of forwards.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "forwards.toml"
_LISTS = frozenset({"subjects", "answers", "rules", "lines"})
_LABELS = frozenset({"from", "date", "to", "subject", "cc", "other"})


class ForwardsFault(Exception):
    """forwards.toml cannot be used; the text names the list and what is wrong with it."""


@dataclass(frozen=True)
class Forwards:
    """The whole file; each pattern ignores case."""

    subject: re.Pattern[str]  # matched where the subject of a message that is passed on begins
    prefix: re.Pattern[str]  # the same, or that of an answer
    mark: re.Pattern[str]  # a whole line over the header of what is passed on
    label: re.Pattern[str]  # a label with its colon, where a line begins
    fields: Mapping[str, str]  # which field a label is, by the label in small letters


@cache
def rules() -> Forwards:
    """Return the words of forwards.toml. Raises ForwardsFault."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> Forwards:
    """Read the words. Raises ForwardsFault."""
    tables = tomllib.loads(text)
    labels = tables.pop("labels", {})
    if odd := (tables.keys() ^ _LISTS) | (labels.keys() ^ _LABELS):
        raise ForwardsFault(f"missing, or none of ours: {', '.join(sorted(odd))}")
    dashes = r"[-_=*\s\u2013\u2014]"
    colon = r"\s?\*?[:\uff1a]"
    passed_on = _any("subjects", tables["subjects"])
    answers = _any("answers", tables["answers"])
    ruled, lines = _any("rules", tables["rules"]), _any("lines", tables["lines"])
    for name in _LABELS:
        _any(name, labels[name])
    written = [word for name in sorted(_LABELS) for word in labels[name]]
    # "enviado el" goes before "enviado".
    label = _any("labels", sorted(written, key=len, reverse=True))
    return Forwards(
        subject=re.compile(rf"\s*(?:{passed_on}){colon}", re.IGNORECASE),
        prefix=re.compile(rf"\s*(?:{passed_on}|{answers})(?:\[\d+\])?{colon}", re.IGNORECASE),
        mark=re.compile(
            rf"{dashes}{{2,}}(?:{ruled})\s*:?\s*{dashes}{{2,}}|(?:{lines})\s?[:\uff1a]",
            re.IGNORECASE,
        ),
        label=re.compile(rf"\*?(?P<label>{label}){colon}\*?", re.IGNORECASE),
        fields={word.casefold(): name for name in _LABELS for word in labels[name]},
    )


def _any(name: str, words: Iterable[str]) -> str:
    listed = list(words)
    if not listed or not all(listed):
        raise ForwardsFault(f"{name}: it is empty, or a word in it is")
    return "|".join(map(re.escape, listed))

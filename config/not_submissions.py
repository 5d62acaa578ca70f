"""What is no submission, by its subject and words: the rules of not_submissions.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "not_submissions.toml"
_KEYS: Mapping[str, frozenset[str]] = {
    "out_of_office": frozenset({"subjects", "words"}),
    "bounce": frozenset({"subjects"}),
    "read_receipt": frozenset({"subjects", "words"}),
    "recall": frozenset({"subjects", "words"}),
    "calendar": frozenset({"words"}),
    "password": frozenset({"words"}),
    "thanks": frozenset(
        {
            *("words", "beside", "matters", "titles", "firms", "contacts", "added"),
            *("notices", "notice_words"),
        }
    ),
}


class NotSubmissionsFault(Exception):
    """not_submissions.toml cannot be used; the text names the table and what is wrong with it."""


@dataclass(frozen=True)
class Form:
    """How one kind looks: the beginning of its subject, and its words."""

    subject: re.Pattern[str]  # matched where a subject begins
    words: re.Pattern[str]  # one that finds nothing where none are given


@dataclass(frozen=True)
class Thanks:
    """What a thank-you consists of; the first two match a whole sentence."""

    words: re.Pattern[str]
    beside: re.Pattern[str]
    matter: re.Pattern[str]  # found in what is no name and no closing
    title: re.Pattern[str]  # a whole piece of a signature's line, as is `contact`
    firm: re.Pattern[str]  # a word that says of a name that it is a firm's
    contact: re.Pattern[str]
    added: re.Pattern[str]  # a whole line that a telephone or a program adds
    notice: re.Pattern[str]  # matched where a notice below begins
    notice_word: re.Pattern[str]  # a word that such a notice may have


@dataclass(frozen=True)
class NotSubmissions:
    """The whole file."""

    out_of_office: Form
    bounce: Form
    read_receipt: Form
    recall: Form
    calendar: re.Pattern[str]  # all the words of a calendar's answer
    beside_password: frozenset[str]  # in small letters
    thanks: Thanks


@cache
def rules() -> NotSubmissions:
    """Return the rules of not_submissions.toml. Raises NotSubmissionsFault."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> NotSubmissions:
    """Read rules. Raises NotSubmissionsFault."""
    tables = tomllib.loads(text)
    if odd_tables := tables.keys() ^ _KEYS.keys():
        raise NotSubmissionsFault(f"missing, or none of ours: {', '.join(sorted(odd_tables))}")
    for name, known in _KEYS.items():
        if odd := tables[name].keys() ^ known:
            raise NotSubmissionsFault(
                f"{name}: a key is missing, or none of ours: {', '.join(sorted(odd))}"
            )

    def form(name: str) -> Form:
        table = tables[name]
        return Form(
            _any(name, "{}", table["subjects"]), _any(name, "{}", table.get("words", ["(?!)"]))
        )

    thanks = tables["thanks"]
    return NotSubmissions(
        out_of_office=form("out_of_office"),
        bounce=form("bounce"),
        read_receipt=form("read_receipt"),
        recall=form("recall"),
        calendar=_any("calendar", "{}", tables["calendar"]["words"]),
        beside_password=frozenset(tables["password"]["words"]),
        thanks=Thanks(
            words=_any("thanks", "{}", thanks["words"]),
            beside=_any("thanks", "{}", thanks["beside"]),
            matter=_any("thanks", r"\b(?:{})\b", thanks["matters"]),
            title=_any("thanks", "{}", thanks["titles"]),
            firm=_any("thanks", "{}", thanks["firms"]),
            contact=_any("thanks", "{}", thanks["contacts"]),
            added=_any("thanks", "{}", thanks["added"]),
            notice=_any("thanks", r"\W{{0,3}}(?:{})\b", thanks["notices"]),
            notice_word=_any("thanks", "{}", thanks["notice_words"]),
        ),
    )


def _any(name: str, frame: str, patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern that any of these makes match within a frame."""
    listed = list(patterns)
    if not all(listed) or not listed:
        raise NotSubmissionsFault(f"{name}: a list is empty, or a pattern in it is")
    try:
        for one in listed:
            re.compile(one)
        return re.compile(frame.format("|".join(listed)), re.IGNORECASE)
    except re.error as error:
        raise NotSubmissionsFault(f"{name}: not a pattern: {error}") from error

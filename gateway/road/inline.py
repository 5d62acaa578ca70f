"""Inline: a message that stands in the text of another one, as mail programs pass it on.

Outlook writes the lines of its header, most others a line above them that says what follows. A
reply quotes in the same way: by the lines alone nobody can tell the two apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.forwards import Forwards
from gateway.address import AddressFault, canonical
from gateway.reader.history import is_attribution, is_separator, trimmed

_MOST_LINES = 2000  # of the words above it
_MOST_FIELDS = 40  # lines of its header; a message to a hundred people takes many
_LONGEST = 2000
_QUOTED = re.compile(r"[ \t]?> ?")
_RULE = re.compile(r"[_\-=*]{5,}")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'|*]+@[^\s<>()\[\],;:\"'|*]+")
_ALONE = re.compile(r"[<\[(]?(?:mailto:)?[^\s<>]+@[^\s<>]+[>\])]?")
_AROUND = re.compile(r"mailto:|[<>\[\]()\"*]", re.IGNORECASE)
_NEEDED = {"from", "date", "to", "subject"}
_LEAST = 3  # of these
_LISTS = {"to", "cc"}


@dataclass(frozen=True)
class Inner:
    """A message within a text: what stands above it, its header as it is written, its words."""

    note: str
    fields: Mapping[str, str]
    text: str
    is_marked: bool  # a line above it says that it is passed on

    @property
    def sender(self) -> str | None:
        """The one address in From, in canonical form; None where there is none, or another."""
        try:
            found = {canonical(one) for one in _ADDRESS.findall(self.fields["from"])}
        except AddressFault:
            return None
        return found.pop() if len(found) == 1 else None

    @property
    def header_from(self) -> str:
        """From as a header has it."""
        written, sender = self.fields["from"], self.sender
        if sender is None:
            return written
        name = " ".join(_AROUND.sub(" ", _ADDRESS.sub(" ", written)).split())
        return f"{name} <{sender}>" if name else sender


def inner_of(text: str, rules: Forwards) -> Inner | None:
    """Return the message that a text passes on or answers: the first one that is quoted in it.

    None where nothing is quoted, or something else is above it: the answer to a message that
    passes something on is no such message.
    """
    lines = text.split("\n")
    for place, line in enumerate(lines[:_MOST_LINES]):
        is_marked = rules.mark.fullmatch(_bare(line)) is not None
        if is_marked or is_separator(line) or _RULE.fullmatch(line.strip()):
            begin = _next_words(lines, place + 1)
        else:
            begin = place
        found = _block(lines, begin, rules)
        if found is not None:
            fields, body = found
            return Inner(trimmed(lines[:place]), fields, body, is_marked)
        if is_marked or is_separator(line) or is_attribution(lines, place):
            return None
    return None


def _block(
    lines: Sequence[str], begin: int, rules: Forwards
) -> tuple[Mapping[str, str], str] | None:
    """Return the fields of a header that begins at a line, and the text below it."""
    if begin >= len(lines) or not rules.label.match(_bare(lines[begin])):
        return None
    # A message that is marked with ">" as a whole is as it was without.
    as_it_was = _unquoted if _QUOTED.match(lines[begin]) else str
    its = [as_it_was(line) for line in lines[begin : begin + _MOST_FIELDS]]
    fields: dict[str, str] = {}
    last, place = "", 0
    while place < len(its):
        line = its[place].strip()[:_LONGEST]
        label = rules.label.match(line)
        if label is not None and (name := rules.fields[label["label"].casefold()]) not in fields:
            fields[name] = line[label.end() :].strip(" \t*")
            last = name
        elif not line and _goes_on(its, place, fields, rules):
            pass  # each in a paragraph of its own
        elif line and label is None and _continues(line, its[place], last, fields):
            fields[last] = f"{fields[last]} {line}"[:_LONGEST]
        else:
            break
        place += 1
    if len(_NEEDED & fields.keys()) < _LEAST or not fields.get("from"):
        return None
    return fields, "\n".join(map(as_it_was, lines[begin + place :])).strip("\n")


def _goes_on(lines: Sequence[str], place: int, fields: Mapping[str, str], rules: Forwards) -> bool:
    """Say whether the header goes on behind a blank line: where it is not whole yet."""
    below = _next_words(lines, place)
    return (
        len(_NEEDED & fields.keys()) < len(_NEEDED)
        and below - place <= 1
        and below < len(lines)
        and (found := rules.label.match(lines[below].strip())) is not None
        and rules.fields[found["label"].casefold()] in _NEEDED - fields.keys()
    )


def _continues(line: str, raw: str, last: str, fields: Mapping[str, str]) -> bool:
    """Say whether a line without a label belongs to the field above it."""
    if last in _LISTS:
        return fields[last].endswith((",", ";")) or _ALONE.fullmatch(line) is not None
    if last == "from":
        return "@" not in fields[last] and _ALONE.fullmatch(line) is not None
    return last == "subject" and raw[:1] in {" ", "\t"}


def _next_words(lines: Sequence[str], place: int) -> int:
    while place < len(lines) and not _bare(lines[place]):
        place += 1
    return place


def _bare(line: str) -> str:
    return _unquoted(line).strip()[:_LONGEST]


def _unquoted(line: str) -> str:
    found = _QUOTED.match(line)
    return line[found.end() :] if found is not None else line

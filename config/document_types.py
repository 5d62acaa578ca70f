"""The kinds of document that the form offers, and the guess at one from a file's name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "document_types.toml"
_NO_WORD = re.compile(r"[^a-z0-9]+")


class DocumentTypesFault(Exception):
    """A row of document_types.toml cannot be used; the text names it."""


@dataclass(frozen=True)
class DocumentTypes:
    """The list, with the words by which a type is guessed."""

    words: Mapping[str, re.Pattern[str] | None]

    @property
    def names(self) -> tuple[str, ...]:
        """The types in the order of the list."""
        return tuple(self.words)

    def guess(self, file_name: str) -> str | None:
        """Return the first type with a word in the name, or None."""
        stem, dot, _ = file_name.rpartition(".")
        # MedicalRecords_2024.pdf is three words.
        parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])", " ", stem if dot else _)
        said = _NO_WORD.sub(" ", parted.lower())
        joined = _NO_WORD.sub(" ", (stem if dot else _).lower())
        for name, words in self.words.items():
            if words is not None and (words.search(said) or words.search(joined)):
                return name
        return None


@cache
def document_types() -> DocumentTypes:
    """Return the list of document_types.toml. Raises DocumentTypesFault."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> DocumentTypes:
    """Read a list. Raises DocumentTypesFault."""
    found: dict[str, re.Pattern[str] | None] = {}
    for name, row in tomllib.loads(text).items():
        words = row.get("words")
        if row.keys() != {"words"} or not isinstance(words, list):
            raise DocumentTypesFault(f"{name}: write its words, as a list, and nothing else")
        if any(word != word.lower() or not word.strip("*") for word in words):
            raise DocumentTypesFault(f"{name}: write its words in lower case")
        found[name] = re.compile("|".join(map(_pattern, words))) if words else None
    if not found:
        raise DocumentTypesFault("there must be a type to choose")
    return DocumentTypes(found)


def _pattern(word: str) -> str:
    plain = re.escape(_NO_WORD.sub(" ", word.strip("*")).strip())
    front = "" if word.startswith("*") else r"(?<![a-z0-9])"
    behind = "" if word.endswith("*") else r"(?![a-z0-9])"
    return f"{front}{plain}{behind}"

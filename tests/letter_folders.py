"""Letters as folders: a message, perhaps its envelope, and what `explain` must say of it.

Left out of what must be said is what another release of fonts or LibreOffice may change without
anybody minding: how many bytes a PDF of ours has, and its SHA-256.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.settings import Settings
from gateway.rehearsal import Asked, explain_files

FOLDER = Path(__file__).parent / "letters"
NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
_SHA256 = re.compile(r"(?<=SHA-256: )[0-9a-f]{64}")
_OURS = "(of our PDF)"

Trail = dict[str, Any]


@dataclass(frozen=True)
class LetterFolder:
    """One folder of tests/letters."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def message(self) -> Path:
        return self.folder / "letter.eml"

    @property
    def expectation(self) -> Path:
        return self.folder / "expected.json"

    @property
    def envelope(self) -> Path:
        return self.folder / "envelope.json"

    def expected(self) -> Trail:
        trail: Trail = json.loads(self.expectation.read_text(encoding="utf-8"))
        return trail

    def asked(self, *, converting: bool) -> Asked:
        """Return the envelope: proven and without a sender, unless envelope.json says more."""
        said = json.loads(self.envelope.read_text("utf-8")) if self.envelope.exists() else {}
        return Asked(
            sender=said.get("sender"),
            recipients=tuple(said.get("recipients", ())),
            proven=said.get("proven", True),
            converting=converting,
        )


def letter_folders() -> tuple[LetterFolder, ...]:
    """Return every letter, in the order of their numbers."""
    return tuple(map(LetterFolder, sorted(FOLDER.glob("[0-9]*"))))


def rehearse(
    settings: Settings, letters: Iterable[LetterFolder], *, converting: bool
) -> dict[str, Trail]:
    """Explain every letter, those of one envelope in one rehearsal; return the trails by name."""
    together: dict[Asked, list[LetterFolder]] = {}
    for letter in letters:
        together.setdefault(letter.asked(converting=converting), []).append(letter)
    trails: dict[str, Trail] = {}
    for asked, some in together.items():
        told = explain_files(settings, [one.message for one in some], asked, lambda: NOW)
        trails |= {
            letter.name: _comparable(trail, letter)
            for letter, trail in zip(some, told, strict=True)
        }
    return trails


def without_pdfs(trail: Trail) -> Trail:
    """Return what `explain` says of the same letter when it converts nothing."""
    text = trail["receipt"]["text"]
    for name in _names_of_pdfs(trail):
        text = re.sub(rf'(as "{re.escape(name)}"), \d+ pages?\.', r"\1.", text)
    text = text.replace(f"   SHA-256: {_OURS}\n", "")
    parts = [part | {"pdf": None} for part in trail["parts"]]
    return trail | {"parts": parts, "receipt": trail["receipt"] | {"text": text}}


def _names_of_pdfs(trail: Trail) -> Iterator[str]:
    return (part["filed_name"] for part in trail["parts"] if part["pdf"] is not None)


def _comparable(trail: Trail, letter: LetterFolder) -> Trail:
    theirs = {part["sha256"] for part in trail.get("parts", ())}

    def hidden(digest: re.Match[str]) -> str:
        return digest[0] if digest[0] in theirs else _OURS

    for part in trail.get("parts", ()):
        if part["pdf"] is not None:
            assert part["pdf"].pop("bytes") > 0
    if "receipt" in trail:
        trail["receipt"]["text"] = _SHA256.sub(hidden, trail["receipt"]["text"])
    return trail | {"file": f"{letter.name}/{letter.message.name}"}

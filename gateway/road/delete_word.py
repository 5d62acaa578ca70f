"""The word DELETE: a reply that asks to delete documents by their names, and says nothing else.

"DELETE smith.pdf", one line for each, and below them why. The receipt says so, and people write
names as they remember them: what matches none or two is asked about, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.road.package import Package
from portal.pdf_name import split
from portal.piece import Piece

_WORD = re.compile(r"(delete)\b[\s:,;-]*(.*)\Z", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*(?:[,;]|\band\b|&)\s*")
_AROUND = " \t\"'`<>()[]\u201c\u201d\u2018\u2019\u00ab\u00bb"


@dataclass(frozen=True)
class Deletion:
    """What is to be deleted, by its names as they were written, and why."""

    names: tuple[str, ...]
    why: str
    is_certain: bool  # the word stands in capitals, as our mails have it


def deletion_in(package: Package) -> Deletion | None:
    """Return what a reply of a known and proven firm asks to delete, or None."""
    if package.resolution.firm_id is None or not package.answered or package.stands_alone:
        return None
    lines = [line.strip() for line in package.narrative.strip().split("\n")]
    found: list[re.Match[str]] = []
    while lines and (match := _WORD.match(lines[0])) is not None:
        found.append(match)
        lines.pop(0)
    if not found:
        return None
    names = [match[2].strip(_AROUND) for match in found]
    if names == [""] and lines and lines[0]:
        names = [lines.pop(0).strip(_AROUND)]
    return Deletion(
        tuple(names),
        "\n".join(lines).strip(),
        is_certain=all(match[1].isupper() for match in found),
    )


def named(written: str, pieces: Sequence[Piece]) -> tuple[Piece, ...] | None:
    """Return the documents that a name, or a list of names, means; None where that is not plain.

    The name is its sender's or ours, with its ending or without, in any case.
    """
    one = _one(written, pieces)
    if one is not None:
        return (one,)
    several = [_one(name, pieces) for name in _SEVERAL.split(written)]
    found = tuple(piece for piece in several if piece is not None)
    return found if len(found) == len(several) > 1 else None


def _one(written: str, pieces: Sequence[Piece]) -> Piece | None:
    wanted = _key(written).rstrip(" .!")
    if not wanted:
        return None
    for names_of in (_names, _stems):
        found = [piece for piece in pieces if wanted in names_of(piece)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _names(piece: Piece) -> set[str]:
    names = (piece.original_name, piece.filed_name, piece.shown_name)
    return {_key(name) for name in names if name}


def _stems(piece: Piece) -> set[str]:
    return {split(name)[0] for name in _names(piece)}


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFC", name.strip(_AROUND)).casefold()
    return " ".join(plain.split())

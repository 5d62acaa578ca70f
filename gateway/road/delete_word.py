"""The word DELETE: a reply that asks to delete documents by their names, and says nothing else.

"DELETE smith.pdf", one line for each, and below them why. The receipt says so, and people write
names as they remember them: what matches none or two is asked about, never guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.road.package import Package
from gateway.road.reply import may_answer
from portal.pdf_name import split
from portal.piece import Piece
from portal.strangers import STRANGERS

# Lines have no two blanks in a row when they are looked at: runs of them would be tried anew from
# each one.
_WORD = re.compile(r"(delete)(?=[ :]|\Z)[ :,;-]*(.*)\Z", re.IGNORECASE)
_SEVERAL = re.compile(r" ?[,;&] ?(?:and )?| and ", re.IGNORECASE)
_AROUND = " \t\"'`<>()[]\u201c\u201d\u2018\u2019\u00ab\u00bb"
_MOST_NAMES = 50
_LONGEST_LINE = 300  # a name has 255 bytes at most


@dataclass(frozen=True)
class Deletion:
    """What is to be deleted, by its names as they were written, and why."""

    names: tuple[str, ...]
    why: str
    is_certain: bool  # the word stands in capitals, as our mails have it


def deletion_in(package: Package) -> Deletion | None:
    """Return what a reply of a known and proven sender asks to delete, or None.

    What asks for more than anybody would by hand is no such reply, and people read it as it is.
    """
    is_theirs = package.resolution.firm_id is not None or _is_contributors(package)
    if not is_theirs or not may_answer(package):
        return None
    lines = package.narrative.strip().split("\n")
    found: list[re.Match[str]] = []
    for line in lines[: _MOST_NAMES + 1]:
        match = _WORD.match(" ".join(line.split()))
        if match is None:
            break
        found.append(match)
    below = lines[len(found) :]
    names = [match[2].strip(_AROUND) for match in found]
    if names == [""] and below and below[0].strip():
        names = [" ".join(below.pop(0).split()).strip(_AROUND)]
    several = sum(1 + len(_SEVERAL.findall(name)) for name in names)
    if not 0 < several <= _MOST_NAMES or any(len(name) > _LONGEST_LINE for name in names):
        return None
    return Deletion(
        tuple(names),
        "\n".join(line.strip() for line in below).strip(),
        is_certain=all(match[1].isupper() for match in found),
    )


def _is_contributors(package: Package) -> bool:
    """Say whether a mail is a contributor's: of a proven address that is no firm's, and no other.

    Of one of the staff, and of what they pass on, it is not.
    """
    found = package.resolution
    return (
        package.forwarded is None
        and not found.is_staffs
        and found.hold not in STRANGERS
        and package.sender == package.letter.envelope.sender
    )


class Names:
    """The documents of a package by the names that people may call them.

    Their sender's or ours, with the ending or without, in any case.
    """

    def __init__(self, pieces: Sequence[Piece], *, ours_first: bool) -> None:
        """Take the documents. `ours_first` says that what is read answers a list of our names.

        Two that came under one name have one each of ours, and one of them the sender's own: by
        that alone nobody would know which is meant, but for whoever has read our list.
        """
        ours, all_of_it = _of(pieces, _ours), _of(pieces, _all)
        self._ranks = (*([ours] if ours_first else []), all_of_it, _of(pieces, _stems))

    def named(self, written: str) -> tuple[Piece, ...] | None:
        """Return the documents that a name, or a list of names, means; None where it is unclear."""
        one = self._one(written)
        if one is not None:
            return (one,)
        several = [self._one(name) for name in _SEVERAL.split(written)]
        found = tuple(piece for piece in several if piece is not None)
        return found if len(found) == len(several) > 1 else None

    def _one(self, written: str) -> Piece | None:
        wanted = _key(written).rstrip(" .!")
        if not wanted:
            return None
        found = next((rank[wanted] for rank in self._ranks if wanted in rank), ())
        return found[0] if len(found) == 1 else None


def _of(
    pieces: Iterable[Piece], names_of: Callable[[Piece], set[str]]
) -> Mapping[str, Sequence[Piece]]:
    found: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        for name in names_of(piece):
            found[name].append(piece)
    return found


def _ours(piece: Piece) -> set[str]:
    return {_key(name) for name in (piece.filed_name, piece.shown_name) if name}


def _all(piece: Piece) -> set[str]:
    return _ours(piece) | ({_key(piece.original_name)} if piece.original_name else set())


def _stems(piece: Piece) -> set[str]:
    return {split(name)[0] for name in _all(piece)}


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFC", name.strip(_AROUND)).casefold()
    return " ".join(plain.split())

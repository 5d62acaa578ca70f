"""Corrected: which documents of a reply come in the place of which parts that had failed.

By their names, without what a program or a person adds to the name of a better copy; and where
nothing has the name, the one document for the one part that its sender was asked to send again,
where it can be that (gateway/road/stand_in.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from config.problems import catalogue
from gateway.road.package import Part
from gateway.road.stand_in import may_stand_in
from portal.pdf_name import split
from portal.piece import Piece

FAILED = frozenset(
    {"file_password", "file_damaged", "file_convert_failed", "file_type_blocked", "file_empty"}
)
"""The reasons of a part that a better copy heals. What is not safe to open is for our people."""

_ADDED = re.compile(
    r"(?:\(\d{1,2}\)|(?<![^\W_])(?:copy|unlocked|unprotected|decrypted|corrected|fixed|repaired"
    r"|resaved|resent|(?:no|without)[ _-]password)|\((?:copy|unlocked|corrected|fixed)\))\Z"
)
_MOST_ADDED = 20  # characters of what is added once
_BEFORE = " _.,-"


def corrections(
    failed: Sequence[Piece], brought: Sequence[Part], *, may_guess: bool
) -> Mapping[int, str]:
    """Return the paths of the documents that heal, by the id of the part that each one heals.

    Each document heals one part at most, and each part has one that heals it: where two have the
    name, nobody could say which is meant. `may_guess` says whether the one that came may be the one
    that failed, under a name of its own.
    """
    found: dict[int, str] = {}
    for key in (_stem, _plain_stem):
        names = _once((key(one.original_name), one.id) for one in failed if one.id not in found)
        files = _once(
            (key(one.original_name), one.path) for one in brought if one.path not in found.values()
        )
        found |= {names[one]: files[one] for one in names if one and one in files}
    asked = [one for one in failed if _is_asked_for(one)]
    is_one = may_guess and not found and len(asked) == len(brought) == 1
    if is_one and may_stand_in(asked[0], brought[0]):
        found[asked[0].id] = brought[0].path
    return found


def _is_asked_for(piece: Piece) -> bool:
    row = catalogue().get(piece.reason or "")
    return row is not None and row.mend == "sender"


_One = TypeVar("_One")


def _once(pairs: Iterable[tuple[str, _One]]) -> dict[str, _One]:
    """Return the pairs whose name is there once."""
    seen: dict[str, list[_One]] = {}
    for key, value in pairs:
        seen.setdefault(key, []).append(value)
    return {key: values[0] for key, values in seen.items() if len(values) == 1}


def _stem(name: str | None) -> str:
    stem, _ = split((name or "").strip())
    return " ".join(unicodedata.normalize("NFC", stem).casefold().split())


def _plain_stem(name: str | None) -> str:
    """Return a stem without what was added at its end, however often. A name may be very long."""
    stem = _stem(name)
    end = len(stem)
    while found := _ADDED.search(stem, max(0, end - _MOST_ADDED), end):
        end = found.start()
        while end and stem[end - 1] in _BEFORE:
            end -= 1
    return stem[:end]

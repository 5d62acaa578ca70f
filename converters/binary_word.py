"""The text of a binary Word document ([MS-DOC]), Word 97 and later, with how it is shown."""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from converters.compound import CompoundFile, Entry, NotCompound
from converters.words import words

_MOST_BYTES = 64 * 1024 * 1024
_WORD_97 = 0x00C1
_PAIRS = 0x9A  # FibRgFcLcb97: pairs of a place in the table stream and a length
_CHARACTERS, _PIECES = 12, 33
_LENGTHS = 0x4C  # of the main text, in FibRgLw97; those of its other stories follow
_PAGE = 512
_SIZES: Final = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}  # of an operand, [MS-DOC] 2.6.1
_DELETED, _INSERTED, _HIDDEN, _HIDDEN_TOO = 0x0800, 0x0801, 0x083C, 0x0818
_ON = {1, 0x81}
# Fields whose result a program writes anew ([MS-DOC] 2.8.25 has their instructions).
_COMPUTED = (
    "PAGE",
    "NUMPAGES",
    "SECTIONPAGES",
    "DATE",
    "TIME",
    "SAVEDATE",
    "PRINTDATE",
    "FILENAME",
)


class NotFollowed(Exception):
    """The document is older than Word 97, or its tables lead nowhere."""


@dataclass(frozen=True)
class _Run:
    """Bytes of the document's stream, up to `end`, with the same properties."""

    end: int
    hidden: bool
    deleted: bool
    inserted: bool


class BinaryWord:
    """A document that is open. Raises NotFollowed, NotCompound and struct.error."""

    def __init__(self, file: CompoundFile, entries: dict[str, Entry]) -> None:
        self._stream = file.head(entries["WordDocument"], _MOST_BYTES)
        if len(self._stream) < _PAIRS + 8 * (_PIECES + 1):
            raise NotFollowed("header")
        (number,) = struct.unpack_from("<H", self._stream, 2)
        (flags,) = struct.unpack_from("<H", self._stream, 10)
        name = "1Table" if flags & 0x0200 else "0Table"
        if number < _WORD_97 or name not in entries:
            raise NotFollowed("version")
        self._table = file.head(entries[name], _MOST_BYTES)
        self._runs = list(self._properties())
        self._ends = [each.end for each in self._runs]

    @property
    def codes(self) -> set[str]:
        """The codes of converters.unseen for what its characters are."""
        found = {"hidden_text"} if any(each.hidden for each in self._runs) else set()
        changed = any(each.deleted or each.inserted for each in self._runs)
        return found | {"tracked_changes"} if changed else found

    def shown(self) -> str:
        """Return what prints, but headers: notes and text boxes, then the main text."""
        main, notes, headers, _, comments, end_notes, boxes = struct.unpack_from(
            "<7I", self._stream, _LENGTHS
        )
        characters = self._characters()
        stories, at = [], 0
        for length in (main, notes, headers, comments, end_notes, boxes):
            stories.append("".join(characters[at : at + length]))
            at += length
        return "\n".join(_printed(stories[each]) for each in (1, 4, 5, 0))

    def _part(self, pair: int) -> bytes:
        at, length = struct.unpack_from("<2I", self._stream, _PAIRS + 8 * pair)
        return self._table[at : at + length]

    def _properties(self) -> Iterator[_Run]:
        """Go through the pages of character properties ([MS-DOC] 2.8.6, 2.9.33)."""
        plex = self._part(_CHARACTERS)
        count = (len(plex) - 4) // 8
        for (number,) in struct.iter_unpack("<I", plex[4 * (count + 1) : 4 * (2 * count + 1)]):
            at = (number & 0x3FFFFF) * _PAGE
            page = self._stream[at : at + _PAGE]
            if len(page) < _PAGE:
                raise NotFollowed("properties")
            runs = page[-1]
            ends = struct.unpack_from(f"<{runs + 1}I", page)[1:]
            for end, place in zip(ends, page[4 * (runs + 1) : 4 * (runs + 1) + runs], strict=True):
                size = page[2 * place] if place else 0
                yield _run(end, page[2 * place + 1 : 2 * place + 1 + size])

    def _characters(self) -> list[str]:
        """Return the text, character by character; what is not shown is empty."""
        found: list[str] = []
        for start, end, place in self._pieces():
            wide = not place & 0x40000000
            at = place & 0x3FFFFFFF if wide else (place & 0x3FFFFFFF) // 2
            step = 2 if wide else 1
            data = self._stream[at : at + (end - start) * step]
            text = data.decode("utf-16-le", "replace") if wide else data.decode("cp1252", "replace")
            if wide and len(text) != end - start:  # pairs of surrogates count as two
                text = "".join(chr(unit) for (unit,) in struct.iter_unpack("<H", data))
            found += self._masked(text, at, step)
            if len(found) > _MOST_BYTES:
                raise NotFollowed("pieces")
        return found

    def _masked(self, text: str, at: int, step: int) -> Iterator[str]:
        number, done = bisect_right(self._ends, at), 0
        while done < len(text):
            run = self._runs[number] if number < len(self._runs) else None
            upto = min((run.end - at) // step, len(text)) if run is not None else len(text)
            seen = run is None or not (run.hidden or run.deleted)
            yield from text[done:upto] if seen else [""] * (upto - done)
            done, number = max(upto, done), number + 1

    def _pieces(self) -> Iterator[tuple[int, int, int]]:
        """Go through the piece table ([MS-DOC] 2.8.35, 2.9.38): first, last and place."""
        data, at = self._part(_PIECES), 0
        while data[at : at + 1] == b"\x01":
            at += 3 + struct.unpack_from("<H", data, at + 1)[0]
        if data[at : at + 1] != b"\x02":
            raise NotFollowed("pieces")
        (length,) = struct.unpack_from("<I", data, at + 1)
        plex = data[at + 5 : at + 5 + length]
        count = (len(plex) - 4) // 12
        places = struct.unpack_from(f"<{count + 1}I", plex)
        for number in range(count):
            (place,) = struct.unpack_from("<I", plex, 4 * (count + 1) + 8 * number + 2)
            if places[number + 1] < places[number]:
                raise NotFollowed("pieces")
            yield places[number], places[number + 1], place


def words_of(file: IO[bytes]) -> list[str] | None:
    """Return the words that print, or None for a document that cannot be followed."""
    try:
        compound = CompoundFile(file.fileno(), 0, os.fstat(file.fileno()).st_size)
        document = BinaryWord(compound, compound.children(compound.root))
        return words(document.shown())
    except (NotFollowed, NotCompound, struct.error, KeyError):
        return None


def _run(end: int, properties: bytes) -> _Run:
    found: set[int] = set()
    at = 0
    while at + 3 <= len(properties):
        (code,) = struct.unpack_from("<H", properties, at)
        size = _SIZES.get(code >> 13)
        if properties[at + 2] in _ON:
            found.add(code)
        at += 2 + (size if size is not None else 1 + properties[at + 2])
    hidden = bool(found & {_HIDDEN, _HIDDEN_TOO})
    return _Run(end, hidden, _DELETED in found, _INSERTED in found)


def _printed(story: str) -> str:
    """Return a story without the instructions of its fields, and the results of those computed."""
    shown: list[str] = []
    fields: list[tuple[list[str], bool | None]] = []  # instruction; whether its result is computed
    computed = 0  # of those that are open
    for character in story:
        if character == "\x13":
            fields.append(([], None))
        elif character == "\x14" and fields:
            said, is_before = fields[-1]
            fields[-1] = said, _is_computed(said)
            computed += bool(fields[-1][1]) - bool(is_before)
        elif character == "\x15" and fields:
            computed -= bool(fields.pop()[1])
        elif fields and fields[-1][1] is None:
            fields[-1][0].append(character)
        elif character == "\x1f":
            continue  # a hyphen where a word may be divided
        elif not computed:
            shown.append(character if character >= " " else "\n")
    return "".join(shown)


def _is_computed(instruction: list[str]) -> bool:
    said = "".join(instruction[:40]).split()
    return bool(said) and said[0].upper() in _COMPUTED

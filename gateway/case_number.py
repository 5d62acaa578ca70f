"""Case numbers: their shape, their one form, and where a text holds something that looks like one.

Safety rule 1 decides what is looked for: only what is labelled ("Claim no. …") or strictly shaped
like a number of ours counts, never a date, a telephone number, or a piece of something longer. What
is nearly shaped like one (a digit short), or stands where other numbers stand, does not count, but
is reported: nobody should then believe a less trusted place.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from config.settings import Cases
from gateway.number_context import (
    Likeness,
    is_a_slip,
    is_piece_of_more,
    is_prose,
    likeness,
    likeness_of_labelled,
)

_DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_SPACED_DASH = re.compile(r"(?<=\d)[ \t]*\n?[ \t]*-[ \t]*\n?[ \t]*(?=\d)")
# Addresses of the web and of mail, Message-IDs and cid references: what is in them is theirs.
_ADDRESSES = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{0,20}://|\bwww\.|\bcid:|\bmailto:)\S+|(?<!\S)[^\s@]*@\S+", re.IGNORECASE
)
_NOTHING = "\x00"
_SIGNS = r"[ \t.:#=\u2116(\[-]*"
_BEHIND_LABEL = (
    rf"s?{_SIGNS}(?:(?:no|nr|num|numbers?|nummer|id|ref|is|was)\b{_SIGNS})*(?:\n[ \t>]*)?"
)
_IDENTIFIER = re.compile(r"(?:[A-Z]{1,4}[-/.]?)?\d[0-9A-Za-z]*(?:(?:[-/._:]| (?=\d))[0-9A-Za-z]+)*")
_DIGITS_OF_AN_IDENTIFIER = 4  # "case 2" and "claim 1 of 3" are prose


_MOST_CHARACTERS = 2_000_000
_MOST_FOUND = 1_000


@dataclass(frozen=True)
class Found:
    """Something in a text that looks like a case number."""

    text: str  # as it was written
    number: str | None  # in our form; None where it has not that shape
    likeness: Likeness


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    number: str | None
    likeness: Likeness


class CaseShape:
    """The shape of our case numbers, and how people write them. Safe for threads."""

    def __init__(self, pattern: str, example: str, labels: Iterable[str]) -> None:
        self.example = example
        self._exactly = re.compile(pattern, re.ASCII)
        self._here = re.compile(rf"(?:{pattern})(?![^\W_])", re.ASCII | re.IGNORECASE)
        self._alone = re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", re.ASCII | re.IGNORECASE)
        by_length = sorted(labels, key=len, reverse=True)
        spelled = "|".join(r"\s+".join(map(re.escape, label.split())) for label in by_length)
        self._label = re.compile(rf"(?<![^\W_])(?:{spelled}){_BEHIND_LABEL}", re.IGNORECASE)
        self._nearly = _nearly(example)

    @classmethod
    def of(cls, cases: Cases) -> Self:
        """Build the shape that the settings describe."""
        return cls(cases.pattern, cases.example, cases.labels)

    def normal(self, text: str) -> str | None:
        """Return a text that is nothing but a case number in our form, or None.

        Dashes of all kinds and full-width digits become ours, spaces beside a dash go, letters take
        the case of the pattern. O for 0 is never corrected.
        """
        plain = _SPACED_DASH.sub("-", _folded(text)).strip()
        forms = (plain, plain.upper(), plain.lower())
        return next((form for form in forms if self._exactly.fullmatch(form)), None)

    def find(self, text: str) -> tuple[Found, ...]:
        """Return what looks like a case number, each once, in the order of the text.

        Linear in the text's length. Limits: the first 2,000,000 characters are looked at, and the
        first 1,000 different things of each kind; a text with more of them is in doubt by then.
        """
        text = text[:_MOST_CHARACTERS]
        plain, offsets = _squeezed(_ADDRESSES.sub(lambda m: _NOTHING * len(m[0]), _folded(text)))
        found: list[_Span] = []
        for look in (self._labelled, self._strict, self._slips):
            spans = tuple(itertools.islice(look(plain), _MOST_FOUND))
            plain = _without(plain, spans)
            found.extend(spans)
        found.sort(key=lambda span: span.start)
        return tuple(
            Found(text[offsets[one.start] : offsets[one.end - 1] + 1], one.number, one.likeness)
            for one in _each_once(found)
        )

    def _labelled(self, plain: str) -> Iterator[_Span]:
        for label in self._label.finditer(plain):
            start = label.end()
            number = self._here.match(plain, start)
            if number is not None and not is_piece_of_more(plain, number.end()):
                how = likeness_of_labelled(plain, label.start(), start, number.end())
                yield _Span(start, number.end(), self.normal(number[0]), how)
                continue
            other = _IDENTIFIER.match(plain, start)
            if (
                other is not None
                and "\n" not in label[0]
                and sum(map(str.isdigit, other[0])) >= _DIGITS_OF_AN_IDENTIFIER
                and not is_prose(plain, start, other.end())
            ):
                how = likeness_of_labelled(plain, label.start(), start, other.end())
                yield _Span(start, other.end(), None, how)

    def _strict(self, plain: str) -> Iterator[_Span]:
        certain: set[str] = set()
        for at in self._alone.finditer(plain):
            if at[0] in certain:
                continue
            how = likeness(plain, at.start(), at.end())
            if how is Likeness.COUNTS:
                certain.add(at[0])
            if how is not None:
                yield _Span(at.start(), at.end(), self.normal(at[0]), how)

    def _slips(self, plain: str) -> Iterator[_Span]:
        for at in self._nearly.finditer(plain):
            # What has the very shape was judged before.
            if self.normal(at[0]) is None and is_a_slip(plain, at.start(), at.end()):
                # A letter where a digit must be is no other number: somebody meant one of ours.
                meant = any(map(str.isalpha, at[0])) and not any(map(str.isalpha, self.example))
                yield _Span(at.start(), at.end(), None, Likeness.COUNTS if meant else Likeness.SLIP)


def _each_once(spans: list[_Span]) -> Iterator[_Span]:
    said: set[tuple[str | None, Likeness]] = set()
    for span in spans:
        said_already = (span.number, span.likeness) in said and span.number is not None
        said.add((span.number, span.likeness))
        if not said_already:
            yield span


def _folded(text: str) -> str:
    """Write dashes, digits and full-width forms as ASCII, one character for one."""
    return "".join(map(_plain, text)) if not text.isascii() else text.replace("_", " ")


def _plain(char: str) -> str:
    if char in _DASHES:
        return "-"
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if "\uff01" <= char <= "\uff5e":
        return chr(ord(char) - 0xFEE0)
    if char == "_" or (char.isspace() and char != "\n"):
        return " "
    return char


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Take the spaces beside a dash between digits away; say where each character was."""
    kept: list[str] = []
    offsets: list[int] = []
    position = 0
    for gap in _SPACED_DASH.finditer(text):
        kept.append(text[position : gap.start()] + "-")
        offsets.extend(range(position, gap.start()))
        offsets.append(gap.start() + gap[0].index("-"))
        position = gap.end()
    kept.append(text[position:])
    offsets.extend(range(position, len(text)))
    return "".join(kept), offsets


def _without(text: str, spans: Iterable[_Span]) -> str:
    """Blank out what was found already, so that it is found once."""
    kept: list[str] = []
    position = 0
    for span in spans:
        kept.append(text[position : span.start] + _NOTHING * (span.end - span.start))
        position = span.end
    return "".join((*kept, text[position:]))


def _nearly(example: str) -> re.Pattern[str]:
    """Return what a slip makes of a number built like the example.

    One digit too few or too many, a digit on the wrong side of a dash, a space or a slash for the
    dash, a letter for the digit it looks like. A number of one run of digits has the last of these
    alone: every other number in the world is a slip of it.
    """
    pieces = re.findall(r"\d+|\D+", example)
    runs = [index for index, piece in enumerate(pieces) if piece.isdigit()]
    variants: list[tuple[dict[int, int], str, str]] = [({}, "[0-9OoIl]", "")]
    if len(runs) > 1:
        variants.append(({}, "[0-9]", "[-/ ]"))
        variants.extend(({index: by}, "[0-9]", "") for index in runs for by in (-1, 1))
        variants.extend(
            ({one: by, other: -by}, "[0-9]", "")
            for one, other in itertools.pairwise(runs)
            for by in (-1, 1)
        )
    spelled: list[str] = []
    for change, digit, dash in variants:
        written = [
            f"{digit}{{{len(piece) + change.get(index, 0)}}}"
            if index in runs
            else (dash if dash and piece == "-" else re.escape(piece))
            for index, piece in enumerate(pieces)
            if len(piece) + change.get(index, 0) > 0
        ]
        spelled.append("".join(written))
    return re.compile(
        rf"(?<![^\W_])(?<![-./:+%$])(?:{'|'.join(spelled)})(?![^\W_])(?![-/:][^\W_]|\.\d)",
        re.IGNORECASE,
    )

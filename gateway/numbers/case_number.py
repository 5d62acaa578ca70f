"""Case numbers: their shape, their one form, and where a text holds something that looks like one.

Safety rule 1 decides what is looked for: only what is labelled ("Claim no. …") or strictly shaped
like a number of ours counts, never a date, a telephone number, or a piece of something longer. A
second case in a short form ("24-001234/240") counts too: it has no number, and so nothing agrees
with it. What is nearly shaped like one (a digit short), or stands where other numbers stand, does
not count, but is reported: nobody should then believe a less trusted place.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from config.settings import Cases
from gateway.numbers.legible import SOFT_HYPHEN, ascii_form, squeezed, visible
from gateway.numbers.number_context import (
    Likeness,
    is_a_slip,
    is_piece_of_more,
    is_prose,
    likeness,
    likeness_of_labelled,
    others_pattern,
    short_form,
)
from gateway.numbers.number_slip import slip_pattern

# Addresses of the web and of mail, Message-IDs and cid references: what is in them is theirs.
_ADDRESSES = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{0,20}://|\bwww\.|\bcid:|\bmailto:)\S+|(?<!\S)[^\s@]*@\S+", re.IGNORECASE
)
_NOTHING = "\x00"
_FOR_DIGITS = "OoIl"
_SIGNS = r"[ \t.:#=\u2116(\[-]*"
_BEHIND_LABEL = (
    rf"s?{_SIGNS}(?:(?:(?:no|nr|num|numbers?|nummer|n[u\u00fa\u00e9]m[e\u00e9]ro|id|ref|reference"
    rf"|is|was|ist|lautet|est)\b|n[\u00b0\u00ba]){_SIGNS})*(?:\n[ \t>]*)?"
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

    def __init__(
        self, pattern: str, example: str, labels: Iterable[str], others: Iterable[str] = ()
    ) -> None:
        self.example = example
        self._others = others_pattern(others)
        self._exactly = re.compile(pattern, re.ASCII)
        self._here = re.compile(rf"(?:{pattern})(?![^\W_])", re.ASCII | re.IGNORECASE)
        self._alone = re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", re.ASCII | re.IGNORECASE)
        # "24-001234 - 2 documents", "Part 1 - 24-001234", a list with a dash before each line: a
        # dash between spaces is no piece of a number that is whole.
        self._aside = re.compile(
            rf"(?<![^\W_])(?:{pattern})(?:[ \t]+|[ \t]*\n[ \t]*)(?P<behind>-)[ \t]+(?=\d)"
            rf"|(?<=[ \t])(?P<before>-)[ \t]+(?=(?:{pattern})(?![^\W_]))",
            re.ASCII | re.IGNORECASE,
        )
        by_length = sorted(labels, key=len, reverse=True)
        spelled = "|".join(r"\s+".join(map(re.escape, label.split())) for label in by_length)
        self._label = re.compile(rf"(?<![^\W_])(?:{spelled}){_BEHIND_LABEL}", re.IGNORECASE)
        self._slip = slip_pattern(example)

    @classmethod
    def of(cls, cases: Cases) -> Self:
        """Build the shape that the settings describe."""
        return cls(cases.pattern, cases.example, cases.labels, cases.others)

    def plain(self, text: str) -> str:
        """Return a text with dashes, digits and spaces as ours are, without what is not seen."""
        seen, _ = visible(text.replace(SOFT_HYPHEN, "-"))
        return squeezed(ascii_form(seen))[0].strip()

    def normal(self, text: str) -> str | None:
        """Return a text that is nothing but a case number in our form, or None.

        Dashes of all kinds and full-width digits become ours, spaces beside a dash go, and so does
        what is not seen; letters take the case of the pattern. O for 0 is never corrected.
        """
        # A directory has 100,000 of them, and nearly all stand there as they are.
        plain = text if _is_plain(text) else self.plain(text)
        forms = (plain, plain.upper(), plain.lower())
        return next((form for form in forms if self._exactly.fullmatch(form)), None)

    def find(self, text: str) -> tuple[Found, ...]:
        """Return what looks like a case number, each once, in the order of the text.

        Linear in the text's length. Limits: the first 2,000,000 characters are looked at, and the
        first 1,000 different things of each kind; a text with more of them is in doubt by then.
        """
        text = text[:_MOST_CHARACTERS]
        found = self._spans(text.replace(SOFT_HYPHEN, "-"))
        if SOFT_HYPHEN in text:  # a dash, or nothing: both are read
            found += self._spans(text)
            found = _without_slips_of_numbers(found)
        found.sort(key=lambda span: span.start)
        return tuple(
            Found(text[one.start : one.end], one.number, one.likeness) for one in _each_once(found)
        )

    def _spans(self, text: str) -> list[_Span]:
        """Look a text through. The spans are places in `text` itself."""
        seen, offsets = visible(text)
        ours = _ADDRESSES.sub(lambda match: _NOTHING * len(match[0]), ascii_form(seen))
        ours = self._aside.sub(_without_dash, ours)
        plain, places = squeezed(ours)
        found: list[_Span] = []
        for look in (self._labelled, self._strict, self._slips):
            spans = tuple(itertools.islice(look(plain), _MOST_FOUND))
            plain = _without(plain, spans)
            found.extend(spans)
        return [
            dataclasses.replace(
                one, start=offsets[places[one.start]], end=offsets[places[one.end - 1]] + 1
            )
            for one in found
        ]

    def _labelled(self, plain: str) -> Iterator[_Span]:
        for label in self._label.finditer(plain):
            start = label.end()
            number = self._here.match(plain, start)
            if number is not None and not is_piece_of_more(plain, number.end()):
                how = likeness_of_labelled(plain, label.start(), start, number.end(), self._others)
                yield _Span(start, number.end(), self.normal(number[0]), how)
                yield from self._short_form(plain, number.end(), how)
                continue
            other = _IDENTIFIER.match(plain, start)
            if (
                other is not None
                and "\n" not in label[0]
                and sum(map(str.isdigit, other[0])) >= _DIGITS_OF_AN_IDENTIFIER
                and not is_prose(plain, start, other.end())
            ):
                how = likeness_of_labelled(plain, label.start(), start, other.end(), self._others)
                yield _Span(start, other.end(), None, how)

    def _strict(self, plain: str) -> Iterator[_Span]:
        certain: set[str] = set()
        for at in self._alone.finditer(plain):
            if at[0] in certain:
                yield from self._short_form(plain, at.end(), Likeness.COUNTS)
                continue
            how = likeness(plain, at.start(), at.end(), self._others)
            if how is Likeness.COUNTS:
                certain.add(at[0])
            if how is not None:
                yield _Span(at.start(), at.end(), self.normal(at[0]), how)
                yield from self._short_form(plain, at.end(), how)

    def _short_form(self, plain: str, end: int, how: Likeness) -> Iterator[_Span]:
        """Give what names a second case in short behind a number that counts and ends at `end`."""
        place = short_form(plain, end) if how is Likeness.COUNTS else None
        if place is not None and self._here.match(plain, place[0]) is None:
            yield _Span(*place, None, Likeness.COUNTS)

    def _slips(self, plain: str) -> Iterator[_Span]:
        for at in self._slip.finditer(plain):
            # What has the very shape was judged before.
            if self.normal(at[0]) is None and is_a_slip(plain, at.start(), at.end()):
                # A letter where a digit must be is no other number: somebody meant one of ours.
                # One letter more ("24-001234A") may be another's.
                meant = (
                    any(char in _FOR_DIGITS for char in at[0])
                    and not any(map(str.isalpha, self.example))
                    and len(at[0]) == len(self.example)
                )
                yield _Span(at.start(), at.end(), None, Likeness.COUNTS if meant else Likeness.SLIP)


def _without_slips_of_numbers(found: list[_Span]) -> list[_Span]:
    whole = {(one.start, one.end) for one in found if one.number is not None}
    return [one for one in found if one.number is not None or (one.start, one.end) not in whole]


def _is_plain(text: str) -> bool:
    """Say whether a text is in ASCII, and nothing in it is unseen or stands for something else."""
    return text.isascii() and text.isprintable() and " " not in text and "_" not in text


def _each_once(spans: list[_Span]) -> Iterator[_Span]:
    said: set[tuple[str | tuple[int, int], Likeness]] = set()
    for span in spans:
        what = span.number or (span.start, span.end), span.likeness
        if what not in said:
            yield span
        said.add(what)


def _without_dash(aside: re.Match[str]) -> str:
    # Behind a number it is a comma: what comes may be a second number in short.
    dash = aside.start("behind") if aside["behind"] else aside.start("before")
    place = dash - aside.start()
    return aside[0][:place] + ("," if aside["behind"] else " ") + aside[0][place + 1 :]


def _without(text: str, spans: Iterable[_Span]) -> str:
    """Blank out what was found already, so that it is found once. Spans may lap over others."""
    kept: list[str] = []
    position = 0
    for span in spans:
        start, end = max(span.start, position), max(span.end, position)
        kept.append(text[position:start] + _NOTHING * (end - start))
        position = end
    return "".join((*kept, text[position:]))

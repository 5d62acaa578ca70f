"""Case numbers: their shape, their one form, and where a text holds something that looks like one.

Safety rule 1 decides what is looked for: only what is labelled ("Claim no. …") or strictly shaped
like a number of ours counts, never a date, a telephone number, or a piece of something longer. What
is nearly shaped like one (a digit short, a letter for a digit) does not count, but is reported: it
may be a slip of the pen, and nobody should then believe a less trusted place.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from config.settings import Cases

_DASHES = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_TO_DASH = dict.fromkeys(map(ord, _DASHES), "-")
_SPACED_DASH = re.compile(r"(?<=\d)[ \t]*\n?[ \t]*-[ \t]*\n?[ \t]*(?=\d)")
# Addresses of the web and of mail, Message-IDs and cid references: what is in them is theirs.
_NOT_PROSE = re.compile(r"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.|\bcid:|\bmailto:)\S+|\S*@\S+", re.IGNORECASE)
_MASK = "\x00"

_PHONE = re.compile(
    r"(?:\b(?:tele)?(?:phone|fax)|\btel|\bfax|\bfon|\bmob(?:ile|il)?|\bcell|\bdirect|\bdial|\bext)"
    r"[.:]?(?: ?(?:no|nr|number)[.:]?)?[\s:(]*(?:\d[\d ()/-]*)?\Z"
    r"|\+\d[\d ()/-]*\Z|\(\d{1,5}\)[ /-]*\Z",
    re.IGNORECASE,
)
# Numbers of other things. Behind one of these words a number of our shape is somebody else's.
_FOREIGN = re.compile(
    r"\b(?:policy|invoice|docket|account|acct|check|cheque|bill|order|bates|patent|zip|ticket|mrn|"
    r"patient|court|rechnung|konto|police)"
    r"(?: ?(?:id|no|nr|num|number|nummer|file|case))*[\s.:#=-]*\Z",
    re.IGNORECASE,
)
_DATE_WORD = re.compile(
    r"\b(?:on|dated?|dob|d\.o\.b|born|birth|due|by|since|until|till|from|of|before|after|hearing|"
    r"trial|deposition|vom|am|den)[\s.:]*\Z",
    re.IGNORECASE,
)
_DAY_FIRST = re.compile(r"(?:0?[1-9]|[12]\d|3[01])[-./ ]?(?:0?[1-9]|1[0-2])[-./ ]?(?:19|20)?\d\d")
_MONTH_FIRST = re.compile(r"(?:0?[1-9]|1[0-2])[-./ ]?(?:0?[1-9]|[12]\d|3[01])[-./ ]?(?:19|20)?\d\d")
_YEAR_FIRST = re.compile(r"(?:19|20)\d\d[-./ ]?(?:0?[1-9]|1[0-2])(?:[-./ ]?(?:0?[1-9]|[12]\d|3[01]))?")
_YEARS = re.compile(r"(?:19|20)\d\d(?:[-/](?:(?:19|20)?\d\d))?")
_PHONE_SHAPE = re.compile(r"(?:1[-. ])?(?:\(?\d{3}\)?[-. ])?\d{3}[-. ]\d{4}")
_MONEY = re.compile(r"\s?(?:%|€|\$|£|usd\b|eur\b|dollars?\b|euros?\b)|[.,]\d", re.IGNORECASE)

_BEFORE_NUMBER = (
    r"s?[\s.:#=\u2116(\[-]*(?:(?:no|nr|num|number|numbers|nummer|id|ref|is|was)\b[\s.:#=\u2116(\[]*)*"
)
_IDENTIFIER = re.compile(
    r"(?:[A-Za-z]{1,4}[-/ .]?)?\d[0-9A-Za-z]*(?:(?:[-/._:]| ?- ?| (?=\d))[0-9A-Za-z]+)*"
)
_DIGITS_OF_AN_IDENTIFIER = 4
_WORD = 4  # letters: "Smith-24-001234" is a name and a number, "WC-24-001234" somebody's number
_MISREAD = str.maketrans("OoQIl|SBZ", "000111582")


class Likeness(Enum):
    """How much something looks like a case number of ours."""

    COUNTS = "counts"  # labelled, or strictly shaped
    NEARLY = "nearly"  # never taken, but nothing less trusted is believed beside it


@dataclass(frozen=True)
class Found:
    """Something in a text that looks like a case number."""

    text: str  # as it was written
    number: str | None  # in our form; None where it has not that shape
    likeness: Likeness
    start: int


class CaseShape:
    """The shape of our case numbers, and how people write them."""

    def __init__(self, cases: Cases) -> None:
        self.example = cases.example
        self._whole = re.compile(cases.pattern, re.ASCII)
        anywhere = re.compile(cases.pattern, re.ASCII | re.IGNORECASE)
        self._whole_any_case = anywhere
        self._strict = re.compile(
            rf"(?<![^\W_])(?:{cases.pattern})(?![^\W_])", re.ASCII | re.IGNORECASE
        )
        labels = sorted(cases.labels, key=len, reverse=True)
        spelled = "|".join(r"\s+".join(map(re.escape, label.split())) for label in labels)
        self._label = re.compile(rf"(?<![^\W_])(?:{spelled}){_BEFORE_NUMBER}", re.IGNORECASE)
        self._near = _near(cases.example)

    def normal(self, text: str) -> str | None:
        """Return a text that is nothing but a case number in our form, or None.

        Dashes of all kinds and full-width digits become ours. O for 0 is never corrected.
        """
        return self._in_our_form(_SPACED_DASH.sub("-", _folded(text)).strip())

    def find(self, text: str) -> tuple[Found, ...]:
        """Return what looks like a case number, in the order of the text.

        Linear in the text's length for every pattern that is.
        """
        plain, offsets = _squeezed(_NOT_PROSE.sub(_masked, _folded(text)))
        found: dict[int, Found] = {}
        ends: list[tuple[int, int]] = []

        def add(start: int, end: int, number: str | None, likeness: Likeness) -> None:
            if any(start < other_end and other_start < end for other_start, other_end in ends):
                return
            written = text[offsets[start] : offsets[end - 1] + 1]
            found[start] = Found(written, number, likeness, offsets[start])
            ends.append((start, end))

        for label in self._label.finditer(plain):
            self._labelled(plain, label, add)
        for match in self._strict.finditer(plain):
            likeness = _likeness(plain, match.start(), match.end())
            if likeness is not None:
                add(match.start(), match.end(), self._in_our_form(match[0]), likeness)
        for match in self._near.finditer(plain):
            if _may_be_a_slip(plain, match):
                add(match.start(), match.end(), None, Likeness.NEARLY)
        return tuple(found[start] for start in sorted(found))

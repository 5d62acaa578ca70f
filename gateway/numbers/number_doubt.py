"""Number doubts: words that say that a case number in a message may not be the right one.

"Ignore the subject", "this is for a different claim", "not sure which case it is": whoever reads
that asks, and files nothing (safety rule 1). Looked for in what a person wrote just now alone.
"""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Collection, Iterator

from gateway.numbers.case_number import CaseShape, Found
from gateway.numbers.number_context import Likeness

_MOST_CHARACTERS = 100_000
_MOST_FOUND = 10
_MOST_LOOKED_AT = 200  # for a number within
_LONGEST = 80  # of what is shown

_WHOSE = (
    r"(?:(?:the|this|that|my|our|your|its|any)\s)?"
    r"(?:(?:above|old|wrong|previous|first|correct|right|exact)\s)?"
)
_LABELLED = r"(?:case|claim|file|matter|reference|ref)\s(?:number|no\b\.?)"
_NUMBER = rf"(?:{_LABELLED}|number\b)(?!\sof\b)"
_SUBJECT = r"subject(?:\sline)?\b(?!\sof\b)"
# "A separate claim for loss of consortium" is a claim of the same case.
_MATTER = (
    r"(?:case|claim(?!\s(?:for|of|made|that|against|under|by)\b)|matter|patient|claimant|insured)\b"
)
_TO_BE = r"(?:is|are|was|were|concerns?|relates?\sto|belongs?|pertains?\sto|goes?)\b"
_THESE = (
    r"(?:this|these|it|they|attached|enclosed|attachments?|documents?|records?|bills?|invoices?"
    r"|reports?)(?:\s(?:one|e-?mail|message|mail))?"
)
_MAYBE = (
    r"(?:maybe|perhaps|possibly|probably|presumably|i\s(?:think|guess|assume|suspect)"
    r"|(?:may|might|could)\sbe|vielleicht|vermutlich)"
)
_IS_IT = r"(?:\s(?:this|it|that)(?:\sis|['\u2019]s)?)?(?:\s(?:for|under|in))?"
_OUR_NUMBER = r"\d[\d-]{3,}\d"
_LABEL = r"(?:(?:case|claim|file|matter)\s(?:(?:number|no\.?|\#)\s?)?)?"
_SHOULD = r"\bshould\s(?:be|read|say|have\s(?:been|read|said))\s"

# That what is written is wrong, or is to be passed over.
_WRONG = re.compile(
    rf"\b(?:ignore|disregard|(?:do\snot|don['\u2019]?t)\s(?:use|go\sby))\s{_WHOSE}"
    rf"(?:{_SUBJECT}|{_NUMBER})"
    r"|\b(?:wrong|incorrect|mistaken|erroneous)\s"
    rf"(?:case|claim|matter|subject|{_LABELLED}|number)\b(?!\s(?:form|format|type|amount|of))"
    rf"|\b(?:{_SUBJECT}|{_LABELLED}|number\s(?:above|below)|number\sin\sthe\s{_SUBJECT})"
    r"(?:\s\w+){0,5}?\s(?:is|was)\s"
    r"(?:wrong|incorrect|mistyped|mistaken|a\s(?:typo|mistake)|not\s(?:right|correct))\b"
    rf"|\b{_OUR_NUMBER}\s(?:is|was)\s(?:(?:the\s)?(?:wrong|incorrect|mistaken)\b"
    r"|not\s(?:(?:for\s)?(?:this|it|ours?|mine)|(?:the\s)?(?:right|correct))\b)"
    rf"|\b(?:typo|mistake|error|slip)\sin\s{_WHOSE}(?:{_SUBJECT}|{_NUMBER})"
    r"|\bfalsche[rsn]?\s(?:aktenzeichen|schadennummer|fallnummer|betreff|vorgang)\b"
    r"|\bbetreff\s(?:bitte\s)?(?:ignorieren|ist\sfalsch|stimmt\snicht)\b",
    re.IGNORECASE,
)
# That it is about something else. Where a number follows in the sentence, that one is meant.
_ANOTHER = re.compile(
    rf"\b{_THESE}(?:\s{_TO_BE}|['\u2019]s\b)[^.!?;\n\d]{{0,20}}?"
    rf"\b(?:different|another|separate|unrelated|new)\s{_MATTER}"
    rf"|\b{_THESE}\s(?:{_TO_BE}\s)?(?:about|for|regarding|concerning|under|to)\sthe\sother\s"
    rf"(?:one\b|{_MATTER})"
    r"|\bnot\s(?:the|that)\s(?:one|case|claim|matter|number)\s"
    r"(?:below|above|quoted|in\s(?:the\ssubject|this\sthread))\b"
    r"|\b(?:unrelated|not\s(?:related|connected))\sto\s(?:the|this)\s"
    r"(?:case|claim|matter|thread|chain|e-?mail|message|one)\s(?:below|above|in\sthe\ssubject)\b"
    r"|\bnot\s(?:related|connected)\sto\sthis\s(?:thread|chain)\b"
    r"|\b(?:andere[rn]?|neue[rn]?)\s(?:fall|schaden|vorgang)\b",
    re.IGNORECASE,
)
# That whoever writes does not know.
_UNSURE = re.compile(
    r"\b(?:not\s(?:\w+\s)?sure|unsure|uncertain|no\sidea|(?:do\snot|don['\u2019]?t)\sknow"
    r"|can(?:no|['\u2019]?)t\s(?:tell|say|find))\s(?:about\s)?"
    r"(?:(?:which|what)\s(?:case|claim|matter|file)(?:\snumber)?\s(?:this|these|it|they|that|to|is)\b"
    r"|(?:if|whether|that)\s(?:this|that|it)(?:\sis|['\u2019]s)\sthe\s(?:right|correct)\s"
    r"(?:case|claim|matter|file|number|one)"
    rf"|{_WHOSE}{_NUMBER})"
    rf"|\b{_MAYBE}{_IS_IT}\s{_LABEL}{_OUR_NUMBER}(?=[ \t]*(?:[.,;?!)\n]|\Z))"
    rf"|^(?:(?:re|fwd?|aw|wg):[ \t]?)*{_LABEL}{_OUR_NUMBER}[ \t]?\?",
    re.IGNORECASE | re.MULTILINE,
)
# How the right number ends: no number agrees with it that does not end so.
_ENDING = re.compile(
    r"\b(?:case|claim|file|matter|number|one|it)\b[^.!?;\n\d]{0,20}?"
    r"\bend(?:s|ing)\s(?:(?:in|with)\s)?(?P<tail>\d{3,6})\b"
    rf"|{_SHOULD}(?:\.{{2,3}}|\u2026|[-\u2013])\s?(?P<short>\d{{3,6}})\b"
    rf"|{_SHOULD}(?P<whole>\d{{3,6}})\s(?:rather\sthan|instead\sof|not)\s\d{{3,6}}\b",
    re.IGNORECASE,
)
_THE_SAME = re.compile(
    r"\b(?:same|this|above)\s(?:case|suit|lawsuit|action|claim|matter)\b", re.IGNORECASE
)
_LONGEST_SENTENCE = 400
_SENTENCE_END = re.compile(r"[.!?](?:\s|\Z)|\n\s*\n")
_STRUCK = re.compile(r"\[struck out: ([^\]]{1,400})\]")
_SPACE = re.compile(r"[ \t\u00a0]+")
_ASIDE = re.compile(r"[*_]")


def doubts(text: str, shape: CaseShape, named: Collection[str] = ()) -> tuple[Found, ...]:
    """Return what in a text says that a number may not be the right one; at most ten.

    `named` are the numbers that the message names: "the one that ends in 234" may be one of these.
    Linear in the text's length; its first 100,000 characters are looked at.
    """
    plain = _SPACE.sub(" ", _ASIDE.sub("", text[:_MOST_CHARACTERS]))
    said = dict.fromkeys(_shown(one) for one in _said(plain, shape, named))
    return tuple(Found(one, None, Likeness.DOUBT) for one in tuple(said)[:_MOST_FOUND])


def _said(plain: str, shape: CaseShape, named: Collection[str]) -> Iterator[str]:
    for found in _WRONG.finditer(plain):
        yield _sentence(plain, found.start())
    for found in itertools.islice(_ANOTHER.finditer(plain), _MOST_LOOKED_AT):
        rest = _sentence(plain, found.end())
        if not _names_a_case(rest, shape) and not _THE_SAME.search(rest):
            yield _sentence(plain, found.start())
    for found in _UNSURE.finditer(plain):
        yield _sentence(plain, found.start())
    yield from _endings(plain, named)
    for found in itertools.islice(_STRUCK.finditer(plain), _MOST_LOOKED_AT):
        if shape.find(found[1]):
            yield found[0]


def _sentence(plain: str, start: int) -> str:
    """Return a sentence from a place of it on."""
    text = plain[start : start + _LONGEST_SENTENCE]
    end = _SENTENCE_END.search(text)
    return text[: end.start()] if end else text


def _endings(plain: str, named: Collection[str]) -> Iterator[str]:
    for found in _ENDING.finditer(plain):
        digits = found["tail"] or found["short"] or found["whole"]
        if not any(number.endswith(digits) for number in named):
            yield found[0]


def _names_a_case(text: str, shape: CaseShape) -> bool:
    return any(one.likeness is Likeness.COUNTS for one in shape.find(text))


def _shown(text: str) -> str:
    return textwrap.shorten(text, _LONGEST, placeholder="\N{HORIZONTAL ELLIPSIS}")

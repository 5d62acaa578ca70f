"""Thanks: whether a letter says no more than thank you.

Whoever thanks expects nothing to be filed; whoever writes one word more may. So each sentence has
to be a known one, whole, and below them stands a signature and nothing else. What is answered is
either a mail of ours, which says nothing new when it is quoted, or nothing is quoted at all.
"""

from __future__ import annotations

import re
import unicodedata
from email.utils import parseaddr
from typing import Protocol

from config.apart import ApartRules, spoken
from config.not_submissions import Thanks
from gateway.road.package import Package

_MOST_CHARACTERS = 200  # of what is said
_MOST_LINES = 10  # of the signature
_MOST_TITLE_WORDS = 6
_REPLY = re.compile(
    r"\s*(?:(?:re|aw|antw|antwort|sv|vs|odp|ri|r|réf?|回复|回覆|答复|답장)\s*(?:\[\d+\])?\s*[:\uff1a]\s*)+"
    r"(?!\s*(?:fwd?|wg|tr|rv|i|enc|pd|doorst|vb|vl|转发)\s*[:\uff1a])",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"[.!?;\u3002\uff01\n]+|,|\uff0c|\s[-\u2013\u2014]+\s|(?<=\s)[:;]-?\)(?=\s|\Z)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019.-][^\W\d_]+)*\.?")
_NOT_SPOKEN = re.compile(r"[^\w\s'\u2019-]+")
_SMALL = frozenset({"and", "of", "the", "for", "at", "und", "et", "de", "la", "van", "von", "y"})


class OwnMessages(Protocol):
    """What tells our own mails by their Message-IDs."""

    def own_message(self, message_id: str) -> str | None:
        """Return the unguessable part of a Message-ID that may be one of ours, or None."""


class Rules(Protocol):
    """The part of not_submissions.toml that speaks of thanks."""

    @property
    def thanks(self) -> Thanks:
        """What a thank-you consists of."""


def is_thanks(package: Package, rules: Rules, apart: ApartRules, own: OwnMessages) -> bool:
    """Say whether a letter without a document is a thank-you and nothing else.

    Its subject is that of a reply, or itself nothing but thanks.
    """
    words = package.own_words
    quotes = any(one.what == "history" for one in package.set_apart)
    answers_us = bool(package.answered) and own.own_message(package.answered[0]) is not None
    if words.differs or words.lossy or not words.new.strip() or (quotes and not answers_us):
        return False
    subject = package.subject
    reader = _Reader(rules.thanks, apart, _names(package.header_from))
    if subject and not _REPLY.match(subject) and not reader.is_polite(subject):
        return False
    said, marked = _lines(package, apart)
    return reader.only_thanks(said) and reader.are_signature(marked)


def _lines(package: Package, apart: ApartRules) -> tuple[list[str], list[str]]:
    """Return the words with what signs them, and the signature under a mark, line by line.

    A closing is set apart with what stands below it, and may be all the thanks there are.
    """
    said, marked = [package.narrative], []
    for one in reversed(package.set_apart):  # they were taken off the end
        first, _, below = one.text.partition("\n")
        if one.what != "signature" or apart.signature.added.fullmatch(one.text.strip()[:200]):
            continue
        if apart.signature.mark.fullmatch(first):
            marked.append(below)
        else:
            said.append(one.text)
    return _filled(said), _filled(marked)


def _filled(texts: list[str]) -> list[str]:
    lines = (line.strip() for text in texts for line in text.split("\n"))
    return [line for line in lines if line]


def _names(header_from: str) -> frozenset[str]:
    name, address = parseaddr(header_from)
    said = f"{name} {address.partition('@')[0]}"
    return frozenset(one.casefold() for one in re.findall(r"[^\W\d_]+", said))


class _Reader:
    """Reads the lines of one message."""

    def __init__(self, thanks: Thanks, apart: ApartRules, names: frozenset[str]) -> None:
        self._thanks = thanks
        self._apart = apart
        self._names = names

    def only_thanks(self, lines: list[str]) -> bool:
        """Say whether the lines thank, and say nothing else."""
        thanked, count, said = False, 0, 0
        for line in lines:
            what = self._spoken(line, greets=count == 0)
            if what is None:
                break
            thanked, count, said = thanked or what, count + 1, said + len(line)
        below = lines[count:]
        return thanked and said <= _MOST_CHARACTERS and self._signs(below)

    def is_polite(self, line: str) -> bool:
        """Say whether a line is thanks or what is said beside them."""
        return self._spoken(line, greets=False) is not None

    def _spoken(self, line: str, *, greets: bool) -> bool | None:
        """Say whether a line thanks; None where it says anything that is not known."""
        thanked, pieces = False, [_bare(one) for one in _SENTENCE.split(line)]
        pieces = [one for one in pieces if one]
        for place, piece in enumerate(pieces):
            if self._is_thanks(piece):
                thanked = True
            elif not (
                self._thanks.beside.fullmatch(spoken(piece))
                or self._is_closing(piece)
                or (place > 0 and self._is_name(piece))
                or (greets and line == f"{piece}," and self._is_name(piece))
                or (greets and self._is_greeting(piece))
            ):
                return None
        return thanked

    def _is_thanks(self, piece: str) -> bool:
        """A known sentence, or one with a name behind it: "Thanks so much Dana"."""
        known = self._thanks.words.fullmatch
        if known(spoken(piece)):
            return True
        first, _, last = piece.rpartition(" ")
        return bool(first) and self._is_name(last) and known(spoken(first)) is not None

    def _is_closing(self, piece: str) -> bool:
        return spoken(piece) in self._apart.signature.closings

    def _is_greeting(self, piece: str) -> bool:
        """A word of greeting and a name: "Hi Dana", "Dear Ms. Reyes"."""
        first, _, name = piece.partition(" ")
        known = self._thanks.beside.fullmatch(spoken(first)) or spoken(first) in _GREETINGS
        return bool(known) and 0 < len(name.split()) <= 3 and all(map(self._is_name, name.split()))

    def _is_name(self, piece: str) -> bool:
        """The sender's name, or one word with a capital that speaks of no matter."""
        words = _WORD.findall(piece)
        if not words or "".join(words) != piece.replace(" ", ""):
            return False
        if all(one.casefold().strip(".") in self._names for one in words):
            return True
        return len(words) == 1 and piece[0].isupper() and not self._thanks.matter.search(piece)

    def _signs(self, lines: list[str]) -> bool:
        """Say whether lines are a signature that begins with the sender's name."""
        first = [one.casefold().strip(".") for one in _WORD.findall(lines[0])] if lines else []
        is_theirs = not lines or any(one in self._names for one in first)
        return is_theirs and self.are_signature(lines)

    def are_signature(self, lines: list[str]) -> bool:
        """Say whether lines tell who somebody is and where, and nothing else."""
        return len(lines) <= _MOST_LINES and all(
            self._is_title(one) or self._is_contact(one) for one in lines
        )

    def _is_contact(self, line: str) -> bool:
        return self._apart.signature.contact.search(line) is not None and self._is_short(line)

    def _is_title(self, line: str) -> bool:
        """Words with capitals, as in "Partner" and "Baker & Lee LLP"."""
        words = line.replace("&", " ").replace(",", " ").replace("|", " ").split()
        capital = (one[0].isupper() or one.casefold() in _SMALL for one in words)
        no_digit = not any(char.isdigit() for char in line)
        return (
            self._is_short(line) and no_digit and len(words) <= _MOST_TITLE_WORDS and all(capital)
        )

    def _is_short(self, line: str) -> bool:
        return len(line) <= self._apart.signature.longest_line and not self._thanks.matter.search(
            line
        )


_GREETINGS = frozenset(
    {"dear", "hey", "lieber", "liebe", "sehr", "cher", "chère", "estimado", "estimada", "gentile"}
    | {"beste", "geachte", "kære", "bästa"}
)


def _bare(piece: str) -> str:
    """Return a piece of a line without signs and pictures around and within it."""
    kept = _NOT_SPOKEN.sub(" ", unicodedata.normalize("NFC", piece).replace("\u2019", "'"))
    return " ".join(kept.split())

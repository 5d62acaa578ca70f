"""Sign-off: whether the lines below a thank-you tell who its writer is and where, and no more.

A capital proves no name, and a telephone number no signature: "Judgment Affirmed" has the one, and
where the widow lives the other. So each piece of a line has to be known, whole: the sender's or the
consultant's name, a title, the sender's firm, a number, or something of the sender's own domain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr

from config.apart import ApartRules, spoken
from config.not_submissions import Thanks
from gateway.road.package import Package, SetApart

_MOST_LINES = 10
_LEAST_LETTERS = 3  # of a word that a domain is made of
_PIECE = re.compile(r"\s*[,|\u00b7\u2022]\s*|\s+[-\u2013\u2014]+\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019.-][^\W\d_]+)*\.?")
_ALL = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W\d_]+")
_JOINS = frozenset({"&", "+", "and", "of", "the", "und", "et", "y"})
_HONORIFICS = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "herr", "herrn", "frau", "mme"}
    | {"madame", "monsieur", "sra", "sr", "señora", "señor", "sig", "signora", "dott", "mevrouw"}
)


@dataclass(frozen=True)
class Known:
    """What is known of who writes a message, and to whom, in small letters."""

    names: frozenset[str]  # the words of the sender's and the consultant's names
    firm: frozenset[str]  # those of the firm's name
    domain: str  # of the sender's address

    @classmethod
    def of(cls, package: Package) -> Known:
        """Return what the directory and header From say."""
        name, address = parseaddr(package.header_from)
        local, _, domain = address.rpartition("@")
        found = package.resolution
        return cls(
            _words(f"{name} {local} {found.consultant_name or ''}"),
            _words(found.firm_name or ""),
            domain.casefold(),
        )


class SignOff:
    """Reads the lines in which one message may be signed."""

    def __init__(self, known: Known, thanks: Thanks, apart: ApartRules) -> None:
        self._known = known
        self._thanks = thanks
        self._longest = apart.signature.longest_line
        domain = re.escape(known.domain)
        address, place = rf"[\w.+-]+@{domain}", rf"(?:https?://)?(?:www\.)?{domain}/?"
        self._way = re.compile(
            rf"(?:(?:e-?mail|mail|e|web|w)\b ?[.:]? ?)?"
            rf"(?:{address}(?: ?<mailto:{address}>)?|{place}(?: ?<{place}>)?)",
            re.IGNORECASE,
        )

    def is_name(self, text: str) -> bool:
        """Say whether words are a name of somebody who is known, and speak of no matter."""
        words = [one for one in _plain(text) if one not in _HONORIFICS]
        whole = "".join(_WORD.findall(text)) == text.replace(" ", "")
        known = [one for one in words if one in self._known.names]
        return (
            whole
            and bool(known)
            and all(one in self._known.names or len(one) == 1 for one in words)
            and not self._thanks.matter.search(" ".join(words))
        )

    def is_titled(self, text: str) -> bool:
        """Say whether words are a name that bears a title: "Ms. Reyes"."""
        title, *names = text.split()
        return (
            title.casefold().strip(".") in _HONORIFICS
            and 0 < len(names) <= 2
            and all(_WORD.fullmatch(one) and one[0].isupper() for one in names)
            and not self._thanks.matter.search(text)
        )

    def signs(self, lines: list[str]) -> bool:
        """Say whether lines are a signature that begins with a known name, or there are none."""
        # No line is divided before it is known to be short: a gap is tried from each place in it.
        return not lines or (self.are_signature(lines) and self.is_name(_PIECE.split(lines[0])[0]))

    def are_signature(self, lines: list[str]) -> bool:
        """Say whether lines tell who somebody is and where, and nothing else."""
        return len(lines) <= _MOST_LINES and all(map(self._is_line, lines))

    def is_usual(self, apart: SetApart) -> bool:
        """Say whether a notice or a banner is in the words of such, and in no others.

        That a mail is confidential, and for settlement only, stands in the same paragraph as the
        offer.
        """
        if apart.what not in {"notice", "banner"}:
            return True
        said = spoken(apart.text)
        known = self._known.names | self._known.firm
        begins = apart.what == "banner" or self._thanks.notice.match(said) is not None
        return begins and all(
            one in known or self._thanks.notice_word.fullmatch(one) is not None
            for one in _ALL.findall(said)
        )

    def _is_line(self, line: str) -> bool:
        if len(line) > self._longest:
            return False
        pieces = [one for one in _PIECE.split(line.strip(" *_")) if one]
        is_whole = self._thanks.added.fullmatch(spoken(line)) or self._is_firm(line)
        return bool(is_whole) or all(map(self._is_piece, pieces))

    def _is_piece(self, piece: str) -> bool:
        said = spoken(piece).strip("().")
        return (
            self._thanks.title.fullmatch(said) is not None
            or self._thanks.contact.fullmatch(spoken(piece)) is not None
            or (bool(self._known.domain) and self._way.fullmatch(piece) is not None)
            or self.is_name(piece)
            or self._is_firm(piece)
        )

    def _is_firm(self, line: str) -> bool:
        """Say whether a line is the name of the sender's firm, by the directory or the domain.

        By the domain alone it has to be said to be a firm: "Baker LLP".
        """
        words = [one.casefold().strip(".,") for one in line.replace(",", " ").split()]
        own = [one for one in words if one not in _JOINS and not self._thanks.firm.fullmatch(one)]
        if not own:
            return False
        if all(one in self._known.firm for one in own):
            return True
        said = any(map(self._thanks.firm.fullmatch, words))
        label = "".join(_LETTERS.findall(self._known.domain.rpartition(".")[0]))
        return said and all(
            one in self._known.names | self._known.firm
            or (len(one) >= _LEAST_LETTERS and one in label)
            for one in own
        )


def _plain(text: str) -> list[str]:
    return [one.casefold().strip(".") for one in _WORD.findall(text)]


def _words(text: str) -> frozenset[str]:
    return frozenset((*_plain(text), *(one.casefold() for one in _LETTERS.findall(text))))

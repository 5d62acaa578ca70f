"""The narrative: the new words of a message without what stands around them.

Signatures, notices under a message and banners above it are set apart for the narrative alone: the
whole message is filed whole, and a case number is looked for in all of it. A wrong cut costs a line
of the list; so little is cut that is not sure, and never everything.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from config.apart import ApartRules, spoken
from gateway.road.package import SetApart, Words

_MOST_CHARACTERS = 100_000  # of one message; what is behind them is set apart by nobody
_MOST_ROUNDS = 8
_MOST_BANNERS = 4
_BANNER_LINES, _BANNER_CHARACTERS = 8, 700
_NOTICE_CHARACTERS = 4000
_NOTICE_LOOK = 60  # lines from the end in which notices and signatures are looked for
_SENTENCE_WORDS = 8
_STATEMENT_WORDS = 4
_TWO_SENTENCES = re.compile(r"\w.*[^\W\d_]{3,}[.!?] [A-Z][a-z]+ (?:\S+ ){2,}.*[.!?]")
_FLOWING = 45  # a line at least this long may go on in the next one
_SIGN_OFF_WORDS = 4  # "Thanks, Pat" and "Best regards Pat Hall"
_DASHES = re.compile(r"--\s*")
_RULE = re.compile(r"[-_=*~#\u2014\u2013\u2500 ]{2,}")
_LINK = re.compile(r" ?<https?://[^>\n]*>")  # behind the words of a link, in `text` alone
_POSTSCRIPT = re.compile(r"(?:p\.? ?p?\.? ?s|n\.?b|p/s)\b[.:)]?", re.IGNORECASE)
_ENDS = (".", "!", "?", ":", "]", "*", "\u3002", "\uff01")
_CLOSING_ENDS = " ,.!;:\u2013\u2014-~\u3002\uff0c\u3001)"
# What no reader sees: no word may hide among it, and nothing of it counts as one.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_JOINER = re.compile(r"(?<![^\x00-\x7f\s])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\s])")


@dataclass(frozen=True)
class Split:
    """What a message says, and what of it was set apart, in the order in which it was found."""

    kept: str
    apart: tuple[SetApart, ...]


def narrative_of(own: Words, rules: ApartRules) -> Split:
    """Return a message's narrative, in NFC and without what is not seen.

    Where nothing is new the whole message is: somebody passes it on without a word.
    """
    new, apart = own.new, []
    if not _seen(new).strip():
        new = own.text
    elif len(own.new.split()) < len(_LINK.sub("", own.text).split()):
        apart.append(SetApart("history", _without(own.text, own.new)))
    text = unicodedata.normalize("NFC", _seen(new))
    split = split_words(text[:_MOST_CHARACTERS], rules, _names(own.header_from))
    kept = split.kept + text[_MOST_CHARACTERS:]
    return Split(kept, (*apart, *split.apart))


def split_words(text: str, rules: ApartRules, names: frozenset[str] = frozenset()) -> Split:
    """Split words into what is said and what stands around it.

    `names` are the words of the sender's name, and their address, in small letters. Words that
    would all be set apart are kept.
    """
    cutter = _Cutter(text.split("\n"), rules, names)
    cutter.cut()
    kept = "\n".join(cutter.lines).strip("\n")
    if not any(char.isalnum() for char in kept):
        return Split(text, ())
    return Split(kept, tuple(cutter.apart))


def _seen(text: str) -> str:
    return _JOINER.sub("", _INVISIBLE.sub("", text))


def _without(text: str, new: str) -> str:
    """Return what a text holds beside its new words: where they begin or end it, that alone."""
    whole, part = text.strip(), new.strip()
    if part and whole.startswith(part):
        return whole[len(part) :].strip()
    if part and whole.endswith(part):
        return whole[: -len(part)].strip()
    return ""


def _names(header_from: str) -> frozenset[str]:
    name, address = parseaddr(header_from)
    words = re.findall(r"[^\W\d_]{3,}", name.casefold())
    return frozenset((*words, address.casefold()) if address else words)


def _is_statement(line: str) -> bool:
    return len(line.split()) >= _STATEMENT_WORDS and line.endswith((".", "!", "?"))


class _Cutter:
    """One message being cut, from both ends."""

    def __init__(self, lines: list[str], rules: ApartRules, names: frozenset[str]) -> None:
        self.lines = lines
        self.apart: list[SetApart] = []
        self._rules = rules
        self._names = names

    def cut(self) -> None:
        """Take everything that stands around the words away, from the outside in."""
        for _ in range(_MOST_BANNERS):
            if not (self._tag() or self._banner()):
                break
        for _ in range(_MOST_ROUNDS):
            if not (self._notice() or self._added() or self._marked() or self._signed()):
                break
            del self.lines[self._end() :]

    # -- above the words --

    def _tag(self) -> bool:
        place = self._first()
        if place is None or not (found := self._rules.tag.match(self.lines[place][:200])):
            return False
        self.apart.append(SetApart("tag", found[0].strip()))
        self.lines[place] = self.lines[place][found.end() :]
        return True

    def _banner(self) -> bool:
        place = self._first()
        if place is None:
            return False
        end = self._banner_end(place)
        if end is None or not any(map(str.strip, self.lines[end:])):
            return False
        self._take("banner", place, end)
        return True

    def _banner_end(self, place: int) -> int | None:
        """Return where a banner ends that begins at a line, if one does."""
        end = place
        while end < len(self.lines) and end - place < _BANNER_LINES and self.lines[end].strip():
            end += 1
            joined = " ".join(" ".join(self.lines[place:end]).split())
            if len(joined) > _BANNER_CHARACTERS:
                return None
            if self._rules.banner.search(joined):
                break
        else:
            return None
        while (
            end < len(self.lines)
            and end - place < _BANNER_LINES
            and (line := self.lines[end].strip())
            and (
                not self.lines[end - 1].rstrip().endswith(_ENDS)
                or self._rules.banner.search(line)
                or _RULE.fullmatch(line)
            )
        ):
            end += 1
        return end

    def _first(self) -> int | None:
        for place, line in enumerate(self.lines):
            if line.strip() and not _RULE.fullmatch(line.strip()):
                return place
        return None

    # -- below them --

    def _notice(self) -> bool:
        """Take the last paragraph, or the end of it, where it speaks of the message itself."""
        end = self._end()
        start = end
        while start > 0 and end - start < _NOTICE_LOOK and self.lines[start - 1].strip():
            start -= 1
        whole = " ".join(" ".join(self.lines[start:end]).split())[-_NOTICE_CHARACTERS:]
        if not self._rules.around.search(whole):
            return False
        for place in range(end - 1, start - 1, -1):
            joined = " ".join(" ".join(self.lines[place:end]).split())
            if len(joined) > _NOTICE_CHARACTERS:
                break
            kind = "notice" if self._rules.notice.search(joined) else None
            if kind is None and self._rules.banner.search(joined):
                kind = "banner"
            if kind is None:
                continue
            begin = place
            while begin > start and self._flows_into(begin):
                begin -= 1
            self._take(kind, begin, len(self.lines))
            return True
        return False

    def _flows_into(self, place: int) -> bool:
        """Say whether the line above goes on in this one, or is its heading."""
        above = self.lines[place - 1].strip()
        is_heading = len(above) < _FLOWING and above.isupper() and len(above.split()) > 1
        return is_heading or (len(above) >= _FLOWING and not above.endswith(_ENDS))

    def _added(self) -> bool:
        """Take what a telephone or a program added as the last line."""
        end = self._end()
        if not end or not self._rules.signature.added.fullmatch(self.lines[end - 1].strip()[:200]):
            return False
        self._take("signature", end - 1, len(self.lines))
        return True

    def _marked(self) -> bool:
        """Take a signature under its mark; any but the usual one needs a name or a contact."""
        end = self._end()
        for place in range(end - 1, max(0, end - _NOTICE_LOOK) - 1, -1):
            line = self.lines[place]
            if not self._rules.signature.mark.fullmatch(line):
                continue
            below = [one.strip() for one in self.lines[place + 1 : end] if one.strip()]
            usual = _DASHES.fullmatch(line) and len(below) <= 2 * self._rules.signature.most_lines
            # Without its space the mark may be a rule under a heading.
            is_rule = not line.endswith(" ") and any(map(_is_statement, below))
            usual = usual and not (is_rule and not self._tells_who(below))
            few = len(below) <= self._rules.signature.most_lines
            if below and (usual or (few and self._may_sign(below) and self._tells_who(below))):
                self._take("signature", place, len(self.lines))
                return True
        return False

    def _signed(self) -> bool:
        """Take a signature under its closing, or a block that tells how to reach the sender."""
        end = self._end()
        found = None
        most = self._rules.signature.most_lines
        for place in range(end - 1, max(0, end - _NOTICE_LOOK) - 1, -1):
            below = [one.strip() for one in self.lines[place + 1 : end] if one.strip()]
            if len(below) > most or not self._may_sign(below):
                break
            if self._is_closing(self.lines[place]):
                found = place
        if found is None:
            found = self._block(end)
        if found is None:
            return False
        self._take("signature", found, len(self.lines))
        return True

    def _is_closing(self, line: str) -> bool:
        said = spoken(line)
        closings = self._rules.signature.closings
        if said.strip(_CLOSING_ENDS) in closings:
            return True
        words = said.split()
        return any(
            " ".join(words[:count]).strip(_CLOSING_ENDS) in closings
            and self._is_name(words[count:], comma=words[count - 1].endswith((",", "-", "!")))
            for count in range(min(len(words) - 1, 5), 0, -1)
        )

    def _is_name(self, words: Sequence[str], *, comma: bool) -> bool:
        """Say whether this is the sender's name behind a closing, or one word after a comma."""
        named = any(word.strip(_CLOSING_ENDS) in self._names for word in words)
        return len(words) <= _SIGN_OFF_WORDS and (named or (comma and len(words) == 1))

    def _may_sign(self, below: Sequence[str]) -> bool:
        """Say whether lines may be a signature: none is a sentence, and none a postscript."""
        return not any(
            len(line) > self._rules.signature.longest_line
            or _POSTSCRIPT.match(line)
            or (len(line.split()) >= _SENTENCE_WORDS and line.endswith((".", "!", "?", ";")))
            or _TWO_SENTENCES.fullmatch(line)
            for line in below
        )

    def _tells_who(self, lines: Sequence[str]) -> bool:
        said = " ".join(lines).casefold()
        words = set(re.findall(r"[^\W\d_]{3,}", said))
        named = bool(words & self._names) or any("@" in one and one in said for one in self._names)
        return named or any(self._rules.signature.contact.search(line) for line in lines)

    def _block(self, end: int) -> int | None:
        """Return where a last paragraph begins that names the sender and tells two ways to them."""
        start = end
        while start > 0 and self.lines[start - 1].strip():
            start -= 1
        below = [one.strip() for one in self.lines[start:end]]
        ways = sum(bool(self._rules.signature.contact.search(line)) for line in below)
        # A name stands alone on its line, or beside a title.
        top = " ".join(one for one in below[:2] if len(one.split()) <= _SIGN_OFF_WORDS)
        words = set(re.findall(r"[^\W\d_]{3,}", top.casefold())) if "@" not in top else set()
        short = 2 < len(below) <= self._rules.signature.most_lines and self._may_sign(below)
        return start if start and short and ways >= 2 and words & self._names else None

    def _end(self) -> int:
        """Return the end of the words, without blank lines and rules behind them."""
        end = len(self.lines)
        while end and (
            not self.lines[end - 1].strip() or _RULE.fullmatch(self.lines[end - 1].strip())
        ):
            end -= 1
        return end

    def _take(self, kind: str, start: int, end: int) -> None:
        taken = "\n".join(self.lines[start:end]).strip("\n")
        self.apart.append(SetApart(kind, taken))
        del self.lines[start:end]

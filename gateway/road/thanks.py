"""Thanks: whether a letter says no more than thank you.

Whoever thanks expects nothing to be filed; whoever writes one word more may. So each sentence has
to be a known one, whole, and below them stands a signature and nothing else. What is answered is
either a mail of ours, which says nothing new when it is quoted, or nothing is answered at all.
"""

from __future__ import annotations

import re
import unicodedata

from config.apart import ApartRules, spoken
from config.not_submissions import Thanks
from gateway.road.package import Package
from gateway.road.sign_off import Known, SignOff

_MOST_CHARACTERS = 200  # of what is said
_REPLY = re.compile(
    r"\s*(?:(?:re|aw|antw|antwort|sv|vs|odp|ri|r|réf?|回复|回覆|答复|답장)\s*+(?:\[\d+\]\s*+)?"
    r"[:\uff1a]\s*+)+"
    r"(?!\s*(?:fwd?|wg|tr|rv|i|enc|pd|doorst|vb|vl|转发)\s*[:\uff1a])",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"[.!;\u3002\uff01\n]+|,|\uff0c|\s[-\u2013\u2014]+\s|(?<=\s)[:;]-?\)(?=\s|\Z)"
)
_QUESTION = re.compile("[?\u00bf\u037e\u061f\uff1f]")
_NOT_SPOKEN = re.compile(r"[^\w\s'\u2019-]+")
# Pictures that agree to nothing: folded hands, smiles, hearts, flowers. A thumb up is a yes.
_POLITE = frozenset("\U0001f64f\U0001f60a\U0001f642\U0001f600\U0001f603\u263a\u2764\U0001f490")
_TONES = range(0x1F3FB, 0x1F400)
_GREETINGS = frozenset(
    {"hi", "hello", "hey", "dear", "hallo", "lieber", "liebe", "bonjour", "cher", "chère", "hola"}
    | {"estimado", "estimada", "gentile", "buongiorno", "beste", "geachte", "hej", "hei", "kære"}
    | {"bästa"}
)


def is_thanks(package: Package, thanks: Thanks, apart: ApartRules, *, answers_us: bool) -> bool:
    """Say whether a letter without a document is a thank-you and nothing else.

    Its subject is nothing but thanks, unless it is that of a reply to a mail of ours.
    """
    words = package.own_words
    quotes = any(one.what == "history" for one in package.set_apart)
    if words.differs or words.lossy or words.other_subjects or not words.new.strip():
        return False
    if not answers_us and (quotes or package.answered):
        return False
    reader = _Reader(thanks, apart, SignOff(Known.of(package), thanks, apart))
    reply = _REPLY.match(package.subject)
    subject = package.subject[reply.end() :] if reply else package.subject
    if not (answers_us and reply) and not reader.is_polite(subject):
        return False
    said, marked = _lines(package, thanks, apart)
    return (
        all(map(reader.sign_off.is_usual, package.set_apart))
        and reader.only_thanks(said)
        and reader.sign_off.are_signature(marked)
    )


def _lines(package: Package, thanks: Thanks, apart: ApartRules) -> tuple[list[str], list[str]]:
    """Return the words with what signs them, and the signature under a mark, line by line.

    A closing is set apart with what stands below it, and may be all the thanks there are.
    """
    said, marked = [package.narrative], []
    for one in reversed(package.set_apart):  # they were taken off the end
        first, _, below = one.text.partition("\n")
        if one.what != "signature" or thanks.added.fullmatch(spoken(one.text)):
            continue
        if apart.signature.mark.fullmatch(first):
            marked.append(below)
        else:
            said.append(one.text)
    return _filled(said), _filled(marked)


def _filled(texts: list[str]) -> list[str]:
    lines = (line.strip() for text in texts for line in text.split("\n"))
    return [line for line in lines if line]


class _Reader:
    """Reads the lines of one message."""

    def __init__(self, thanks: Thanks, apart: ApartRules, sign_off: SignOff) -> None:
        self.sign_off = sign_off
        self._thanks = thanks
        self._closings = apart.signature.closings

    def only_thanks(self, lines: list[str]) -> bool:
        """Say whether the lines thank, and say nothing else."""
        thanked, count, said = False, 0, 0
        for line in lines:
            what = self._spoken(line, greets=count == 0)
            if what is None:
                break
            thanked, count, said = thanked or what, count + 1, said + len(line)
        return thanked and said <= _MOST_CHARACTERS and self.sign_off.signs(lines[count:])

    def is_polite(self, line: str) -> bool:
        """Say whether a line is thanks or what is said beside them."""
        return self._spoken(line, greets=False) is not None

    def _spoken(self, line: str, *, greets: bool) -> bool | None:
        """Say whether a line thanks; None where it says anything that is not known."""
        if _QUESTION.search(line) or any(map(_says_something, line)):
            return None
        if greets and self._is_greeting(line):
            return False
        thanked, pieces = False, [_bare(one) for one in _SENTENCE.split(line)]
        pieces = [one for one in pieces if one]
        for place, piece in enumerate(pieces):
            if self._is_thanks(piece):
                thanked = True
            elif not (
                self._thanks.beside.fullmatch(spoken(piece))
                or self._is_closing(piece)
                or (place > 0 and self.sign_off.is_name(piece))
                or (greets and line == f"{piece}," and self.sign_off.is_name(piece))
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
        return bool(first) and self.sign_off.is_name(last) and known(spoken(first)) is not None

    def _is_closing(self, piece: str) -> bool:
        """A closing that asks for nothing, as "Thanks in advance" does."""
        said = spoken(piece)
        return said in self._closings and not self._thanks.matter.search(said)

    def _is_greeting(self, text: str) -> bool:
        """A word of greeting and a name: "Hi Dana", "Dear Ms. Reyes"."""
        first, _, name = text.rstrip(" ,:!").partition(" ")
        is_greeting = spoken(first) in _GREETINGS and bool(name)
        return is_greeting and (self.sign_off.is_name(name) or self.sign_off.is_titled(name))


def _bare(piece: str) -> str:
    """Return a piece of a line without signs and pictures around and within it."""
    kept = _NOT_SPOKEN.sub(" ", unicodedata.normalize("NFC", piece).replace("\u2019", "'"))
    return " ".join(kept.split())


def _says_something(char: str) -> bool:
    """Say whether a sign is one that may agree, or be an amount: "\N{THUMBS UP SIGN}", "$"."""
    is_sign = unicodedata.category(char).startswith("S")
    return is_sign and char not in _POLITE and ord(char) not in _TONES

"""A password that is said in words: "Password: …", "the pw for the attachment is …".

What is taken for one is masked in what we file, so a wrong guess costs a word of the message. So
little is taken that is not sure: a value in quotes, or behind a label, or one that no plain word
looks like. "The password is in my next mail" says none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gateway.numbers.legible import visible

MASK = "\N{BULLET}" * 8  # as long whatever stood there
_MOST_SAID = 1_000  # in one text; nobody says more
_MOST_TRIED = 5
_LOOK = 240  # characters behind a keyword in which its password stands
_LONGEST = 64
_SHORTEST = 4  # without quotes
_FEW_WORDS = 3

_KEYWORD = re.compile(
    r"(?<![^\s*_(\"'>\u201c\u201e\u00ab])(?:pass[ -]?(?:word|code|phrase)|pwd?|p/w"
    r"|passwort|kennwort|wachtwoord|mot de passe|contrase\u00f1a|password[ea])(?![\w/@]|\.\w|-\w)",
    re.IGNORECASE,
)
_GAP = r"[^\S\n]"
_DECOR = "[*_]{0,2}"
# Behind the keyword: what it is the password of, in a few words and on the same line.
_OF = (
    rf"(?:{_GAP}+(?:for|to|of|on|f\u00fcr|zu[mr]?|pour|para|voor|per)"
    rf"(?:{_GAP}+[^\s:=\"\u201c]{{1,60}}){{1,8}}?)?"
)
_IS = r"(?:is|are|was|will be|lautet|ist|est|es|\u00e8)"
_LABEL = re.compile(rf"{_DECOR}{_OF}{_DECOR}{_GAP}*(?:{_GAP}{_IS}{_GAP}*)?[:=]{_DECOR}{_GAP}*")
_SENTENCE = re.compile(
    rf"{_OF}{_GAP}+{_IS}(?:{_GAP}+(?:now|still|simply|again))?(?:{_GAP}+|{_GAP}*\n\s*)",
    re.IGNORECASE,
)
_BARE = re.compile(rf"{_GAP}+(?:-{_GAP}+)?")  # "pw Xk29-q"
_QUOTED = re.compile(
    r"\"([^\"\n]{1,64})\"|\u201c([^\u201d\n]{1,64})\u201d|\u201e([^\u201c\u201d\n]{1,64})[\u201c\u201d]"
    r"|(?<!\w)'([^'\n]{1,64})'(?!\w)|\u2018([^\u2019\n]{1,64})\u2019"
    r"|\u00ab ?([^\u00bb\n]{1,64}?) ?\u00bb|`([^`\n]{1,64})`"
)
# What stands in front of the keyword: "use Xk29-q as the password".
_BEFORE = re.compile(
    rf"(?P<value>\S{{1,{_LONGEST + 2}}}){_GAP}+(?:is|as|ist|als){_GAP}+"
    rf"(?:(?:the|your|our|das|its|a){_GAP}+)?(?:(?:zip|pdf|file|document|opening){_GAP}+)?$",
    re.IGNORECASE,
)
_ENDS = ".,;:)]}>*_"
_PAUSES = ".,;"
_CRIES = "!?"  # of the password as often as of the sentence
# Whole values that are said of a password, and are none.
_NO_PASSWORD = re.compile(
    r"(?:https?:|www\.|mailto:|<|\[)|.+@.+\.\w|[\u2022\u25cf*._xX\u2026-]+$|"
    r"(?:n/?a|none|tbd|tba|yes|no|required|needed|protected|see|follows?|following|below|above|attached"
    r"|separate(?:ly)?|same|unchanged|unknown|wrong|incorrect|missing|secret|confidential|hidden|reset"
    r"|forgot(?:ten)?|change|to|the|in|as|by|will|sent|your|our|my|his|her|a|an|not|for|per|with|on|"
    r"via|under|please|folgt|siehe|separat|wird|voir|suit|protection|policy|manager|only|optional)"
    r"[.,;:!?)]*$",
    re.IGNORECASE,
)
_INNER_CAPITAL = re.compile(r"[a-z\u00e0-\u00ff][A-Z]")
_SIGN = re.compile(r"[^\w\s.,;:!?'\"()\u2019-]")


@dataclass(frozen=True)
class Said:
    """A password where it is said: the characters that are masked, and what to try, best first."""

    start: int
    end: int
    tries: tuple[str, ...]


def said_in(text: str) -> Iterator[Said]:
    """Give the passwords that a text says, in its order and apart from each other."""
    seen, offsets = visible(text)
    past = 0
    for number, keyword in enumerate(_KEYWORD.finditer(seen)):
        if number == _MOST_SAID:
            return
        found = _behind(seen, keyword) or _in_front(seen, keyword.start(), past)
        if found is None or found.start < past:
            continue
        past = found.end
        yield Said(offsets[found.start], offsets[found.end - 1] + 1, found.tries)


def masked(text: str) -> str:
    """Return a text with every password that it says masked."""
    kept, past = [], 0
    for one in said_in(text):
        kept += [text[past : one.start], MASK]
        past = one.end
    return "".join((*kept, text[past:])) if kept else text


def to_try(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what to try of the passwords that texts say: each once, and no more than a few."""
    found = (one for text in texts for said in said_in(text) for one in said.tries)
    return tuple(dict.fromkeys(found))[:_MOST_TRIED]


def _behind(text: str, keyword: re.Match[str]) -> Said | None:
    after = text[keyword.end() : keyword.end() + _LOOK]
    place = keyword.end()
    if label := _LABEL.match(after):
        return _labelled(after, label.end(), place)
    if sentence := _SENTENCE.match(after):
        return _value(after, sentence.end(), place, strict=True)
    if len(keyword[0]) <= 3 and (bare := _BARE.match(after)):
        return _value(after, bare.end(), place, strict=True)
    if (gap := _BARE.match(after)) and (quoted := _QUOTED.match(after, gap.end())):
        return _said(_inside(quoted), place + gap.end(), place + quoted.end())
    return None


def _labelled(after: str, start: int, place: int) -> Said | None:
    """Read what stands behind a label: the rest of its line, or the next line with something."""
    rest, _, below = after[start:].partition("\n")
    if rest.strip():
        found = _value(after, start, place, strict=False)
        words = rest.strip().split()
        is_short = 1 < len(words) <= _FEW_WORDS and len(rest.strip()) <= _LONGEST
        if found is None or _QUOTED.match(rest) or not is_short:
            return found if found or not is_short else _phrase(after, start, place)
        return _phrase(after, start, place) or found
    gap = len(below) - len(below.lstrip())
    return _value(after, start + len(rest) + 1 + gap, place, strict=True, alone=True)


def _phrase(after: str, start: int, place: int) -> Said | None:
    """Read a line of two or three words as a password, where one of them is no plain word."""
    rest = after[start:].partition("\n")[0].rstrip()
    words = rest.split()
    if words[0][-1] in _PAUSES or _NO_PASSWORD.match(words[0]):
        return None
    if not any(_is_strong(one, 1) for one in words):
        return None
    tries = [rest.rstrip(_ENDS), rest, rest.rstrip(_ENDS + _CRIES)]
    if _is_strong(words[0]):
        tries.append(words[0].rstrip(_ENDS))
    return _said_as(tries, place + start, place + start + len(rest))


def _value(after: str, start: int, place: int, *, strict: bool, alone: bool = False) -> Said | None:
    """Read one value: in quotes, or one word; a plain word is none where it is `strict`.

    `alone` is one that must have its line for itself.
    """
    if quoted := _QUOTED.match(after, start):
        return _said(_inside(quoted), place + start, place + quoted.end())
    line = after[start:].partition("\n")[0]
    word, _, more = line.partition(" ")
    word = word.strip()
    if not word or (alone and more.strip()):
        return None
    bare = word.strip("*_").rstrip(_ENDS)
    is_plain = not _is_strong(word) and (strict or bool(more.strip()))
    if len(bare) < _SHORTEST or len(word) > _LONGEST or is_plain or _NO_PASSWORD.match(word):
        return None
    tries = [bare, word, bare.rstrip(_CRIES)]
    return _said_as(tries, place + start, place + start + len(word))


def _in_front(text: str, keyword: int, past: int) -> Said | None:
    """Read a value that is said to be the password behind it."""
    begin = max(past, keyword - _LOOK)
    line = text[begin:keyword].rpartition("\n")[2]
    begin = keyword - len(line)
    for quoted in _QUOTED.finditer(line):
        if _BEFORE.search("x" + line[quoted.end() :]) and len(line) - quoted.end() < 40:
            return _said(_inside(quoted), begin + quoted.start(), begin + quoted.end())
    found = _BEFORE.search(line)
    if found is None or not _is_strong(found["value"]) or _NO_PASSWORD.match(found["value"]):
        return None
    value = found["value"]
    return _said_as([value], begin + found.start("value"), begin + found.end("value"))


def _is_strong(word: str, shortest: int = _SHORTEST) -> bool:
    """Say whether no plain word looks like this: a digit, a sign or a capital within it."""
    bare = word.rstrip(_ENDS + _CRIES)
    if len(bare) < shortest:
        return False
    has_digit = any(char.isdigit() for char in bare)
    return has_digit or bool(_INNER_CAPITAL.search(bare) or _SIGN.search(bare))


def _inside(quoted: re.Match[str]) -> str:
    return next(one for one in quoted.groups() if one is not None)


def _said(inside: str, start: int, end: int) -> Said | None:
    return _said_as([inside.strip()], start, end) if not _NO_PASSWORD.match(inside) else None


def _said_as(tries: list[str], start: int, end: int) -> Said | None:
    known = tuple(dict.fromkeys(filter(None, tries)))
    return Said(start, end, known) if known else None

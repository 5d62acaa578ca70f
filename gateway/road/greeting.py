"""Greeting: who is greeted where the new words of a message begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINES_LOOKED_AT = 6  # "Re: …" and a date may stand above it
_LONGEST = 80
_OPENING = re.compile(
    r"(?:(?:dear|hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|attn|attention"
    r"|sehr geehrte[rs]?|liebe[rs]?|hallo|guten (?:tag|morgen|abend)|grüß gott|moin"
    r"|bonjour|bonsoir|ch[eè]re?|estimad[oa]|hola|buen(?:os)? (?:días|dias|tardes|día)"
    r"|gentile|egregi[oa]|buongiorno|beste|geachte|bästa|hej|kære)\b[ .:,]*)(?P<names>.*)",
    re.IGNORECASE,
)
# "Dana," or "Ms. Reyes:" alone on the first line.
_BARE = re.compile(r"(?P<names>[^\W\d_][^,:;!\n]{1,60})[,:!\u2013\u2014-]")
_TITLES = re.compile(
    r"(?<![^\W_])(?:mr|mrs|ms|miss|mx|dr|prof|professor|herrn?|frau|m|mme|mlle|madame|monsieur"
    r"|sra|sr|srta|señora|señor|sig|signora?|dott|dhr|mevr|mevrouw|meneer|esq)\b\.?",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"(?:sehr geehrte[rs]?|liebe[rs]?|dear|ch[eè]re?)\b", re.IGNORECASE)
_AND = re.compile(r"\s*(?:,|/|&|\+|\b(?:and|und|et|y|e|en|och|og)\b)\s*", re.IGNORECASE)
_MESSAGE = re.compile(r"[:;!.\u2013\u2014](?:\s|\Z)|\s-\s")
_TITLE = "\x00"
_ENDS = " \t.,:;!\u2013\u2014-"


@dataclass(frozen=True)
class Greeted:
    """Somebody who is greeted: the name as it is written, and whether it bears a title."""

    name: str
    titled: bool  # then it is a last name or a whole one: "Dr. Lee" is not Lee Park


def greeted(text: str) -> tuple[Greeted, ...]:
    """Return who is greeted where a text begins; nobody is common.

    Looked for in the first six lines that are not blank; a name alone ("Dana,") on the first only.
    """
    lines = [line.strip() for line in text.split("\n", 40) if line.strip()][:_LINES_LOOKED_AT]
    for place, line in enumerate(lines):
        match = _OPENING.match(line[: 2 * _LONGEST])
        if match is None and place == 0 and len(line) <= _LONGEST:
            match = _BARE.fullmatch(line)
        if match is not None:
            return tuple(_people(match["names"]))
    return ()


def _people(written: str) -> Iterator[Greeted]:
    marked = _TITLES.sub(f" {_TITLE} ", written.replace(_TITLE, " ")[:_LONGEST])
    # What stands behind the name on the same line is the message: "Hi Dana - attached is …".
    for piece in _AND.split(_MESSAGE.split(marked, maxsplit=1)[0]):
        bare = _AGAIN.sub(" ", piece.replace(_TITLE, " "))
        if name := " ".join(bare.split()).strip(_ENDS):
            yield Greeted(name, titled=_TITLE in piece)

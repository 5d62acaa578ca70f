"""The new words of a message: its text without the history that programs quote under it."""

from __future__ import annotations

import itertools
import re

from config.apart import History, rules

_ADDRESS_OR_TIME = re.compile(r"[^\s<>]@[^\s<>]|\d{1,2}[:.h]\d{2}")
_ADDRESS = re.compile(r"[^\s<>]@[^\s<>]")
_WITHOUT_A_VERB = re.compile(
    r"(?=.{0,40}?\d{1,2}:\d\d)(?:\w{2,12},? )?"
    r"(?:\d{1,2}[./-]\d{1,2}[./-](?:\d\d){1,2}|(?:19|20)\d\d-\d\d-\d\d"
    r"|\d{1,2}\.? \w{3,12}\.? (?:19|20)\d\d|\w{3,12} \d{1,2}, (?:19|20)\d\d)"
    r"[^@]{1,100}(?:< ?[^\s<>@]+@[^\s<>]+>(?: \([^()]{0,40}\))?|\bby [^\s<>@]+@[^\s<>]+)\s?:"
)
_LONGEST_ATTRIBUTION = 400
_RULE = re.compile(r"[_\-]{10,}|\*{10,}")
_QUOTED = re.compile(r"[ \t]?(?:>|\|(?= ))")
_LONGEST_LOOK = 600


def new_words(text: str) -> str:
    """Return `text` without quoted history, forwarded messages included.

    Everything goes from a separator, a header block or an attribution on. Where the lines under an
    attribution are marked with ">", only they and it go: what stands below them is the answer of
    somebody who writes under the question. Without any of these, marked lines at the end go.
    """
    lines = text.split("\n")
    for place in range(len(lines)):
        if _cuts_all(lines, place):
            return trimmed(lines[:place])
        length = _attribution(lines, place)
        if not length:
            continue
        behind = _skip_blank(lines, place + length)
        if behind >= len(lines) or not _QUOTED.match(lines[behind]):
            return trimmed(lines[:place])
        answer = [line for line in lines[behind:] if not _QUOTED.match(line)]
        below = new_words("\n".join(answer))
        return "\n\n".join(piece for piece in (trimmed(lines[:place]), below) if piece)
    end = len(lines)
    marked = 0
    while end and (not lines[end - 1].strip() or _QUOTED.match(lines[end - 1])):
        end -= 1
        marked += bool(lines[end].strip())
    if marked == 1 and end and lines[end].strip():
        end += 1  # one line right under others: "> 5 mg" is no quotation
    return "\n".join(lines[:end]).strip("\n")


def is_attribution(lines: list[str], place: int) -> bool:
    """Say whether a line begins an attribution: "On Monday Pat Hall <pat@…> wrote:"."""
    return _attribution(lines, place) > 0


def is_separator(line: str) -> bool:
    """Say whether a line stands between a message and the one that it quotes."""
    return _history().separator.fullmatch(line.strip()[:_LONGEST_LOOK]) is not None


def _history() -> History:
    return rules().history


def _cuts_all(lines: list[str], place: int) -> bool:
    line, words = lines[place].strip()[:_LONGEST_LOOK], _history()
    if not line:
        return False
    if words.separator.fullmatch(line) or words.forward.fullmatch(line):
        return True
    if _RULE.fullmatch(line):
        behind = _skip_blank(lines, place + 1)
        return behind < len(lines) and _header_block(lines, behind)
    return _header_block(lines, place)


def _header_block(lines: list[str], place: int) -> bool:
    """Say whether a quoted message's header begins here: who wrote it, and two more fields."""
    first = lines[place].strip()[:_LONGEST_LOOK]
    words = _history()
    begins = bool(words.writer.match(first))
    if not begins and not words.label.match(first):
        return False
    under = [line.strip()[:_LONGEST_LOOK] for line in lines[place + 1 : place + 9]]
    others = sum(bool(words.label.match(line)) for line in under)
    # Some programs put the date first; then the writer comes next, or further down with an address.
    block = itertools.takewhile(
        lambda line: words.label.match(line) or words.writer.match(line), under
    )
    written = any(words.writer.match(line) and _ADDRESS.search(line) for line in block)
    return others >= 2 and (begins or written or bool(words.writer.match(under[0])))


def _attribution(lines: list[str], place: int) -> int:
    """Return how many lines an attribution that begins here has: 0 where there is none."""
    joined = ""
    for length in (1, 2, 3):
        if place + length > len(lines) or not (line := lines[place + length - 1].strip()):
            return 0
        joined = f"{joined} {line}".lstrip()
        if len(joined) > _LONGEST_ATTRIBUTION or _QUOTED.match(line):
            return 0
        if joined.endswith((":", "\uff1a")) and _history().verb.search(joined):
            behind = _skip_blank(lines, place + length)
            marked = behind < len(lines) and bool(_QUOTED.match(lines[behind]))
            # "On Monday the surgeon wrote:" is a person's own sentence unless marks follow it.
            certain = bool(_ADDRESS_OR_TIME.search(joined))
            found = certain or (marked and _history().opening.match(joined))
            return length if found and (length == 1 or _may_begin(lines[place].strip())) else 0
        # "26.06.2014, 14:41, Pat Hall <pat@…>:" has no verb.
        if _WITHOUT_A_VERB.fullmatch(joined):
            return length
    return 0


def _may_begin(line: str) -> bool:
    """Say whether an attribution over several lines may begin with this one."""
    begins = _history().opening.match(line) or _ADDRESS_OR_TIME.search(line)
    return bool(begins) and not line.endswith((".", "!", "?"))


def _skip_blank(lines: list[str], place: int) -> int:
    while place < len(lines) and not lines[place].strip():
        place += 1
    return place


def trimmed(lines: list[str]) -> str:
    """Return lines as a text, without blank lines around them and rules below."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.fullmatch(lines[end - 1].strip())):
        end -= 1
    return "\n".join(lines[:end]).strip("\n")

"""Words, in order: whether those of a source are found again in its PDF."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from itertools import pairwise

_WORD = re.compile(r"[^\W_]+")
_HYPHEN = re.compile(r"(?<=\w)[-\u2010]\s*\n\s*(?=\w)")
_NOT_WORD = re.compile(r"[\W_]+")
_MISSING_SHARE = 0.01
_MISSING_AT_LEAST = 2  # a date or page number that the engine computes anew is no loss
_TAIL_WORDS = 20
_MOST_BROKEN = 2000  # different words
_MOST_LETTERS, _MOST_PIECES = 60, 4  # of a word that cells may have broken
_LONG = 8  # letters; a word this long is hardly a part of another by chance
_UNSPACED = (
    "\u0590"  # scripts from here on are read from the right, or have no spaces between words
)
# Letters of which each has a line of its own, as a text that stands on end in a table.
_STACKED = re.compile(r"(?:^[^\W\d_]\n+){2,}[^\W\d_]$", re.MULTILINE)
# Arabic sets these two as one sign; who reads a PDF may give its letters in the order on paper.
_LAM_ALEF = re.compile("(\u0644)([\u0622\u0623\u0625\u0627])")
_MOST_LOOKED_THROUGH = 1 << 34  # characters, all words that are looked for together


def words(whole: str) -> list[str]:
    """Split a text into words that compare equal however they were set."""
    return _WORD.findall(_folded(whole))


def missing(source: list[str], printed: str, *, end_anywhere: bool = False) -> bool:
    """Say whether more than one word in a hundred is missing from a PDF's text, or its tail is.

    Words are counted, so that a repeated paragraph does not stand for a lost one. Of the shortest
    source one has to be there. With `end_anywhere` the tail may stand before the rest, as that of a
    sheet whose further columns are printed behind its last row.
    """
    allowed = max(_MISSING_AT_LEAST, int(len(source) * _MISSING_SHARE))
    if source and absent(source, printed) > min(allowed, len(source) - 1):
        return True
    # The source's end must be near the PDF's: notes and columns may come behind it.
    start = min(len(printed) * 3 // 4, max(len(printed) - 20_000, 0)) * (not end_anywhere)
    tail = source[-_TAIL_WORDS:]
    return absent(tail, printed[start:]) > max(_MISSING_AT_LEAST, len(tail) // 5)


def disordered(source: list[str], printed: str) -> bool:
    """Say whether more than one word in a hundred stands in another order, of those compared."""
    number, compared = moved(source, printed)
    return number > max(_MISSING_AT_LEAST, int(compared * _MISSING_SHARE))


def moved(source: list[str], printed: str) -> tuple[int, int]:
    """Count the words that stand in another order, of those that are once in both, and return both
    numbers. What is read from the right, or has no spaces, is not looked at.
    """
    there = _WORD.findall(_folded(_HYPHEN.sub("", printed)))
    once = {word for word, number in Counter(there).items() if number == 1}
    places = {word: place for place, word in enumerate(there) if word in once}
    counted = Counter(source)
    found = [
        places[word]
        for word in source
        if counted[word] == 1 and word in places and word < _UNSPACED
    ]
    # The longest run of places that only rises: each is put where it makes a run end earliest.
    ends: list[int] = []
    for place in found:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(found) - len(ends), len(found)


def absent(source: list[str], printed: str) -> int:
    """Count the words that are nowhere in a text, however lines and pages took them apart."""
    wanted = Counter(source)
    folded = _folded(_HYPHEN.sub("", printed))
    # A hyphen at the end of a line may be the source's own, or the engine's.
    there = Counter(_WORD.findall(folded)) | Counter(_WORD.findall(_folded(printed)))
    for first, second in pairwise(source):
        # "post-ironic" at the end of a line, which whoever read the PDF took for one word; or a
        # large capital that stands apart in the source.
        if there[joined := first + second] > wanted[joined]:
            there.subtract([joined])
            there.update((first, second))
    for word in [one for one in wanted if _LAM_ALEF.search(one)]:
        turned = _LAM_ALEF.sub(r"\2\1", word)
        found = min(max(wanted[word] - there[word], 0), max(there[turned] - wanted[turned], 0))
        there[word] += found
        there[turned] -= found
    stacked = [_NOT_WORD.sub("", run) for run in _STACKED.findall(folded)]
    for word in (wanted - there) if stacked else ():
        there[word] += sum(run.count(word) for run in stacked)
    _take_pieces(wanted, there)
    lacking = wanted - there
    if len(lacking) * len(printed) > _MOST_LOOKED_THROUGH:
        return lacking.total()
    joined = _NOT_WORD.sub("", folded)
    absent = 0
    for word, number in lacking.items():
        if len(word) >= _LONG or word >= _UNSPACED:
            # A long word may be broken at any place, and some scripts have no spaces. What is
            # read from the right may come out of a PDF in the order it stands on the page.
            found = max(joined.count(word), joined.count(word[::-1]))
            absent += min(number, max(wanted[word] - found, 0))
        else:
            absent += number
    return absent


def _take_pieces(wanted: Counter[str], there: Counter[str]) -> None:
    """Put words together again that narrow cells broke, where all their pieces are left over."""
    left, lacking = there - wanted, wanted - there
    if len(lacking) > _MOST_BROKEN:
        return
    for word, number in lacking.items():
        for _ in range(number if len(word) <= _MOST_LETTERS else 0):
            pieces = _pieces(word, left, _MOST_PIECES)
            if pieces is None:
                break
            left.subtract(pieces)
            there.subtract(pieces)
            there[word] += 1


def _pieces(word: str, left: Counter[str], most: int) -> list[str] | None:
    if left[word] > 0:
        return [word]
    for at in range(len(word) - 1, 0, -1) if most > 1 else ():
        if left[first := word[:at]] > 0:
            left[first] -= 1
            rest = _pieces(word[at:], left, most - 1)
            left[first] += 1
            if rest is not None:
                return [first, *rest]
    return None


def _folded(whole: str) -> str:
    return unicodedata.normalize("NFKC", whole.replace("\u00ad", "")).casefold()

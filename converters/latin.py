"""Latin letters with accents: in which of their encodings a text is, by what each makes of it.

A few accents among plain letters say too little for a guess by frequencies, which takes "Müller"
for Arabic. But read in a wrong encoding they become signs within words, or capitals behind small
letters.
"""

from __future__ import annotations

import re
from typing import Final

# The letters beyond ASCII that languages are full of; another one is there by exception.
_WEST: Final = (
    *("äöüß", "àâçéèêëîïôùûüœæ", "áéíóúñüçãõâêôàºª", "åäöæøéü", "àèéìòù", "áéíóúýþæöð", "éëïóèüáö"),
)
_EAST: Final = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž")
_ENCODINGS: Final = {
    "cp1252": _WEST,
    "mac_roman": _WEST,
    "cp850": _WEST,
    "cp1250": _EAST,
    "iso8859-2": _EAST,
    "cp1254": ("çğıöşüâîû",),
}
_SIGNS: Final = frozenset("“”„\u2018\u201a…•€£§°©®™«»¿¡·²³½¼¾\u00b4¹±\u00d7ºª¶¢¥")
_ANYWHERE: Final = frozenset("\u2019\xa0\xad\u2013—·")  # within words too
_OPENING: Final = frozenset("“„«¿¡\u2018\u201a")
_NO_LETTERS: Final = frozenset("\u02c6\u02dcƒ")
_ALONE: Final = frozenset("àéóèÀÉ")  # words of one letter
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_SAMPLE_BYTES = 64 * 1024
_LOOKED_AT = 2000  # letters and signs
_ACCEPTED = 0.5  # of 1.0, where each is as it should be
_TIE = 0.001
_AHEAD = 0.05  # so much better another has to be than Windows' own


def likeliest(source: bytes) -> str | None:
    """Return the encoding in which bytes are a text of Latin letters; None where in none."""
    first = _FOREIGN.search(source.decode("latin-1"))
    start = max(0, first.start() - 1) if first else 0
    sample = source[start : start + _SAMPLE_BYTES]
    if _is_of_other_letters(sample):
        return None
    best, most = None, _ACCEPTED
    for codec, alphabets in _ENCODINGS.items():
        text = sample.decode(codec, "replace")
        value = max(_value(text, alphabet) for alphabet in alphabets)
        if value >= most:
            best, most = codec, value + (_AHEAD if codec == "cp1252" else _TIE)
    return best


def _is_of_other_letters(sample: bytes) -> bool:
    """Say whether most letters are beyond ASCII, as they are in no language of Latin letters."""
    plain = sum(byte < 0x80 and chr(byte).isalpha() for byte in sample)
    return sum(byte >= 0x80 for byte in sample) > plain + 1


def _value(text: str, alphabet: str) -> float:
    values = [
        _of_one(text, found.start(), alphabet)
        for found, _ in zip(_FOREIGN.finditer(text), range(_LOOKED_AT), strict=False)
    ]
    return sum(values) / len(values) if values else 0.0


def _of_one(text: str, at: int, alphabet: str) -> float:
    """Return how likely a letter or sign is where it stands: from 1.0 down to -2.0."""
    one, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if one in _ANYWHERE:
        return 1.0
    if one in _SIGNS:
        is_within = before.isalpha() and after.isalpha()
        return -1.0 if is_within or (one in _OPENING and before.isalnum()) else 1.0
    if "\u2500" <= one <= "\u259f":  # the lines of tables that DOS drew
        return 0.9
    if one.isalpha() and one not in _NO_LETTERS:
        return _of_letter(one, before, after, alphabet)
    return -2.0 if one < "\xa0" or one == "\ufffd" else -1.0


def _of_letter(one: str, before: str, after: str, alphabet: str) -> float:
    is_capital_within = one.isupper() and before.islower()
    is_small_within = one.islower() and before.isupper() and after.isupper() and one != "ß"
    if is_capital_within or is_small_within or before == one == after:
        return -1.0
    if before.isdigit() or after.isdigit() or not (before.isalpha() or after.isalpha()):
        return 0.9 if one in _ALONE and not before.isdigit() else 0.0
    return 1.0 if one.lower() in alphabet else 0.4

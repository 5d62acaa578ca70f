"""Odd names: file names as the world sends them and as an attacker would, seeded, without end."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator

# None is a file whose type has no extension of its own.
EXTENSIONS = (None, "pdf", "docx", "jpg", "txt", "html", "xlsx", "zip", "bin")
_WORDS = (
    "scan", "Report", "Smith v. Jones", "deposition #2 (final)", "Befund M\u00fcller",
    "\u6587\u4ef6", "\u05de\u05e1\u05de\u05da", "\u0921\u0949\u0915\u094d\u091f\u0930",
    "\u0430\u043a\u0442", "IMG_0001", "50% of $5,000", "O'Brien", "a@b", "e\u0301tude",
    "24-001234", "\U0001f600", "q\u0323\u0307", "stra\u00dfe", "\u0130stanbul", "\ufb01le",
    "r\u00e9sum\u00e9",
)  # fmt: skip
_ATTACKS = (
    "../../etc/passwd", "..\\..\\boot.ini", "C:\\x", "C:evil", "\\\\host\\share\\", "a.pdf:evil",
    "/", "%2e%2e%2f", "\uff0f..\uff0f", "\u2215", "\x00", "\r\nBcc: x", "\t", "\x1b[31m", "\x7f",
    "\x85", "CON", "aux.", "COM\u00b9.", "LPT9 ", "CONIN$", "~", "~$", ". . ", "...", " ",
    "\u202e", "\u2066", "\u200b", "\ufeff", "\u3164", "\u2800", "\U000e0041", "\ufdd0",
    "\U0001ffff", "\ud800", ".\u0440df", ".\u0501\u043e\u0441", ".exe", ".pdf.exe", ".lnk",
    "-env:x", "--convert-to", "@list", "$(x)", "<script>", '"', "\u2028", "\u00a0", "\u0338",
    "\u0301" * 40, "\u1100\u1161\u11a8", "\u0344", "\u0958", "K\u212a", "\u0131", "I\u0307",
)  # fmt: skip
_ENDINGS = (
    "", ".pdf", ".PDF", ".docx", ".tar.gz", ".jpeg", ".pages", ".", ". ", ".p\u0501f",
    ".\uff50df",
)  # fmt: skip


def odd_names(count: int, seed: int = 1) -> Iterator[tuple[str | None, str | None]]:
    """Yield names, each with the extension of what the file really is. A seed gives the same."""
    chance = random.Random(seed)
    for _ in range(count):
        yield _name(chance), chance.choice(EXTENSIONS)


def _name(chance: random.Random) -> str | None:
    kind = chance.random()
    if kind < 0.02:
        return None
    if kind < 0.12:  # any code points there are, surrogates with them
        return "".join(chr(chance.randrange(0x110000)) for _ in range(chance.randrange(40)))
    if kind < 0.22:  # one piece to the limit and beyond: what is cut
        return chance.choice((*_WORDS, *_ATTACKS)) * chance.randrange(1, 120) + _ending(chance)
    pieces = chance.choices(_WORDS, k=chance.randrange(1, 4))
    if kind < 0.7:
        pieces += chance.choices(_ATTACKS, k=chance.randrange(1, 5))
        chance.shuffle(pieces)
    name = chance.choice(("", " ", "_", "-")).join(pieces) + _ending(chance)
    twist = chance.random()
    if twist < 0.1:
        return name.swapcase()
    return unicodedata.normalize("NFD", name) if twist < 0.2 else name


def _ending(chance: random.Random) -> str:
    return chance.choice(_ENDINGS)

"""Bytes to text, whatever a message says of its charset."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

# Labels that mail uses and Python does not know by that name.
_ALIASES = {
    "unicode-1-1-utf-8": "utf-8",
    "utf-8mb4": "utf-8",
    "utf": "utf-8",
    "utf-7-imap": "utf-7",
    "gb2312": "gb18030",  # in mail it is a subset in name only
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_2",
    "ansi": "cp1252",
    "ansi_x3.110-1983": "latin-1",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "visual": "iso-8859-8",
    "logical": "iso-8859-8",
    "macintosh": "mac-roman",
    "mac-cyrillic": "mac-cyrillic",
    "x-mac-cyrillic": "mac-cyrillic",  # a library that the tests use registers one of that name
    "windows-874": "cp874",
    "dos-862": "cp862",
    "tis-620": "cp874",
}
# As browsers do (WHATWG Encoding, 4.2): what calls itself these is windows-1252 in practice.
_LATIN = {"iso8859-1", "ascii", "cp1252"}
# Codecs that are no charset: two take quadratic time (CVE-2022-45061), the others unescape.
_NO_CHARSET = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
_UNSPOKEN = {"", "unknown", "unknown-8bit", "x-unknown", "default", "binary", "8bit", "none"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSED_BYTES = 1 << 14  # the guess costs milliseconds a kilobyte; this much is enough for it
_FOREIGN_FOR_A_STRAY = 4  # characters beyond ASCII that fit, for one that does not
_ASCII = bytes(range(128))
# A few words of Russian are taken for Japanese in letters of half the width, which nobody sends.
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_NO_CYRILLIC = re.compile(rb"[\x80-\xa2\xa4-\xa7\xa9-\xb2\xb4-\xb7\xb9-\xbf]")
_RUSSIAN = ("koi8-r", "cp1251")
_SURROGATE = re.compile("[\ud800-\udfff]")


def known_charset(label: str) -> str | None:
    """Return Python's codec for a label, however it is spelt; None where it names no charset."""
    name = label.strip(" \t\"'<>;,").lower()
    name = name.removeprefix("charset=").removeprefix("cs").strip("\"' ") or name
    for candidate in (name, name.removeprefix("x-"), name.partition(" ")[0]):
        if candidate in _UNSPOKEN:
            continue
        try:
            codec = codecs.lookup(_ALIASES.get(candidate, candidate))
        except (LookupError, ValueError, UnicodeError):
            continue
        if codec.name.replace("-", "_") not in _NO_CHARSET and _is_text(codec.name):
            return codec.name
    return None


def decode(raw: bytes, label: str | None) -> tuple[str, bool]:
    """Return the text, and whether it is lossy: some bytes did not fit and were guessed.

    A byte order mark is believed first, then the label, then UTF-8, which is never right by
    accident; then a guess. Surrogates never leave here.
    """
    text, lossy = _decoded(raw, label)
    if _SURROGATE.search(text):  # UTF-7 and UTF-16 can smuggle them in
        text, lossy = _SURROGATE.sub("\ufffd", text), True
    return text, lossy


def _decoded(raw: bytes, label: str | None) -> tuple[str, bool]:
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return raw.decode(codec, "replace"), not _fits(raw, codec)
    declared = known_charset(label) if label else None
    if declared in _LATIN:
        declared = None if _is_nearly_utf8(raw) else "cp1252"
    if declared is not None:
        try:
            return raw.decode(declared), False
        except (UnicodeError, ValueError):
            pass
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        if declared is None and _is_nearly_utf8(raw):
            return raw.decode("utf-8", "replace"), True
    if declared is not None and declared != "ascii":
        # A few bad bytes in what is otherwise right: a cut character, a stray quotation mark.
        text = raw.decode(declared, "replace")
        if text.count("\ufffd") * 50 <= len(text):
            return text, True
    return raw.decode(_guess(raw), "replace"), True


def _is_nearly_utf8(raw: bytes) -> bool:
    """Say whether bytes are UTF-8 but for a cut character or a stray one: else it is no accident
    that so many fit.
    """
    if _fits(raw, "utf-8"):
        return True
    text = raw.decode("utf-8", "replace")
    strays = text.count("\ufffd")
    foreign = len(text) - sum(map(str.isascii, text)) - strays
    return foreign > _FOREIGN_FOR_A_STRAY * strays


def _is_text(codec: str) -> bool:
    try:
        b"a".decode(codec)
    except LookupError:  # one of Python's bytes-to-bytes codecs: zip, hex, base64
        return False
    except UnicodeError:
        return True
    return True


def _fits(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except (UnicodeError, ValueError):
        return False
    return True


def _guess(raw: bytes) -> str:
    sample = raw[:_GUESSED_BYTES]
    foreign = len(sample.translate(None, _ASCII))
    if foreign * 3 < len(b"".join(sample.split())):
        # A few accents among ASCII letters: a Western language. Guesses from so little are wild.
        return "cp1252"
    best = charset_normalizer.from_bytes(sample).best()
    if best is None:
        return "cp1252"
    if _HALF_WIDTH.search(str(best)) and not _NO_CYRILLIC.search(sample):
        return _cyrillic(sample)
    return best.encoding


def _cyrillic(sample: bytes) -> str:
    """Return which of two charsets Russian is in: one has the small letters where the other has
    the capitals, and people write few capitals.
    """
    small = {name: sum(map(str.islower, sample.decode(name, "replace"))) for name in _RUSSIAN}
    return max(_RUSSIAN, key=lambda name: small[name])

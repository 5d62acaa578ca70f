"""The letters of a text, whatever its bytes say of their encoding, or do not say."""

from __future__ import annotations

import codecs
import re
from typing import Final

import charset_normalizer

from converters import cyrillic, facts, latin

_SAMPLE_BYTES = 256 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What begins letters of two bytes in a text of seven bits (ISO 2022; RFC 1468, RFC 1557).
_ESCAPES: Final = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b\$(?:[@AB]|\(D)"), "iso2022_jp_2"),
)
# Labels that mean more than they say, as browsers read them (WHATWG Encoding, 4.2).
_MEANT: Final = {
    **dict.fromkeys(("iso8859-1", "ascii", "x-ansi", "ansi"), "cp1252"),
    **dict.fromkeys(("iso8859-9",), "cp1254"),
    **dict.fromkeys(("iso8859-11", "tis-620", "windows-874", "dos-874"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80", "chinese"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji"), "cp932"),
    **dict.fromkeys(("euc_kr", "euc-kr", "ksc5601", "ks_c_5601-1987", "ks_c_5601"), "cp949"),
    **dict.fromkeys(("big5", "big5-eten", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e", "logical", "visual"), "iso8859-8"),
    **dict.fromkeys(("macintosh", "x-mac-roman", "mac"), "mac_roman"),
    "x-mac-cyrillic": "mac_cyrillic",
    "x-euc-jp": "euc_jp",
}
# Codecs of one byte or two: no other one can be what a text of bytes is in.
_TEXTUAL = re.compile(
    r"cp\d+|iso8859-\d+|koi8-\w|mac[-_]\w+|big5hkscs|gb18030|euc_jp|iso2022_\w+|hz|kz1048|ptcp154"
)
_LOSS: Final = 50  # letters for each that may be lost where a label is believed
_STRAYS: Final = 5  # letters of UTF-8 for each byte that may be none
_STRAY = re.compile("[\udc80-\udcff]+")


def decoded(source: bytes, label: str | None = None) -> tuple[str, bool]:
    """Decode a text, and say whether its encoding was sure.

    A byte order mark is believed first, then escapes, then UTF-8, which is never right by accident;
    then what the text itself says, its `label`; then a guess.
    """
    for mark, codec in _MARKS:
        if source.startswith(mark):
            return source.decode(codec, "replace"), True
    escaped = _behind_escapes(source)
    if escaped is not None:
        return escaped, True
    wide = facts.wide_text(source)
    if wide is not None:
        return source.decode(wide, "replace"), True
    try:
        return source.decode("utf-8"), True
    except UnicodeDecodeError:
        pass
    named = _codec(label) if label else None
    if named is not None:
        text = source.decode(named, "replace")
        lost = text.count("\ufffd")
        if lost * _LOSS <= len(text):
            return text, not lost
    return _with_strays(source) or source.decode(_guess(source), "replace"), False


def _behind_escapes(source: bytes) -> str | None:
    for escape, codec in _ESCAPES:
        if escape.search(source):
            try:
                return source.decode(codec)
            except UnicodeDecodeError:
                continue
    return None


def _codec(label: str) -> str | None:
    """Return Python's codec for a label; None where it names no encoding of bytes."""
    name = label.strip().lower()
    for one in (name, name.removeprefix("x-")):
        if (meant := _MEANT.get(one)) is not None:
            return meant
        try:
            found = codecs.lookup(one).name
        except (LookupError, ValueError):
            continue
        meant = _MEANT.get(found, found)
        if _TEXTUAL.fullmatch(meant):
            return meant
    return None


def _with_strays(source: bytes) -> str | None:
    """Return a text of UTF-8 with a few bytes that are none: it was cut, or pasted together."""
    text = source.decode("utf-8", "surrogateescape")
    strays = sum(map(len, _STRAY.findall(text)))
    letters = sum(char > "\x7f" for char in text) - strays
    if strays * _STRAYS > letters:
        return None
    return _STRAY.sub(
        lambda found: found[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace"), text
    )


def _guess(source: bytes) -> str:
    codec = latin.likeliest(source) or cyrillic.likeliest(source)
    if codec is not None:
        return codec
    best = charset_normalizer.from_bytes(source[:_SAMPLE_BYTES]).best()
    return best.encoding if best is not None else "cp1252"

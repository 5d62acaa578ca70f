"""Office documents that are few bytes and much work: repeats, nesting, sizes, formulas."""

from __future__ import annotations

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


def files(_lure: Lure) -> Iterator[HostileFile]:
    """Yield documents that keep each program busy."""
    for name, (media_type, work) in _WORK.items():
        full = f"{name}{EXTENSIONS[media_type]}"
        yield HostileFile("Office: much work", full, media_type, work, name in _LASTING)


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

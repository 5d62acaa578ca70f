"""A table of text values as a spreadsheet that prints whole: every cell text, nothing cut off.

LibreOffice's own CSV import turns "007" into 7, "1-2" into a date and cuts what is wider than its
column. So the values go into a flat OpenDocument sheet (OASIS OpenDocument 1.3, part 3) with
columns as wide as their content, wrapped lines, and pages scaled to the width of the table.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO
from xml.sax.saxutils import escape

from converters import text
from converters.fault import NotTheType, TooLarge

MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_CELLS = 400_000
_MOST_COLUMNS = 256
_NARROW, _WIDE = 6, 44  # a column's width in characters
_CHARACTER_CM = 0.19
_LINES_A_SPARE_ONE = 8
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>
<style:page-layout style:name="paper"><style:page-layout-properties fo:page-width="27.94cm"
 fo:page-height="21.59cm" style:print-orientation="landscape" fo:margin="1.5cm"
 style:scale-to-X="1" style:scale-to-Y="0"/><style:footer-style>
<style:header-footer-properties fo:min-height="0.7cm"/></style:footer-style></style:page-layout>
<style:style style:name="sheet" style:family="table" style:master-page-name="page"/>
<style:style style:name="row" style:family="table-row">
<style:table-row-properties style:use-optimal-row-height="true"/></style:style>
<style:style style:name="cell" style:family="table-cell">
<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"
 fo:padding="0.06cm" fo:border="0.5pt solid #a6a6a6"/>
<style:paragraph-properties fo:text-align="start"/>
<style:text-properties style:font-name="Carlito" fo:font-family="Carlito"
 fo:font-size="10pt"/></style:style>
"""
_MASTER = """</office:automatic-styles>
<office:master-styles><style:master-page style:name="page" style:page-layout-name="paper">
<style:header style:display="false"/><style:footer><text:p><text:page-number/> /
<text:page-count/></text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:spreadsheet><table:table table:name="Table" table:style-name="sheet">
"""
_TAIL = "</table:table></office:spreadsheet></office:body></office:document>\n"


def rows(source: bytes) -> list[list[str]]:
    """Read a CSV file, whatever separates its values. Raises TooLarge, NotTheType."""
    if len(source) > MOST_BYTES:
        raise TooLarge("table")
    decoded, _ = text.decoded(source)
    try:
        read = [[value.strip() for value in row] for row in _split(decoded, _separator(decoded))]
    except csv.Error as error:
        raise NotTheType("CSV") from error
    if sum(map(len, read)) > _MOST_CELLS or max(map(len, read), default=0) > _MOST_COLUMNS:
        raise TooLarge("cells")
    return read


def _separator(decoded: str) -> str:
    """Return what parts most of the first lines into several values; of equals, into the most."""
    start = "\n".join(decoded[:65_536].split("\n")[:50])

    def parted(separator: str) -> tuple[int, int]:
        lines = [len(row) for row in _split(start, separator)]
        return sum(values > 1 for values in lines), sum(lines)

    return max(",;\t|", key=parted)


def _split(decoded: str, separator: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(decoded), delimiter=separator)


def write(values: list[list[str]], target: Path) -> None:
    """Write values as a flat OpenDocument sheet."""
    columns = max(map(len, values), default=0)
    with target.open("w", encoding="utf-8") as sheet:
        sheet.write(_HEAD)
        for number, width in enumerate(_widths(values, columns)):
            sheet.write(
                f'<style:style style:name="c{number}" style:family="table-column">'
                f'<style:table-column-properties style:column-width="{width:.2f}cm"/>'
                "</style:style>\n"
            )
        sheet.write(_MASTER)
        for number in range(columns):
            sheet.write(f'<table:table-column table:style-name="c{number}"/>\n')
        for row in values:
            _write_row(row, sheet)
        sheet.write(_TAIL)


def _widths(values: list[list[str]], columns: int) -> list[float]:
    longest = [_NARROW] * columns
    for row in values:
        for number, value in enumerate(row):
            line = max(map(len, value.split("\n")))
            longest[number] = max(longest[number], min(line, _WIDE))
    return [(characters + 1.5) * _CHARACTER_CM for characters in longest]


def _room(lines: list[str]) -> int:
    """Return how many empty lines a cell gets below its own, so that its last ones are seen.

    LibreOffice breaks lines a little sooner on paper than where it measures how high a row has to
    be: what is broken more often is cut off at the foot of its cell.
    """
    broken = sum(1 + len(line) // _WIDE for line in lines)
    return 1 + broken // _LINES_A_SPARE_ONE if broken > 1 else 0


def _write_row(row: list[str], sheet: TextIO) -> None:
    sheet.write('<table:table-row table:style-name="row">')
    for value in row or [""]:
        lines = _UNFIT.sub("", value).split("\n")
        words = "".join(f"<text:p>{escape(line)}</text:p>" for line in lines)
        words += "<text:p/>" * _room(lines)
        sheet.write(
            '<table:table-cell table:style-name="cell" office:value-type="string">'
            f"{words}</table:table-cell>"
        )
    sheet.write("</table:table-row>\n")

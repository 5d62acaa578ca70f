"""The words of a binary Excel workbook's cells that print ([MS-XLS]), as xlrd reads them.

Cells that hold text: how a number or a date is written is the program's.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from typing import IO

import xlrd
from xlrd.biffh import XLRDError
from xlrd.sheet import Sheet

from converters.compound import CompoundFile, NotCompound
from converters.words import words

_MOST_BYTES = 64 * 1024 * 1024
# What xlrd raises on bytes that it cannot follow: it trusts what a workbook says of itself.
_ODD = (
    *(XLRDError, NotCompound, struct.error, AssertionError, AttributeError, LookupError),
    *(NotImplementedError, OverflowError, TypeError, ValueError),
)


def words_of(file: IO[bytes]) -> list[str] | None:
    """Return the words that print, or None for a workbook that cannot be followed."""
    try:
        book = xlrd.open_workbook(
            file_contents=_stream(file), formatting_info=True, on_demand=True, logfile=io.StringIO()
        )
        # A sheet with a print area does not print whole: it is not looked at.
        names = (each for each in book.name_obj_list if each.builtin)
        cut = {each.scope for each in names if each.name == "Print_Area"}
        shown: list[str] = []
        for number in range(book.nsheets):
            sheet = book.sheet_by_index(number)
            if number not in cut and not sheet.visibility:
                shown += _shown(sheet)
            book.unload_sheet(number)
    except _ODD:
        return None
    return words("\n".join(shown))


def _stream(file: IO[bytes]) -> bytes:
    """Return the workbook's records alone: xlrd follows a chain of sectors round and round."""
    compound = CompoundFile(file.fileno(), 0, os.fstat(file.fileno()).st_size)
    entries = compound.children(compound.root)
    return compound.head(entries.get("Workbook") or entries["Book"], _MOST_BYTES)


def _shown(sheet: Sheet) -> Iterator[str]:
    hidden = {number for number, its in sheet.colinfo_map.items() if its.hidden}
    for number in range(sheet.nrows):
        its = sheet.rowinfo_map.get(number)
        if its is not None and its.hidden:
            continue
        types, values = sheet.row_types(number), sheet.row_values(number)
        for column, (kind, value) in enumerate(zip(types, values, strict=True)):
            if kind == xlrd.XL_CELL_TEXT and column not in hidden:
                yield value

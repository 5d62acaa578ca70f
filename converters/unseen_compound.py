"""What a binary Office document ([MS-DOC], [MS-XLS], [MS-PPT]) holds that its PDF does not show.

Of a Word document older than Word 97 only macros and comments are told.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator

from converters.binary_word import BinaryWord, NotFollowed
from converters.compound import CompoundFile, Entry

_MOST_BYTES = 64 * 1024 * 1024
_MACRO_STORAGES = {"Macros", "_VBA_PROJECT_CUR"}
_CELLS = {0x00FD, 0x0204, 0x0203, 0x027E, 0x0006, 0x0205, 0x00D6}  # one value each, [MS-XLS] 2.3
_TEXTS = {0x0FA0, 0x0FA8}  # TextCharsAtom and TextBytesAtom, [MS-PPT] 2.13.24


def of(file: CompoundFile) -> set[str]:
    """Return the codes of what is not seen. Raises NotCompound and struct.error."""
    entries = file.children(file.root)
    found = {"macros"} if _MACRO_STORAGES & entries.keys() else set()
    if (book := entries.get("Workbook") or entries.get("Book")) is not None:
        found |= set(_of_workbook(file.head(book, _MOST_BYTES)))
    elif (slides := entries.get("PowerPoint Document")) is not None:
        found |= set(_of_slides(file.head(slides, _MOST_BYTES)))
    elif (words := entries.get("WordDocument")) is not None:
        found |= _comments(file, words)
        with contextlib.suppress(NotFollowed):
            found |= BinaryWord(file, entries).codes
    return found


def _comments(file: CompoundFile, stream: Entry) -> set[str]:
    # [MS-DOC] 2.5.6: the fifth pair of FibRgFcLcb97 is PlcfandRef. One place alone is its end.
    head = file.head(stream, 194)
    length = struct.unpack_from("<I", head, 190)[0] if len(head) == 194 else 0
    return {"comments"} if length > 4 else set()


def _of_workbook(data: bytes) -> Iterator[str]:
    """Go through the records of all sheets. Hidden rows and columns count with a value in them."""
    rows: set[int] = set()
    columns: set[int] = set()
    at, most = 0, len(data) - 4
    while at <= most:
        record, length = struct.unpack_from("<HH", data, at)
        body = data[at + 4 : at + 4 + length]
        at += 4 + length
        match record:
            case 0x0809:  # BOF: another sheet
                rows, columns = set(), set()
            case 0x0085 if len(body) > 5 and body[4] & 3:  # BoundSheet8
                yield "hidden_sheets"
            case 0x001C:  # Note
                yield "comments"
            case 0x01AE if len(body) > 4 and body[2:4] not in {b"\x01\x04", b"\x01\x3a"}:  # SupBook
                yield "external_links"
            case 0x0208 if len(body) >= 14 and body[12] & 0x20:  # Row, fDyZero
                rows.add(struct.unpack_from("<H", body)[0])
            case 0x007D if len(body) >= 10 and body[8] & 1:  # ColInfo, fHidden
                first, last = struct.unpack_from("<HH", body)
                columns |= set(range(first, min(last, 255) + 1))
            case _ if record in _CELLS and len(body) >= 4 and (rows or columns):
                row, column = struct.unpack_from("<HH", body)
                if row in rows or column in columns:
                    yield "hidden_cells"
            case 0x00BD if len(body) >= 6 and (rows or columns):  # MulRk
                row, first = struct.unpack_from("<HH", body)
                (last,) = struct.unpack_from("<H", body, len(body) - 2)
                if row in rows or columns & set(range(first, min(last, 255) + 1)):
                    yield "hidden_cells"


def _of_slides(data: bytes) -> Iterator[str]:
    """Go through the records, containers and what is in them, one after the other."""
    at, most, notes_end, notes_shown = 0, len(data) - 8, 0, False
    while at <= most:
        version, record, length = struct.unpack_from("<HHI", data, at)
        body = at + 8
        match record:
            case 0x03F9 if length >= 12 and data[body + 10 : body + 11] and data[body + 10] & 4:
                yield "hidden_slides"  # SlideShowSlideInfoAtom, fHidden
            case 0x0400 if length >= 8 and any(data[body + 4 : body + 8]):  # VBAInfoAtom
                yield "macros"
            case 0x2EE0:  # Comment10
                yield "comments"
            case 0x03F0:  # Notes
                notes_end, notes_shown = body + length, False
            case 0x03F1 if body + 4 <= len(data):  # NotesAtom; the master of notes is of no slide
                notes_shown = struct.unpack_from("<I", data, body)[0] != 0
            case _ if record in _TEXTS and body < notes_end and notes_shown:
                if data[body : body + length].strip(b" \0\r\n\t*"):
                    yield "speaker_notes"
        at = body if version & 0xF == 0xF else body + length

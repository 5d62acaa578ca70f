"""Rich Text and old binary Office files: fields that fetch, objects that link, records that lie."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from converters.compound_write import Node, compound_chunks
from tests.hostile.hostile_file import HostileFile, Lure, filled

_RTF: Final = "application/rtf"
_XLS: Final = "application/vnd.ms-excel"
_WAYS: Final = {
    "include-picture": ("png", r'{\field{\*\fldinst INCLUDEPICTURE "URL" \\d}{\fldrslt x}}'),
    "include-text": ("txt", r'{\field\flddirty{\*\fldinst INCLUDETEXT "URL"}{\fldrslt x}}'),
    "dde-auto": ("csv", r'{\field{\*\fldinst DDEAUTO cmd "/c curl URL" x}{\fldrslt x}}'),
    "link": ("csv", r'{\field{\*\fldinst LINK Excel.Sheet.12 "URL" A1 \\a}{\fldrslt x}}'),
    "template": ("txt", r"{\*\template URL}"),
    "sub-document": ("txt", r"{\*\nextfile URL}"),
    "object": (
        "csv",
        r"{\object\objautlink\objupdate{\*\objclass Excel.Sheet.12}{\*\objdata URL}}",
    ),
    "background": ("png", r"{\*\background{\shp{\*\shpinst{\sp{\sn fillBlipName}{\sv URL}}}}}"),
    "file-table": ("txt", r"{\filetbl{\file\fid1 URL}}"),
}
_WORDS: Final = r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\pard words\par "


def files(lure: Lure, seed: int) -> Iterator[HostileFile]:
    """Yield Rich Text that names places of ours, bombs, and compound files of odd records."""
    yield from filled("Rich Text", _RTF, _WAYS, _rich, lure, ("web", "file"))
    for name, make in _BOMBS.items():
        yield HostileFile("Rich Text", f"{name}.rtf", _RTF, make, name in _LASTING)
    binary = "Binary Office files"
    for name, sheet in _SHEETS.items():
        yield HostileFile(binary, f"{name}.xls", _XLS, partial(_workbook, sheet))
    for number in range(6):
        make = partial(_noise, "WordDocument", f"{seed}-{number}")
        yield HostileFile(binary, f"noise-{number}.doc", "application/msword", make)
        make = partial(_noise, "PowerPoint Document", f"{seed}-{number}")
        yield HostileFile(binary, f"noise-{number}.ppt", "application/vnd.ms-powerpoint", make)
    yield HostileFile(binary, "deep.ppt", "application/vnd.ms-powerpoint", _deep_slides)
    for number in range(3):
        make = partial(_perfect, f"{seed}-{number}")
        yield HostileFile(binary, f"noise-{number}.wpd", "application/vnd.wordperfect", make)


def _rich(inside: str) -> bytes:
    return f"{_WORDS}{inside}}}".encode()


def _repeated(before: str, once: str, times: int, after: str = "") -> bytes:
    return _rich(before + once * times + after)


_BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "deep": partial(_repeated, "", "{", 200_000),
    "never-opened": partial(_repeated, "", "}", 200_000),
    "paragraphs": partial(_repeated, "", r"\par ", 400_000),
    "cells": partial(_repeated, r"\trowd", r"\cellx1", 60_000, r"\intbl w\cell\row "),
    "nested-cells": partial(_repeated, "", r"\trowd\cellx9\intbl\itap9 w\nestcell", 9_000),
    "picture": partial(_repeated, r"{\pict\pngblip\picw99999\pich99999 ", "00", 2_000_000, "}"),
    "bytes-of-many": partial(_repeated, r"\bin2147483647 ", "w", 9),
    "large-numbers": partial(_repeated, "", r"\fs2147483647\li-2147483648 w\par ", 300),
    "font-table": partial(_repeated, r"{\fonttbl", r"{\f1 x;}", 100_000, "}"),
    "control-words": partial(_repeated, "", rf"\{'x' * 300}1 ", 10_000),
}
_LASTING: Final = {"paragraphs", "nested-cells"}


def compound(streams: dict[str, bytes]) -> bytes:
    """Return a compound file of these streams."""
    nodes = [
        Node(name, size=len(content), chunks=partial(_once, content))
        for name, content in streams.items()
    ]
    return b"".join(compound_chunks(Node("Root Entry", nodes)))


def _once(content: bytes) -> tuple[bytes]:
    return (content,)


def _record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _workbook(records: bytes) -> bytes:
    """Return a workbook in Excel 97's records: one sheet with a word, and these."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)
    named = _record(0x85, struct.pack("<IBBBB", 0, 0, 0, 3, 0) + b"One")
    book = _record(0x809, begin) + named + _record(0x0A)
    place = len(book)
    book = book.replace(named, _record(0x85, struct.pack("<IBBBB", place, 0, 0, 3, 0) + b"One"))
    word = _record(0x204, struct.pack("<HHHHB", 0, 0, 0, 5, 0) + b"words")
    sheet = begin[:2] + struct.pack("<H", 0x0010) + begin[4:]
    return compound({"Workbook": book + _record(0x809, sheet) + word + records + _record(0x0A)})


def _formula(row: int, tokens: bytes) -> bytes:
    return _record(6, struct.pack("<HHHdHIH", row, 0, 0, 0.0, 3, 0, len(tokens)) + tokens)


_SHEETS: Final[dict[str, bytes]] = {
    "last-cell": _record(0x204, struct.pack("<HHHHB", 65_535, 255, 0, 1, 0) + b"w"),
    "dimensions": _record(0x200, struct.pack("<IIHHH", 0, 2**31, 0, 65_535, 0)),
    "merged": _record(0xE5, struct.pack("<HHHHH", 1, 0, 65_535, 0, 255) * 800),
    "external": _record(
        0x1AE, struct.pack("<HHB", 1, 30, 0) + b"\x01\x01http://127.0.0.1/x.xls#xxxx"
    ),
    "dde": _record(0x23, struct.pack("<HI", 0x0002, 0) + b"\x05\x00cmd/c"),
    "deep-formula": _formula(1, b"\x1e\x01\x00" + b"\x15" * 60_000),
    "formula-without-words": _formula(1, b"\x03" * 8_000),
    "area-of-everything": b"".join(
        _formula(row, b"\x25" + struct.pack("<HHHH", 0, 65_535, 0, 255) + b"\x22\x01\x04\x00")
        for row in range(1, 900)
    ),
    "long-record": struct.pack("<HH", 0x204, 65_535) + bytes(100),
    "many-records": _record(0xFC, struct.pack("<II", 2**31, 2**31)) * 50_000,
    "filter-password": _record(0x2F, b"\x00" * 6),
}


def _noise(stream: str, seed: str) -> bytes:
    """A document whose head is as it should be, and whose rest is noise."""
    dice = random.Random(f"{stream}-{seed}")
    head = struct.pack("<HHHHHH", 0xA5EC, 0x00C1, 0, 0x0409, 0, 0x0200)
    if stream != "WordDocument":
        head = struct.pack("<HHI", 0x000F, 0x03E8, 60_000)
    table = dice.randbytes(9_000)
    return compound({stream: head + dice.randbytes(30_000), "1Table": table, "Current User": table})


def _deep_slides() -> bytes:
    """Containers in containers."""
    deep = b"".join(struct.pack("<HHI", 0x000F, 0x03E8, 8 * each) for each in range(40_000, 0, -1))
    user = struct.pack("<HHIIIIHHBBH", 0, 0x0FF6, 24, 20, 0xE391C05F, 0, 4, 0x03F4, 3, 0, 0)
    return compound({"PowerPoint Document": deep, "Current User": user + b"x" * 9})


def _perfect(seed: str) -> bytes:
    """A WordPerfect document: its head, and noise."""
    head = b"\xffWPC" + struct.pack("<IBBBBHH", 512, 1, 10, 2, 1, 0, 0)
    return head + random.Random(seed).randbytes(20_000)

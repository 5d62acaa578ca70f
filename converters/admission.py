"""What the office engine may see: a file that is what it is said to be, and no bomb."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

from config.media import catalogue
from converters import detect, table
from converters.fault import Damaged, NotTheType, PasswordNeeded, TooLarge
from converters.rendition import TABLE

_MOST_XML_BYTES = 200 * 1024 * 1024  # unpacked, together; a thousand honest pages have about 20 MB
_MOST_MEMBERS = 20_000
_PROLOGUE = 4096


def admit(descriptor: int, media_type: str, folder: Path) -> dict[str, Any]:
    """Look at a file before LibreOffice does: it makes a PDF of noise out of anything.

    A table is rewritten as TABLE. Raises NotTheType, PasswordNeeded, Damaged, TooLarge.
    """
    extension = catalogue().treatment(media_type).extension or ""
    copy = folder / "admitted"
    with os.fdopen(descriptor, "rb") as source, copy.open("wb") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
    found = detect.detect(copy, media_type, f"source{extension}")
    if "password" in found.flags:
        raise PasswordNeeded
    if "damaged" in found.flags or "empty" in found.flags:
        raise Damaged
    if found.media_type != media_type:
        raise NotTheType(found.media_type)
    if zipfile.is_zipfile(copy):
        _unpacks_safely(copy)
    if media_type == "text/csv":
        table.write(table.rows(copy.read_bytes()), folder / TABLE)
    copy.unlink()
    return {}


def _unpacks_safely(file: Path) -> None:
    """Raise for XML that unpacks to a flood, or declares entities (billion laughs, XXE).

    Office documents never declare any (ECMA-376 Part 2, 6.2.5 forbids a DTD).
    """
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        xml = [each for each in members if each.filename.lower().endswith((".xml", ".rels"))]
        if len(members) > _MOST_MEMBERS or sum(each.file_size for each in xml) > _MOST_XML_BYTES:
            raise TooLarge("unpacked")
        for each in xml:
            try:
                with archive.open(each) as opened:
                    start = opened.read(_PROLOGUE)
            except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
                raise Damaged(type(error).__name__) from error
            plain = start.replace(b"\0", b"")  # UTF-16
            if b"<!ENTITY" in plain or (b"<!DOCTYPE" in plain and b"[" in plain):
                raise NotTheType("entities")

"""What the office engine may see: a file that is what it is said to be, and no bomb."""

from __future__ import annotations

import os
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

from config.media import catalogue
from converters import detect, table, text, unseen
from converters.compound import SIGNATURE
from converters.entities import refuse_entities
from converters.fault import Damaged, NotTheType, PasswordNeeded, TooLarge
from converters.rendition import TABLE

_MOST_XML_BYTES = 200 * 1024 * 1024  # unpacked, together; a thousand honest pages have about 20 MB
_MOST_MEMBERS = 20_000
_CHUNK_BYTES = 64 * 1024
_XML_NAMES = (".xml", ".rels", ".vml")


def admit(descriptor: int, media_type: str, folder: Path) -> dict[str, Any]:
    """Look at a file before LibreOffice does: it makes a PDF of noise out of anything.

    Answers {"warnings"}: what the PDF will not show. A table is rewritten as TABLE.
    Raises NotTheType, PasswordNeeded, Damaged, TooLarge.
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
    if media_type.endswith("-flat-xml"):
        _is_safe(copy)
    elif not _is_compound(copy) and zipfile.is_zipfile(copy):
        _unpacks_safely(copy)
    warnings = unseen.of(copy, media_type)
    if media_type == "text/csv":
        content = copy.read_bytes()
        table.write(table.rows(content), folder / TABLE)
        if not text.decoded(content)[1]:
            warnings.append("charset_guessed")
    copy.unlink()
    return {"warnings": warnings}


def _is_compound(file: Path) -> bool:
    """Say whether it is no archive, though one may stand at its end: a document holds others."""
    with file.open("rb") as opened:
        return opened.read(len(SIGNATURE)) == SIGNATURE


def _is_safe(file: Path) -> None:
    """Raise for a document in one piece of XML that is a flood, or declares entities."""
    if file.stat().st_size > _MOST_XML_BYTES:
        raise TooLarge("XML")
    with file.open("rb") as opened:
        refuse_entities(opened)


def _unpacks_safely(file: Path) -> None:
    """Raise for XML that unpacks to a flood, or declares entities (billion laughs, XXE).

    Office documents never declare any (ECMA-376 Part 2, 6.2.5 forbids a DTD). Any member may be the
    main part, whatever it is called: so what begins like XML counts as XML.
    """
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if len(members) > _MOST_MEMBERS:
            raise TooLarge("members")
        unpacked = 0
        for each in members:
            try:
                with archive.open(each) as opened:
                    if _is_xml(each.filename, opened):
                        unpacked += each.file_size
                        if unpacked > _MOST_XML_BYTES:
                            raise TooLarge("unpacked")
                        refuse_entities(opened)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError,
                    OSError) as error:  # fmt: skip
                raise Damaged(type(error).__name__) from error


def _is_xml(name: str, opened: IO[bytes]) -> bool:
    start = opened.read(_CHUNK_BYTES)
    opened.seek(0)
    plain = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    named = name.lower().endswith(_XML_NAMES)
    return bool(start) and (named or not plain or plain.startswith(b"<"))

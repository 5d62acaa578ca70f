"""Compound files that are documents: what kind of document their streams make."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from converters.compound import SIGNATURE, CompoundFile, Entry, NotCompound
from converters.handed import File

__all__ = ["SIGNATURE", "Compound", "NotCompound", "inspect"]

# A stream's name and the type of document that has it. First match wins: a presentation may hold
# a whole Word document, but never at its top.
_KINDS = (
    ("EncryptedPackage", "application/encrypted"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("VisioDocument", "application/vnd.visio"),
    ("Quill", "application/x-mspublisher"),
    ("MatOST", "application/vnd.ms-works"),
    ("MN0", "application/vnd.ms-works"),  # of Works 2 to 4
)
_OF_MESSAGES = "__substg1.0_"


@dataclass(frozen=True)
class Compound:
    """What was found in a compound file."""

    media_type: str | None  # None where no stream says
    password: bool


def inspect(path: File) -> Compound:
    """Read the directory of a compound file. Raises NotCompound."""
    with path.open("rb") as file:
        try:
            return _inspected(CompoundFile(file.fileno(), 0, os.fstat(file.fileno()).st_size))
        except (struct.error, OSError) as error:
            raise NotCompound(type(error).__name__) from error


def _inspected(file: CompoundFile) -> Compound:
    entries = file.children(file.root)
    media_type = next((kind for name, kind in _KINDS if name in entries), None)
    if media_type is None and any(name.startswith(_OF_MESSAGES) for name in entries):
        media_type = "application/vnd.ms-outlook"  # without the list of its properties
    match media_type:
        case "application/encrypted":
            password = True
        case "application/msword":
            password = _word_is_locked(file, entries["WordDocument"])
        case "application/vnd.ms-excel":
            password = _excel_is_locked(file, entries.get("Workbook") or entries["Book"])
        case "application/vnd.ms-powerpoint":
            password = _slides_are_locked(file, entries.get("Current User"))
        case _:
            password = False
    return Compound(media_type, password)


def _word_is_locked(file: CompoundFile, stream: Entry) -> bool:
    # [MS-DOC] 2.5.2, FibBase: wIdent, then at 0x0A the bit fEncrypted.
    head = file.head(stream, 12)
    return len(head) == 12 and bool(struct.unpack_from("<H", head, 10)[0] & 0x0100)


def _excel_is_locked(file: CompoundFile, stream: Entry) -> bool:
    # [MS-XLS] 2.4.117: a FilePass record among the first of the globals substream.
    head = file.head(stream, 4096)
    at = 0
    while at + 4 <= len(head):
        record, length = struct.unpack_from("<HH", head, at)
        if record == 0x2F:
            return True
        if record == 0x0A:  # EOF of the substream
            return False
        at += 4 + length
    return False


def _slides_are_locked(file: CompoundFile, stream: Entry | None) -> bool:
    # [MS-PPT] 2.3.2, CurrentUserAtom: headerToken is 0xF3D1C4DF in an encrypted file.
    head = file.head(stream, 16) if stream is not None else b""
    return len(head) == 16 and struct.unpack_from("<I", head, 12)[0] == 0xF3D1C4DF

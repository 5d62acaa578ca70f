"""What a document holds that its PDF does not show: nobody should take the one for the other.

The codes have their words in config/remarks.toml. Call this in a sandboxed process only, for a file
that was admitted (converters.admission): its XML is bounded there.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Final

from converters import unseen_compound, unseen_office_xml, unseen_open_document
from converters.compound import SIGNATURE, CompoundFile, NotCompound
from converters.fault import NotTheType

CODES: Final = (
    "hidden_sheets",
    "hidden_cells",
    "hidden_slides",
    "hidden_text",
    "print_area",
    "tracked_changes",
    "comments",
    "speaker_notes",
    "external_links",
    "macros",
)
_OPEN_DOCUMENT = ("application/vnd.oasis.opendocument.", "application/vnd.sun.xml.")
_MOST_RICH_TEXT = 64 * 1024 * 1024
# Control words of the Rich Text Format Specification 1.9.1; "\v0" ends what "\v" began.
_IN_RICH_TEXT = (
    (re.compile(rb"\\(?:deleted|revised)(?![a-z0-9])"), "tracked_changes"),
    (re.compile(rb"\\annotation(?![a-z])"), "comments"),
    (re.compile(rb"\\v(?![a-z0-9])"), "hidden_text"),
)


def of(file: Path, media_type: str) -> list[str]:
    """Return the codes of what is not seen in a document, in the order of CODES.

    What cannot be followed says nothing: whether it can be opened is the engine's to tell.
    """
    with file.open("rb") as opened:
        head = opened.read(len(SIGNATURE))
    found: set[str] = set()
    try:
        if head == SIGNATURE:
            with file.open("rb") as opened:
                compound = CompoundFile(opened.fileno(), 0, os.fstat(opened.fileno()).st_size)
                found = unseen_compound.of(compound)
        elif media_type == "application/rtf":
            with file.open("rb") as opened:
                text = opened.read(_MOST_RICH_TEXT)
            found = {code for sign, code in _IN_RICH_TEXT if sign.search(text)}
        elif media_type.endswith("-flat-xml"):
            with file.open("rb") as opened:
                found = unseen_open_document.of_flat(opened)
        elif zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                is_open = media_type.startswith(_OPEN_DOCUMENT)
                found = (unseen_open_document if is_open else unseen_office_xml).of(archive)
    except (NotCompound, struct.error, NotTheType, zipfile.BadZipFile, zlib.error, OSError,
            EOFError, RuntimeError, NotImplementedError):  # fmt: skip
        return []
    return [code for code in CODES if code in found]

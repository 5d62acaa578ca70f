"""What is worth more whole than taken apart: productions, discs and mailboxes, by their listing.

The files of a production name each other, a disc's viewer finds its images by their place, and a
mailbox is one file. Pulled apart and renamed they would be a heap of pages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from config.media import catalogue
from gateway.reader.member import Member

_MAILBOXES = {".pst", ".ost", ".olm", ".nsf", ".edb", ".dbx"}
# Concordance and Opticon, IPRO and Summation: a table of documents or pages beside their images.
_LOAD_FILES = {".dat", ".opt", ".lfp", ".dii", ".dcb"}
_NUMBERED_PAGE = re.compile(
    r"(?:\A|[^0-9])\d{4,}(?:[._-]\d+)*\.(?:tiff?|jpe?g|png|pdf|txt)\Z", re.IGNORECASE
)
_LEAST_PAGES = 2
# Files that are folders to the program that wrote them, zipped.
_BUNDLES = {".pages", ".numbers", ".key", ".kmz", ".sketch", ".xmind", ".mmap", ".cbz", ".3mf"}
_BUNDLE_PARTS = {".iwa"}

_SYSTEM = {
    ".ds_store": (b"\0\0\0\1Bud1",),
    "thumbs.db": (b"\xd0\xcf\x11\xe0", b"\xfd\xff\xff\xff"),
    "ehthumbs.db": (b"\xd0\xcf\x11\xe0",),
    "desktop.ini": (b"[", b"\r\n[", b"\xff\xfe"),
}
_APPLE_DOUBLE = b"\0\5\x16\7"
_MOST_SYSTEM_BYTES = 16 << 20


def is_whole(name: str | None, files: Sequence[Member]) -> bool:
    """Say whether an archive called `name` is filed as it is, going by the names of its files."""
    endings = [_ending(one.base) for one in files]
    if _ending(name or "") in _BUNDLES or not _BUNDLE_PARTS.isdisjoint(endings):
        return True
    if any(one.base.upper() == "DICOMDIR" for one in files):
        return True
    if any(one.name.lower() == "autorun.inf" for one in files):
        return True
    return not _MAILBOXES.isdisjoint(endings) or _is_production(files, endings)


def _is_production(files: Sequence[Member], endings: Sequence[str]) -> bool:
    if not any(
        ending in _LOAD_FILES and one.base.lower() != "winmail.dat"
        for one, ending in zip(files, endings, strict=True)
    ):
        return False
    pages = (one for one in files if one.folders and _NUMBERED_PAGE.search(one.base))
    return sum(1 for _, _ in zip(pages, range(_LEAST_PAGES), strict=False)) == _LEAST_PAGES


def programs(files: Sequence[Member]) -> list[str]:
    """Return the names of the programs among them, going by their endings."""
    media = catalogue()
    named = ((one.base, media.named(_ending(one.base))) for one in files)
    return [base for base, kind in named if kind is not None and media.is_program(kind)]


def is_system_file(member: Member, head: bytes, size: int) -> bool:
    """Say whether a computer keeps a member for itself: by its name, and by its bytes as well.

    A document is not left out because somebody called it Thumbs.db.
    """
    if size > _MOST_SYSTEM_BYTES:
        return False
    if member.base.startswith("._") or "__MACOSX" in member.folders:
        return head.startswith(_APPLE_DOUBLE)
    return head.startswith(_SYSTEM.get(member.base.lower(), ()))


def is_resource_fork(declared_type: str, head: bytes, size: int) -> bool:
    """Say whether a part is the first half of a file that a Mac sent in two (RFC 1740, 4).

    AppleSingle bears the same type, begins otherwise, and holds the document.
    """
    is_named = declared_type == "application/applefile"
    return is_named and size <= _MOST_SYSTEM_BYTES and head.startswith(_APPLE_DOUBLE)


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()

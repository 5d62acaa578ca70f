"""A second type that the bytes of a file are valid as: somebody made it so."""

from __future__ import annotations

import re

from converters import zipped
from converters.handed import File

_PDF = b"%PDF-"
_LOCAL_HEADER_BYTES = 30  # APPNOTE.TXT, 4.3.7: the lengths of name and further fields end it
# A page in an image, and a script that begins with the image's own first bytes as its variable.
_PAGE = re.compile(rb"<(?:script|html|!doctype html|svg)[\s>]", re.IGNORECASE)
_SCRIPT = re.compile(rb"(?:GIF8[79]a|BM)(?:..)?(?:/\*|=)", re.DOTALL)
_SCRIPT_IN_JPEG = re.compile(rb"\xff\xd8\xff\xe0/\*", re.DOTALL)


def beside_zip(head: bytes) -> str | None:
    """Name the second type of a ZIP file. A PDF that is its first file, as it is, is none."""
    at = head.find(_PDF, 0, 1024 + len(_PDF) - 1)
    if at < 0 or not head.startswith(b"PK\x03\x04"):
        return None
    name, further = (int.from_bytes(head[place : place + 2], "little") for place in (26, 28))
    return None if at == _LOCAL_HEADER_BYTES + name + further else "application/pdf"


def beside_pdf(file: File, head: bytes, found: str, plain: frozenset[str]) -> str | None:
    """Name the second type of a PDF. `found` is what libmagic says it is, `plain` what is none."""
    if zipped.has_directory(file):
        return "application/zip"
    if _PAGE.search(head, 0, head.find(_PDF)):
        return "text/html"
    return None if found in plain else found


def beside_image(file: File, head: bytes) -> str | None:
    """Name the second type of an image."""
    if zipped.has_directory(file):
        return "application/zip"
    if _SCRIPT.match(head) or _SCRIPT_IN_JPEG.match(head):
        return "text/javascript"
    return "text/html" if _PAGE.search(head[:1024]) else None

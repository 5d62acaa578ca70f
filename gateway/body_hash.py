"""The hash of what stands below a message's header: what mail systems on its way leave alone."""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO

_CHUNK_BYTES = 1 << 18
_MOST_HEADER_BYTES = 1 << 20
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")


def body_sha256(raw: BinaryIO) -> str:
    """Return the SHA-256 of a message's body, with every line end as CRLF and no blank lines last.

    DKIM leaves the same out of account (RFC 6376, 3.4.3). Without a blank line there is no body.
    """
    digest = hashlib.sha256()
    head = raw.read(_MOST_HEADER_BYTES)
    found = _BLANK_LINE.search(head)
    text = head[found.end() :] if found is not None else b""
    held = b""  # line ends that may be the last ones, or be cut in the middle
    while text or held:
        lines = held + text
        body = lines.rstrip(b"\r\n")
        held = lines[len(body) :]
        digest.update(_with_crlf(body))
        text = raw.read(_CHUNK_BYTES) if found is not None else b""
        if not text:
            break
    return digest.hexdigest()


def _with_crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")

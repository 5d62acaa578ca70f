"""The hash of what stands below a message's header: what mail systems on its way leave alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

_CHUNK_BYTES = 1 << 18
_MOST_HEADER_BYTES = 1 << 20
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")


def body_sha256(raw: BinaryIO) -> str:
    """Return the SHA-256 of a message's body, with every line end as CRLF and no blank lines last.

    DKIM leaves the same out of account (RFC 6376, 3.4.3). Without a blank line there is no body.
    """
    digest = hashlib.sha256()
    ends = 0  # line ends that may be the last ones: counted, however many a stranger sends
    for text in _with_lf(_body(raw)):
        body = text.rstrip(b"\n")
        if body:
            for some in range(0, ends, _CHUNK_BYTES):
                digest.update(b"\r\n" * min(_CHUNK_BYTES, ends - some))
            digest.update(body.replace(b"\n", b"\r\n"))
            ends = 0
        ends += len(text) - len(body)
    return digest.hexdigest()


def _body(raw: BinaryIO) -> Iterator[bytes]:
    head = raw.read(_MOST_HEADER_BYTES)
    found = _BLANK_LINE.search(head)
    if found is None:
        return
    yield head[found.end() :]
    while chunk := raw.read(_CHUNK_BYTES):
        yield chunk


def _with_lf(chunks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""  # a CR whose LF may come with the next chunk
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)]
        yield text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if held:
        yield b"\n"

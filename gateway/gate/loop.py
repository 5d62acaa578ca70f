"""A loop: a message that has passed through so many mail servers that it goes round in circles.

One regular expression, linear, over at most 256 KiB: nothing is decoded, so nothing need be killed.
Whether a machine wrote it, and whether it answers one of our own mails, is seen on the road
(gateway/reader/sender.py, gateway/road/aside.py): such a letter is taken, and set aside there.
"""

from __future__ import annotations

import re

HEAD_BYTES = 262_144
_END = re.compile(rb"\r?\n\r?\n|\A\r?\n")
_HOP = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


def hops(head: bytes | bytearray | memoryview) -> int:
    """Count the Received lines (RFC 5321, 6.3) in the header of a message that begins so."""
    block = bytes(head[:HEAD_BYTES])
    end = _END.search(block)
    return sum(1 for _ in _HOP.finditer(block, 0, end.start() + 1 if end else len(block)))

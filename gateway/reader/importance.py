"""Importance: whether the sender's program marked a message as urgent."""

from __future__ import annotations

import re

from gateway.reader.header import Header

# RFC 2156, 5.3.4 and 5.3.6; X-Priority as programs write it: "1", "1 (Highest)", "2 (High)".
_HIGH = {
    "importance": re.compile(rb"high", re.IGNORECASE),
    "x-priority": re.compile(rb"[12](?:\s*\([^()]*\))?", re.IGNORECASE),
    "x-msmail-priority": re.compile(rb"(?:high|urgent)", re.IGNORECASE),
    "priority": re.compile(rb"urgent", re.IGNORECASE),
}
MARKS = tuple(_HIGH)


def importance(header: Header) -> str | None:
    """Return the name of the first field that says so, one of MARKS, or None."""
    return next(
        (
            name
            for name, high in _HIGH.items()
            if any(high.fullmatch(value.strip()) for value in header.all(name))
        ),
        None,
    )

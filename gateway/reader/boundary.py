"""The boundaries of a message: those that its header names, and those that its body shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.reader.fault import ReadingStopped, Reason
from gateway.reader.parameters import Value
from gateway.reader.source import MAX_LINE_BYTES, WINDOW_BYTES, Extent

_MOST_SHOWN = 1000  # different ones, in one message whose header names none of them
_OVERLAP_BYTES = 2048  # the line, and the fields in front of the one that tells
# A line with dashes, and a part's header under it; some programs write other fields first.
_SHOWN = re.compile(
    rb"--(?<![^\r\n]--)([^\r\n]{1,200})(?:\r*\n|\r)"
    rb"(?=(?:(?:x-|mime-)[^\r\n]{0,200}(?:\r*\n|\r)){0,4}content-[a-z-]+[ \t]*:)",
    re.IGNORECASE,
)


def named(content_type: Value) -> tuple[bytes, ...]:
    """Return what the header names as the boundary. More than one where it names it twice."""
    return _usable(
        content_type.parameters.get("boundary", b""),
        (content_type.text("boundary") or "").encode("utf-8", "replace"),
        *content_type.repeated.get("boundary", []),
    )


def misread(content_type: Value) -> tuple[bytes, ...]:
    """Return what else the header may mean where nothing is divided by what it names."""
    written = named(content_type)
    folded = [b"".join(raw.split()) for raw in written]  # folded in the middle
    without_junk = [raw.split()[0] for raw in (*written, *folded) if raw.split()]
    return _usable(*folded, *without_junk)


def shown(extent: Extent) -> tuple[bytes, ...]:
    """Return the different boundaries that a stretch of a message shows, whoever names them.

    Raises ReadingStopped where there are too many to be anybody's.
    """
    found: dict[bytes, None] = {}
    for boundary in _shown(extent):
        found[boundary] = None
        if len(found) > _MOST_SHOWN:
            raise ReadingStopped(Reason.TOO_MANY_PARTS)
    return tuple(found)


def shows_parts(extent: Extent) -> bool:
    """Say whether a stretch that should hold no part shows the beginning of one."""
    return next(_shown(extent), None) is not None


def _shown(extent: Extent) -> Iterator[bytes]:
    place = extent.start
    while place < extent.end:
        back = min(_OVERLAP_BYTES, place - extent.start)
        window = extent.read(place - back, back + WINDOW_BYTES)
        if b"--" in window:  # base64 has no dash: most of a large message is passed over here
            for match in _SHOWN.finditer(window, min(1, back)):
                if line := match[1].rstrip(b" \t"):
                    yield line
        place += len(window) - back


def _usable(*boundaries: bytes) -> tuple[bytes, ...]:
    # None may end with white space (RFC 2046, 5.1.1); where one does, its last line holds it.
    plain = [form for raw in boundaries for form in (raw.rstrip(b" \t"), raw)]
    return tuple(
        dict.fromkeys(raw for raw in plain if raw.strip() and len(raw) <= MAX_LINE_BYTES - 8)
    )

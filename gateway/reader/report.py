"""A delivery report: its status codes for mail that could not be delivered (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.reader.entity import Entity, Kind
from gateway.reader.leaf import Leaf

_MOST_BYTES = 1 << 16
_MOST_STATUSES = 20
# The fields of each recipient are parted from the others' by an empty line (2.1).
_GROUPS = re.compile(rb"(?<!\r)\r*\n[ \t]*\r*\n")
_ACTION = re.compile(rb"^action:[ \t]*failed\b", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^status:[ \t]*([45]\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE | re.MULTILINE)


def failures(root: Entity, leaves: list[Leaf]) -> list[str]:
    """Return the codes of a report's failed recipients, each once; none for any other message.

    A report of a delay, or of a delivery, has none.
    """
    if root.media_type != "multipart/report":
        return []
    found = (
        status
        for leaf in leaves
        if leaf.entity.kind is Kind.LEAF and leaf.entity.media_type == "message/delivery-status"
        for status in _failed(leaf.head(_MOST_BYTES))
    )
    return list(dict.fromkeys(found))[:_MOST_STATUSES]


def _failed(text: bytes) -> Iterator[str]:
    for group in _GROUPS.split(text):
        status = _STATUS.search(group)
        if _ACTION.search(group) and status is not None:
            yield status[1].decode("ascii")

"""Attached: who wrote a message that is attached to another one, and what it answers.

For the letter itself the answer says more; of these as much as a message needs that is passed on.
"""

from __future__ import annotations

from typing import Any

from gateway.reader import entries
from gateway.reader.header import Header
from gateway.reader.mailboxes import mailboxes
from gateway.reader.sender import one_sender
from gateway.reader.sent import sent_at
from gateway.reader.thread import answered

MOST = 20  # of one letter; what is said of each is bounded as well
_MOST_ANSWERED = 20
_MOST_ADDRESSED = 20


def attached(header: Header, container: str) -> dict[str, Any]:
    """Say what the header of an attached message says; `container` is the path of its part."""
    return {
        "container": container,
        "message_id": entries.shown(header, "message-id") or None,
        "sent_at": sent_at(header),
        "sender": one_sender(header),
        "answered": answered(header)[:_MOST_ANSWERED],
        "addressed": [
            {"name": one.name, "address": one.address}
            for one in mailboxes(header)[:_MOST_ADDRESSED]
        ],
    }

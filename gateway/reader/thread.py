"""Thread: the messages that a message says it answers."""

from __future__ import annotations

import re

from gateway.reader.header import Header

_MESSAGE_ID = re.compile(rb"<([!-;=?-~]{1,400}@[!-;=?-~]{1,255})>")
_MOST_ANSWERED = 20
_MOST_REFERENCES = 80


def answered(header: Header) -> list[str]:
    """Return the Message-IDs of In-Reply-To and References, without their brackets, each once.

    What is answered comes first, and then its thread, the newest first: References has the oldest
    first (RFC 5322, 3.6.4). Of a long thread the last eighty are taken.
    """
    answers = [one for value in header.all("in-reply-to") for one in _MESSAGE_ID.findall(value)]
    references = [one for value in header.all("references") for one in _MESSAGE_ID.findall(value)]
    named = (*answers[:_MOST_ANSWERED], *references[: -_MOST_REFERENCES - 1 : -1])
    return [one.decode("ascii") for one in dict.fromkeys(named)]

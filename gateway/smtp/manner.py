"""The manner of a door: SMTP, or LMTP (RFC 2033), which is spoken from one mail server to the next.

LMTP says LHLO, never EHLO or HELO, and after the data there is one reply for each recipient. Its
client is a mail server that has taken the message from anybody, so it proves nothing about who sent
it, wherever it runs.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """What differs from door to door."""

    door: str  # as letters have it
    greeting: str
    hello: str  # the verb that greets, as it is asked for
    foreign: frozenset[str]  # verbs that are not of it
    replies_to_each: bool
    is_for_anybody: bool  # clients are senders: TLS is offered, and who they are may prove them


SMTP = Manner("smtp", "ESMTP", "EHLO", frozenset({"LHLO"}), False, True)
LMTP = Manner("lmtp", "LMTP", "LHLO", frozenset({"EHLO", "HELO", "STARTTLS"}), True, False)

"""A verdict: how the sender of a letter was proven, or was not, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.letter import Proof


class NotTaken(Exception):
    """The gate refuses a message. `code` is of the problem catalogue, `fields` are its row's."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


@dataclass(frozen=True)
class Handed:
    """How a message came: what the transport knows about it."""

    client: str | None  # its IP address; None for a socket in the file system
    helo: str
    sender: str
    is_lmtp: bool


@dataclass(frozen=True)
class Verdict:
    """What came of a proof."""

    proof: Proof
    rule: str  # a word of portal.vocabulary.RULES
    client: str | None = None  # where it came from, as it was proven by
    relayed_at: datetime | None = None  # when a trusted relay took it
    refused_for: str | None = None  # the domain that asks for it
    author: str | None = None  # the address in From, where it is its domain that is proven

"""Why a message cannot be taken apart, in one word each."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What stopped the reader. The words that people read are the catalogue's."""

    TOO_MANY_PARTS = "too_many_parts"
    TOO_DEEP = "too_deep"
    HEADER_TOO_LARGE = "header_too_large"
    UNDIVIDED = "undivided"  # a multipart message whose parts cannot be found in its bytes
    DAMAGED = "damaged"  # an Outlook message that is not whole
    TOO_SLOW = "too_slow"
    DIED = "died"
    UNBELIEVABLE = "unbelievable"  # what the reader process answered cannot be true


class ReadingStopped(Exception):
    """A limit was crossed, or the message cannot be divided. `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason

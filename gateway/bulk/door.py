"""The bulk door: takes messages to the wall, one after the other, each of them once.

Nothing is noted of what was taken but the letters themselves: whoever takes the same files again
finds each message by its bytes, after an end in the middle as well. The proof of the sender is that
the operator vouches; who the sender is, the message's own From says, when it is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from config.settings import Settings
from gateway.bulk.messages import Message
from gateway.letter import Accepted, Envelope, Letter, Proof
from portal.pouch import blob_of
from portal.vault import Blob, DiskFull, Vault


@dataclass(frozen=True)
class Terms:
    """What the operator says of what is imported."""

    firm_id: int | None = None  # whose mail it is; None for whatever each From says
    receipts: bool = False


class Wall(Protocol):
    """The wall: gateway.intake.Intake."""

    def accept(self, letter: Letter) -> Accepted:
        """Put a letter into the record and the queue, durably."""

    def repeated(self, letter: Letter) -> str | None:
        """Return the receipt number of the letter that this one repeats, where there is one."""


class NotTaken(Exception):
    """A message was not taken. `code` is that of the problem."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class BulkDoor:
    """Takes messages. For one thread."""

    vault: Vault
    wall: Wall
    settings: Settings
    terms: Terms
    clock: Callable[[], datetime]
    before: Callable[[], None] = lambda: None  # waits until one more may come

    def take(self, message: Message) -> Accepted:
        """Take one message, or find that it was taken before.

        Raises NotTaken, and the faults of vault and wall: then neither this one nor those after it
        were taken, and taking them all again takes each one once.
        """
        seen = self.look(message)
        first = self.wall.repeated(seen)
        if first is not None:
            return Accepted(first, repeated=True)
        self.before()
        if self.vault.free_bytes() < seen.raw.bytes + self.settings.storage.minimum_free_bytes:
            raise DiskFull("less than storage.minimum_free_bytes would be left")
        if seen.content is None:
            self._keep(message, seen.raw)
        return self.wall.accept(seen)

    def look(self, message: Message) -> Letter:
        """Return the letter that a message would be. Nothing is kept. Raises NotTaken."""
        if message.octets > self.settings.intake.max_message_bytes:
            raise NotTaken("email_too_large")
        if message.octets <= self.settings.storage.pouch_bytes:
            content = b"".join(read(message))
            raw = blob_of(content)
        else:
            content, raw = None, _hashed(message)
        if not raw.bytes:
            raise NotTaken("file_empty")
        return Letter(self._envelope(message), raw, content)

    def _envelope(self, message: Message) -> Envelope:
        return Envelope(
            door="import",
            sender="",
            recipients=(self.settings.intake.address,),
            arrived_at=self.clock(),
            proof=Proof.OPERATOR,
            quiet=not self.terms.receipts,
            dated_at=message.dated,
            imported_for=self.terms.firm_id,
        )

    def _keep(self, message: Message, raw: Blob) -> None:
        with self.vault.draft() as draft:
            for chunk in read(message):
                draft.write(chunk)
            if draft.bytes != raw.bytes or draft.sha256 != raw.sha256:
                raise NotTaken("file_unreadable")  # somebody writes to it
            draft.keep()


def read(message: Message) -> Iterator[bytes]:
    """Give a message's bytes. Raises NotTaken where they cannot be read."""
    try:
        yield from message.chunks()
    except OSError as fault:
        raise NotTaken("file_unreadable") from fault


def _hashed(message: Message) -> Blob:
    digest, size = hashlib.sha256(), 0
    for chunk in read(message):
        digest.update(chunk)
        size += len(chunk)
    return Blob(digest.hexdigest(), size)

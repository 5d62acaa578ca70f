"""A way out: what takes our mails, and what it says of each; and the one that is a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

import structlog

from gateway.telling.message import Message
from gateway.watch import fault_fields


class Verdict(Enum):
    """What became of a mail."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"  # for good


@dataclass(frozen=True)
class Outcome:
    """What a way said of one mail. `failure` holds codes and no more: replies may name people."""

    outbox_id: int
    verdict: Verdict
    failure: str | None = None


class WayDown(Exception):
    """Nothing can be sent this way for now. It says nothing about any mail. Time mends it, or us.

    Its text is one word for the log: where it stopped.
    """


Note = Callable[[Sequence[Outcome]], None]
IsOwed = Callable[[int], bool]


class Way(Protocol):
    """Takes mails out of the house."""

    def carry(self, messages: Sequence[Message], is_owed: IsOwed, note: Note) -> None:
        """Carry each message that is still owed, and have its outcome noted.

        `note` is called as soon as an outcome must not be forgotten. Raises WayDown; what was noted
        before holds, and the rest is untouched.
        """


@dataclass(frozen=True)
class FolderWay:
    """Writes each mail as an .eml file, named by its row: a second time is the same file again."""

    folder: Path

    def carry(self, messages: Sequence[Message], is_owed: IsOwed, note: Note) -> None:
        """Write the files, durably. A crash before `note` costs nothing, so one does for all."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        note([self._carry(one) for one in messages if is_owed(one.outbox_id)])

    def _carry(self, message: Message) -> Outcome:
        try:
            self._write(message)
        except OSError as fault:
            structlog.get_logger().error(
                "mail.failed", outbox=message.outbox_id, **fault_fields(fault)
            )
            return Outcome(message.outbox_id, Verdict.LATER)
        return Outcome(message.outbox_id, Verdict.SENT)

    def _write(self, message: Message) -> None:
        path = self.folder / f"{message.outbox_id:08d}-{message.kind}.eml"
        draft = path.with_suffix(".part")
        with draft.open("wb") as stream:
            stream.write(message.content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(path)
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

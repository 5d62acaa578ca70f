"""Read: letter to package. The message comes apart in a sandbox; what comes back is believed of
nothing but its shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from config.settings import Reading
from converters.fault import BadOutput, JobDied, JobRefused, JobTimedOut, JobUncertain
from gateway.letter import Letter
from gateway.reader.fault import Reason
from gateway.road.answer import Unbelievable, package_of
from gateway.road.package import Package

_STOPS = frozenset(Reason)


class MessageUnreadable(Exception):
    """A message could not be taken apart: its letter is held, whole. `why` is the log's word."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.value)
        self.why = why.value


class Reader(Protocol):
    """What runs a job on a stranger's bytes, away from this process: converters.pool.Pool."""

    def run(
        self,
        job: Mapping[str, Any],
        *,
        inputs: Sequence[int] = (),
        into: Path,
        whose: str | None = None,
    ) -> dict[str, Any]:
        """Run one job and return its answer; its files are in `into` then.

        Of those that wait for it, whoever has least in hand goes first; `whose` says who it is.
        """


def read(
    letter: Letter,
    raw: BinaryIO,
    reader: Reader,
    folder: Path,
    limits: Reading,
    *,
    last_chance: bool = True,
) -> Package:
    """Take a letter apart into words and parts; the parts' files are in `folder`, flat.

    `raw` is a file open for reading only. Raises MessageUnreadable: too many parts, too deep, a
    header too large, too slow, a death of the reader, an answer that cannot be true, or a message
    that says it has parts and shows none. Raises JobUncertain instead for one that was slow or
    whose reader ended, where that may have been this machine's doing: unless it is the message's
    `last_chance`. Whatever else of converters.fault passes through is no fault of the message.
    """
    try:
        answer = reader.run(job_of(limits), inputs=[raw.fileno()], into=folder, whose=letter.turn)
        if "stopped" in answer:
            raise MessageUnreadable(_reason(answer["stopped"]))
        return package_of(letter, answer, folder)
    except JobUncertain as fault:
        if not last_chance:
            raise
        late = isinstance(fault, JobTimedOut)
        raise MessageUnreadable(Reason.TOO_SLOW if late else Reason.DIED) from fault
    except JobDied as fault:
        raise MessageUnreadable(Reason.DIED) from fault
    except (BadOutput, JobRefused, Unbelievable) as fault:
        raise MessageUnreadable(Reason.UNBELIEVABLE) from fault


def job_of(limits: Reading) -> dict[str, Any]:
    """Return the job that the reader is given, as gateway.reader.job takes it."""
    archives = {
        "max_members": limits.max_archive_members,
        "max_bytes": limits.max_archive_bytes,
        "max_ratio": limits.max_archive_ratio,
        "max_depth": limits.max_archive_depth,
    }
    return {
        "max_parts": limits.max_parts,
        "max_depth": limits.max_depth,
        "max_header_bytes": limits.max_header_bytes,
        "archives": archives if limits.open_archives else None,
    }


def _reason(stopped: object) -> Reason:
    return (
        Reason(stopped) if isinstance(stopped, str) and stopped in _STOPS else Reason.UNBELIEVABLE
    )

"""The bulk door: takes a folder of .eml files, on an operator's word.

Nobody is told of an imported letter: no receipt, no notice. The proof of the sender is that the
operator vouches for the folder; who the sender is, the message's own From says, when it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.settings import Intake as IntakeSettings
from gateway.letter import Accepted, Envelope, Letter, Proof
from portal.vault import Vault


@dataclass(frozen=True)
class Taken:
    """What became of one file: its answer, or the code of the problem."""

    file: Path
    accepted: Accepted | None
    problem: str | None = None


def take_folder(
    folder: Path,
    *,
    vault: Vault,
    accept: Callable[[Letter], Accepted],
    intake: IntakeSettings,
    clock: Callable[[], datetime],
) -> Iterator[Taken]:
    """Take every .eml file below a folder, in the order of their paths, one after the other.

    A file over the size limit is not taken and named as such. Raises the faults of the vault and
    the wall: then this file and those after it were not taken, and taking the folder again takes
    each file once.
    """
    for file in sorted(folder.rglob("*.eml")):
        if not file.is_file():
            continue
        with file.open("rb") as stream:
            try:
                blob = vault.add(stream, limit=intake.max_message_bytes)
            except ValueError:
                yield Taken(file, None, "email_too_large")
                continue
        envelope = Envelope(
            door="import",
            sender="",
            recipients=(intake.address,),
            arrived_at=clock(),
            proof=Proof.OPERATOR,
            quiet=True,
        )
        yield Taken(file, accept(Letter(envelope, blob)))

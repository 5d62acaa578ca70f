"""An attempt: what the record and the vault hold of the letter that it is made for."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from gateway.letter import Form, Letter
from gateway.manifest import ListedFile
from gateway.road.copy import Known
from gateway.road.file import final_state
from gateway.road.listed import manifest_of
from gateway.road.package import Package
from gateway.road.read import MessageUnreadable
from gateway.scanner import Outcome, Verdict
from gateway.watch import fault_fields
from portal.database import Database
from portal.decision import Decision
from portal.piece import pieces_of
from portal.pouch import PouchChanged, Raw
from portal.tables import letters, parts
from portal.vault import VaultFault

_LIVE = sa.select(letters).where(
    letters.c.id == sa.bindparam("letter"),
    letters.c.attempt == sa.bindparam("numbered"),
    letters.c.state == "checking",
)

_REASON = sa.select(letters.c.reason).where(letters.c.id == sa.bindparam("letter"))
_NOT_SCANNED = sa.select(parts.c.sha256).where(
    parts.c.letter_id == sa.bindparam("letter"),
    parts.c.scan == str(Verdict(Outcome.UNSEEN, "failed")),
)


@dataclass(frozen=True)
class Attempt:
    """One attempt at a letter, and what is known of it before the road."""

    letter: Letter
    letter_id: int
    number: int
    receipt: str
    decision: Decision | None  # what a person made of the letter, to be carried out now
    is_trial: bool  # a rehearsal: nothing is filed
    known: Known | None = None  # what its copies know it by; None where it can have none

    @property
    def is_ours(self) -> bool:
        """Whether one of us has decided: then it was seen, and is filed though it be a copy."""
        return self.decision is not None and self.decision.account_id is not None

    @property
    def tried(self) -> int:
        """How often this has been tried: each decision begins anew."""
        return self.number - (self.decision.was_attempt if self.decision else 0)


def live(database: Database, letter_id: int, attempt: int) -> sa.Row[tuple[object, ...]] | None:
    """Return the letter's row where it is in motion and this is its attempt, else None."""
    with database.read() as connection:
        return connection.execute(_LIVE, {"letter": letter_id, "numbered": attempt}).one_or_none()


def placed_documents(database: Database, letter_id: int) -> frozenset[str]:
    """Return the paths of the documents that the record shows, as a person puts them to cases."""
    with database.read() as connection:
        pieces = pieces_of(connection, letter_id).values()
        return frozenset(piece.path for piece in pieces if piece.is_placed)


def listed_files(letter: Letter, raw: Raw) -> tuple[ListedFile, ...]:
    """Return the files that a letter names; none where that cannot be read now: the log says so."""
    if letter.form is not Form.MANIFEST:
        return ()
    try:
        with raw.open(letter.raw.sha256) as content:
            return manifest_of(content).files
    except (VaultFault, PouchChanged, MessageUnreadable) as fault:
        structlog.get_logger().error("letter.not_listed", **fault_fields(fault))
        return ()


def not_scanned(database: Database, letter_id: int) -> frozenset[str]:
    """Return the files that the virus scanner failed on in an earlier attempt, by their SHA-256."""
    with database.read() as connection:
        return frozenset(connection.scalars(_NOT_SCANNED, {"letter": letter_id}))


def is_held_as_before(database: Database, letter_id: int, package: Package) -> bool:
    """Say whether a package comes to be held just as its letter was before this attempt.

    Then its sender has been told. A letter in motion keeps the reason for which it waited.
    """
    state, reason = final_state(package)
    if state != "with_us" or reason is None:
        return False
    with database.read() as connection:
        return connection.scalar(_REASON, {"letter": letter_id}) == reason

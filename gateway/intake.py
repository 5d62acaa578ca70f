"""The wall: every door ends in `Intake.accept`, and says yes only when it has returned.

By then one committed transaction holds the letter's row and its queued workflow, and the letter's
bytes are durable: in the vault, where the door kept them before, or in the pouch by the very same
transaction (portal/pouch.py).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from gateway.letter import Accepted, Along, Letter, Withdrawn
from gateway.moving.queue import Queue
from gateway.moving.turn import turn_of
from portal import pouch, receipt_number
from portal.database import Database
from portal.directory import firm_id_of
from portal.prepared import Prepared
from portal.tables import letters
from portal.vault import DiskFull

_NUMBER_TRIES = 5


class WallDown(Exception):
    """The record could not be written. Nothing was accepted; time mends it, or operations."""


@dataclass
class _Turn:
    """One letter at the wall, and what came of it."""

    letter: Letter
    along: Along | None
    accepted: Accepted | None = None
    fault: WallDown | DiskFull | Withdrawn | None = None
    leads: bool = False
    called: threading.Event = field(default_factory=threading.Event)  # answered, or to lead


@dataclass
class Intake:
    """The wall of one process. Safe for threads: letters that come together share a commit."""

    database: Database
    queue: Queue
    _waiting: list[_Turn] = field(default_factory=list)
    _list: threading.Lock = field(default_factory=threading.Lock)
    _led: bool = False  # somebody has the commit in hand

    def accept(self, letter: Letter, along: Along | None = None) -> Accepted:
        """Put a letter into the record and the queue, durably.

        `letter.raw` must be durable, unless its bytes come along as `letter.content`. A letter that
        came before (same door, sender, recipients and bytes, or the same origin) is answered with
        the first one's receipt number. `along` writes more in a new one's transaction, and may
        raise Withdrawn. Raises that, WallDown and DiskFull; then nothing was accepted.
        """
        turn = _Turn(letter, along)
        with self._list:
            self._waiting.append(turn)
            if not self._led:
                self._led = True
                self._call(turn)
        turn.called.wait()
        if turn.leads:
            self._lead()
        if turn.fault is not None:
            raise turn.fault
        assert turn.accepted is not None, "a turn ends with an answer or a fault"
        return turn.accepted

    def _lead(self) -> None:
        """Answer all who wait, and hand the lead to one of those who have come meanwhile.

        Whoever is answered goes at once, and never waits for the next commit. With a lock in the
        place of the lead the one who had held it took it again, alone, before the others had woken.
        """
        with self._list:
            together, self._waiting = self._waiting, []
        try:
            self._accept_all(together)
        finally:
            with self._list:
                self._led = bool(self._waiting)
                if self._led:
                    self._call(self._waiting[0])
            for turn in together:
                turn.called.set()

    def _call(self, turn: _Turn) -> None:
        turn.leads = True
        turn.called.set()

    def taken(self, origin: str) -> str | None:
        """Return the receipt number of the letter of this origin, where there is one.

        Raises WallDown.
        """
        return self._receipt(_OF_ORIGIN, origin=origin)

    def repeated(self, letter: Letter) -> str | None:
        """Return the receipt number of the letter that this one repeats, where there is one.

        Raises WallDown.
        """
        return self._receipt(_OF_FINGERPRINT, fingerprint=letter.fingerprint)

    def _receipt(self, asked: sa.Select[str], **by: str) -> str | None:
        try:
            with self.database.read() as connection:
                return connection.execute(asked, by).scalar()
        except sa.exc.SQLAlchemyError as error:
            raise WallDown(type(error).__name__) from error

    def _accept_all(self, turns: list[_Turn]) -> None:
        """Answer every turn: in one transaction, or each alone where that one fails."""
        try:
            with self.database.write() as connection:
                answers = [self._insert(connection, turn.letter, turn.along) for turn in turns]
        except Exception as error:  # noqa: BLE001  # whatever it was, every door waits for an answer
            if len(turns) > 1 and not _is_busy(error):
                for turn in turns:
                    self._accept_all([turn])
                return
            for turn in turns:
                turn.fault = _in_our_words(error)
                if turn.fault is not error:
                    turn.fault.__cause__ = error
        else:
            for turn, answer in zip(turns, answers, strict=True):
                turn.accepted = answer

    def _insert(self, connection: sa.Connection, letter: Letter, along: Along | None) -> Accepted:
        turn = turn_of(letter.envelope, lambda one: firm_id_of(connection, one))
        row = {
            "door": letter.envelope.door,
            "sender": letter.envelope.sender,
            "recipients": list(letter.envelope.recipients),
            "proof": letter.envelope.proof.value,
            "quiet": letter.envelope.quiet,
            "fingerprint": letter.fingerprint,
            "raw_sha256": letter.raw.sha256,
            "raw_bytes": letter.raw.bytes,
            "form": letter.form.value,
            "origin": letter.envelope.origin,
            "tls": letter.envelope.tls,
            "proof_rule": letter.envelope.proof_rule,
            "client": letter.envelope.client,
            "relayed_at": letter.envelope.relayed_at,
            "dated_at": letter.envelope.dated_at,
            "imported_for": letter.envelope.imported_for,
            "turn": turn,
            "arrived_at": letter.envelope.arrived_at,
            "state_since": letter.envelope.arrived_at,
        }
        insert = _INSERTS[connection.dialect.name]
        for _ in range(_NUMBER_TRIES):
            receipt = receipt_number.new()
            letter_id = insert.run(connection, row | {"receipt": receipt}).scalar()
            if letter_id is not None:
                if letter.content is not None:
                    pouch.put(connection, letter_id, letter.content)
                self.queue.put(connection, letter_id, attempt=1, turn=turn)
                if along is not None:
                    along(connection, letter_id)
                return Accepted(receipt, repeated=False)
            first = connection.execute(
                _FIRST, {"fingerprint": row["fingerprint"], "origin": row["origin"]}
            ).scalar()
            if first is not None:
                return Accepted(first, repeated=True)
            # Neither inserted nor there before: the number was taken. Another one.
        raise WallDown("no free receipt number")


def _is_busy(error: Exception) -> bool:
    """Say whether the record stayed locked: then each letter alone would wait as long again."""
    return isinstance(error, sa.exc.OperationalError) and "locked" in str(error.orig)


def _in_our_words(error: Exception) -> WallDown | DiskFull | Withdrawn:
    if isinstance(error, Withdrawn):
        return error
    # SQLITE_FULL. It has no word of its own for a quota (EDQUOT), which stays an I/O error.
    full = isinstance(error, sa.exc.OperationalError) and "disk is full" in str(error.orig)
    return (DiskFull if full else WallDown)(type(error).__name__)


def _insert_new(insert: type[sqlite.Insert] | type[postgresql.Insert]) -> sa.Insert:
    return (
        insert(letters)
        .values(state="checking", attempt=1)
        .on_conflict_do_nothing()
        .returning(letters.c.id)
    )


_INSERTS = {
    "sqlite": Prepared(lambda: _insert_new(sqlite.Insert)),
    "postgresql": Prepared(lambda: _insert_new(postgresql.Insert)),
}
_ORIGIN = letters.c.origin == sa.bindparam("origin", type_=sa.Text)  # of no row where it is NULL
_FINGERPRINT = letters.c.fingerprint == sa.bindparam("fingerprint", type_=sa.Text)
_FIRST = sa.select(letters.c.receipt).where(sa.or_(_FINGERPRINT, _ORIGIN))
_OF_ORIGIN = sa.select(letters.c.receipt).where(_ORIGIN)
_OF_FINGERPRINT = sa.select(letters.c.receipt).where(_FINGERPRINT)

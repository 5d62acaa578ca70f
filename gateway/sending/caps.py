"""Caps: how many mails one address gets, and what is gathered into a digest instead.

Looked at when mails are due, not when they are owed: filing never waits for it. Nothing that is
owed is dropped: over the cap of its address it is a line of a digest, which waits for its turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from config.settings import Receipts, Settings
from gateway.letter import Proof
from gateway.road.tell import LISTED
from gateway.sending.due import ASKS, IS_PROVEN, OPEN, WITH_LETTERS, is_nobodys, tells_of_unproven
from gateway.sending.gathering import DAILY, DIGEST, KINDS, Gathering, has_room
from gateway.telling.digest import ALONE, goes_alone, may_be_gathered
from portal.confirmation import unasked
from portal.tables import letters, outbox, packages

TOLD_BY_DIGEST = "told by a digest"
_RECEIPTS = ("receipt", "receipt_copy")
_TO_SENDERS = (*_RECEIPTS, "progress", DIGEST, LISTED, DAILY)
_IS_ALONE = sa.or_(packages.c.urgent.is_not(None), letters.c.state.in_(ALONE), ASKS)

Row = sa.Row[tuple[Any, ...]]


@dataclass
class _Sent:
    """What one address got lately, and is getting now, about letters of one kind of proof."""

    singles: int
    mails: int
    alone: int  # of the mails those that no digest could have told
    room_at: datetime  # from when on there is room for one more, once there is none
    gathers: dict[str, int | None]  # the digest, and the daily list, that gather for it


@dataclass(frozen=True)
class Caps:
    """Decides which of the due mails go out by themselves."""

    settings: Settings

    def passing(self, connection: sa.Connection, due: Sequence[Row], now: datetime) -> list[Row]:
        """Return the rows that go out now; the others wait, are withdrawn or put into a digest.

        `due` are rows of gateway.sending.due.DUE, in its order; the transaction writes.
        """
        lately: dict[tuple[str, bool], _Sent] = {}
        passing = []
        for row in due:
            if row.kind not in _TO_SENDERS:
                passing.append(row)
                continue
            # Apart, since anyone can cause mails about letters that nobody proved: they must
            # neither stop the others nor push them into a digest.
            proven = _is_proven(connection, row)
            if (row.recipient, proven) not in lately:
                lately[row.recipient, proven] = self._lately(
                    connection, row.recipient, now, proven=proven
                )
            sent = lately[row.recipient, proven]
            if self._goes(connection, row, sent, now, proven=proven):
                passing.append(row)
        return passing

    def _goes(
        self, connection: sa.Connection, row: Row, sent: _Sent, now: datetime, *, proven: bool
    ) -> bool:
        """Say whether a row goes out; else have it told in another way, or later."""
        limits = self.settings.receipts
        alone = goes_alone(row.state, row.urgent) or row.asks
        is_over = sent.mails >= _cap(limits, proven=proven)
        if not proven and alone:
            # Whoever uses an address may say "urgent" as often as they like.
            is_over = is_over or sent.alone >= max(1, limits.unproven_mails // 2)
        is_many = sent.gathers[DIGEST] is not None or sent.singles >= limits.singles
        is_gathered = is_many and not alone and may_be_gathered(row.state)
        if is_over and (row.kind in KINDS or (proven and row.urgent is not None)):
            _wait(connection, row, sent.room_at)
        elif row.kind == "progress" and (is_over or (is_many and not alone)):
            _withdraw(connection, row.id, TOLD_BY_DIGEST, now)
        elif row.kind == LISTED and not alone:
            self._gather(connection, row, sent, now, DAILY)
        elif row.kind not in KINDS and (is_over or (row.kind in _RECEIPTS and is_gathered)):
            self._gather(connection, row, sent, now, DIGEST)
        else:
            sent.singles += row.kind in _RECEIPTS
            sent.mails += 1
            sent.alone += bool(alone)
            return True
        return False

    def _gather(
        self, connection: sa.Connection, row: Row, sent: _Sent, now: datetime, into: str
    ) -> None:
        gathering = Gathering(self.settings)
        sent.gathers[into] = gathering.add(connection, row, sent.gathers[into], now, into)
        if row.asks:  # a line asks nobody: another letter of its address may
            unasked(connection, row.letter_id)

    def _lately(
        self, connection: sa.Connection, recipient: str, now: datetime, *, proven: bool
    ) -> _Sent:
        limits = self.settings.receipts
        window = timedelta(minutes=limits.proven_minutes if proven else limits.unproven_minutes)
        to_them = (outbox.c.recipient == recipient, IS_PROVEN if proven else ~IS_PROVEN)

        def sent(kinds: Sequence[str], within: timedelta) -> sa.Select[Any]:
            return sent_lately(recipient, kinds, now - within).where(to_them[1])

        def gathering(kind: str) -> int | None:
            # What it says is fixed once it was tried: its Message-ID may have been read.
            return connection.execute(
                sa.select(sa.func.max(outbox.c.id))
                .select_from(WITH_LETTERS)
                .where(*to_them, *OPEN, outbox.c.kind == kind, outbox.c.tries == 0)
                .where(outbox.c.not_before > now, has_room(kind))
            ).scalar()

        singles = sent(_RECEIPTS, timedelta(minutes=limits.singles_minutes))
        mails = connection.execute(
            sent(_TO_SENDERS, window).add_columns(_IS_ALONE.label("alone"))
        ).all()
        # Once the first of as many as there may be is out of the window, there is room again.
        newest = [row.sent_at for row in mails][: _cap(limits, proven=proven)]
        return _Sent(
            connection.execute(sa.select(sa.func.count()).select_from(singles.subquery())).scalar()
            or 0,
            len(mails),
            sum(bool(row.alone) for row in mails),
            (newest[-1] if newest else now) + window,
            {kind: gathering(kind) for kind in KINDS},
        )


def sent_lately(recipient: str, kinds: Sequence[str], since: datetime) -> sa.Select[Any]:
    """Return the query for when an address got mails of these kinds, the last one first."""
    return (
        sa.select(outbox.c.sent_at)
        .select_from(WITH_LETTERS)
        .where(
            outbox.c.recipient == recipient,
            outbox.c.sent_at > since,
            outbox.c.kind.in_(kinds),
            outbox.c.digest_id.is_(None),
        )
        .order_by(outbox.c.sent_at.desc())
    )


def _cap(limits: Receipts, *, proven: bool) -> int:
    return limits.proven_mails if proven else limits.unproven_mails


def _is_proven(connection: sa.Connection, row: Row) -> bool:
    """Say whether a row's letter, or each letter of a digest, is a known and proven firm's."""
    if row.letter_id is not None:
        proof = Proof(row.proof)
        is_known = row.firm_id is not None or row.forwarded is not None
        return proof is Proof.ACCOUNT or (is_known and proof.holds)
    return bool(connection.execute(sa.select(~tells_of_unproven(row.id))).scalar_one())


def _wait(connection: sa.Connection, row: Row, until: datetime) -> None:
    """Have a mail wait for room. What of a digest was proven since is told by itself."""
    if row.kind == DIGEST and row.tries == 0:
        unproven = sa.exists().where(letters.c.id == outbox.c.letter_id, is_nobodys(letters))
        has_unproven = connection.execute(sa.select(tells_of_unproven(row.id))).scalar_one()
        if has_unproven:
            gathered = outbox.update().where(outbox.c.digest_id == row.id, ~unproven)
            connection.execute(gathered.values(digest_id=None))
    connection.execute(outbox.update().where(outbox.c.id == row.id).values(not_before=until))


def _withdraw(connection: sa.Connection, row_id: int, why: str, now: datetime) -> None:
    connection.execute(
        outbox.update().where(outbox.c.id == row_id).values(withdrawn_at=now, failure=why)
    )

"""The binder: a package as one PDF, made when it is asked for, and kept for as long as it is so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal import events
from portal.dossier import Dossier
from portal.handout import Handout
from portal.piece import PDF, Piece
from portal.receipt_number import shown
from portal.tables import binders, letters

_LOOK = 1  # of the pages that are ours: a change of it makes every binder anew
_Row = sa.Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Binder:
    """Where the making of one stands."""

    id: int
    done: int  # so many documents
    made: Handout | None
    pages: int | None
    failure: str | None  # the code of a problem

    @property
    def waits(self) -> bool:
        """Whether it is still to be made."""
        return self.made is None and self.failure is None


@dataclass(frozen=True)
class Order:
    """A binder to be made, with the rights of whoever asked for it."""

    id: int
    receipt: str
    contents: str
    account_id: int


def documents(dossier: Dossier) -> tuple[Piece, ...]:
    """Return what has a place in it: every document in sight, in the order of the message."""
    return tuple(one for one in dossier.pieces if one.is_document and not one.is_hidden)


def pages_of(piece: Piece) -> str | None:
    """Return the SHA-256 of the PDF whose pages stand for a document; None where it has none.

    One that came and would do something has its pages too: there they do nothing.
    """
    if piece.reason == "archive_unsafe":
        return None
    came = piece.original if piece.detected_type == PDF and piece.fate == "filed" else None
    return piece.pdf or came


def contents(dossier: Dossier) -> str:
    """Return the SHA-256 over all that a binder of this package says and shows.

    It is of the package as somebody may see it: who sees other documents has another binder.
    """
    told = dossier.contents
    said = (
        *(_LOOK, dossier.receipt, dossier.state, dossier.reason, dossier.from_firm, dossier.sender),
        *(dossier.arrived_at, dossier.missing, dossier.in_part, dossier.raw_sha256),
        (told.header_from, told.subject, told.narrative, told.urgent) if told else None,
        *([told.forwarded.said] if told and told.forwarded else ()),
        [_filed(dossier, piece) for piece in documents(dossier)],
        # Reading a package changes nothing of it.
        [replace(one, read_at=None, documents=()) for one in dossier.submissions],
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()


def find(connection: sa.Connection, dossier: Dossier) -> Binder | None:
    """Return the binder of a package as it is now."""
    row = connection.execute(
        sa.select(binders).where(
            binders.c.letter_id == dossier.letter_id, binders.c.contents == contents(dossier)
        )
    ).one_or_none()
    return None if row is None else _binder(row, dossier.receipt)


def ask(connection: sa.Connection, dossier: Dossier, account_id: int, *, now: datetime) -> None:
    """Have the binder of a package made, unless it is made or being made."""
    there = find(connection, dossier)
    if there is not None and there.failure is None:
        return
    if there is not None:
        forget(connection, there.id)
    connection.execute(
        binders.insert().values(
            letter_id=dossier.letter_id,
            contents=contents(dossier),
            account_id=account_id,
            asked_at=now,
            done=0,
        )
    )
    events.record(
        connection,
        letter_id=dossier.letter_id,
        actor=events.account(account_id),
        kind=events.BINDER_ASKED,
        detail={},
        at=now,
    )


def next_order(connection: sa.Connection) -> Order | None:
    """Return the binder that was asked for first, of those still to be made."""
    row = connection.execute(
        sa.select(binders, letters.c.receipt)
        .join(letters, letters.c.id == binders.c.letter_id)
        .where(binders.c.made_at.is_(None))
        .order_by(binders.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else Order(row.id, row.receipt, row.contents, row.account_id)


def note(connection: sa.Connection, binder_id: int, done: int) -> None:
    """Say how far the making has come."""
    connection.execute(binders.update().where(binders.c.id == binder_id).values(done=done))


def finish(
    connection: sa.Connection, binder_id: int, made: Handout, pages: int, *, now: datetime
) -> None:
    """Say that it is made, and in the vault."""
    connection.execute(
        binders.update()
        .where(binders.c.id == binder_id)
        .values(made_at=now, pdf_sha256=made.sha256, pages=pages, bytes=made.bytes)
    )


def fail(connection: sa.Connection, binder_id: int, failure: str, *, now: datetime) -> None:
    """Say that it could not be made, and why; whoever asks again has it tried again."""
    connection.execute(
        binders.update().where(binders.c.id == binder_id).values(made_at=now, failure=failure)
    )


def forget(connection: sa.Connection, binder_id: int) -> None:
    """Remove one, as the sweep does."""
    connection.execute(binders.delete().where(binders.c.id == binder_id))


def sweep(connection: sa.Connection, *, now: datetime, days: int) -> int:
    """Remove those that were made so long ago. Return how many: whoever asks has another made."""
    old = binders.c.made_at < now - timedelta(days=days)
    return connection.execute(binders.delete().where(old)).rowcount


def _filed(dossier: Dossier, piece: Piece) -> tuple[Piece, list[str]]:
    return piece, [one.case for one in dossier.submissions if piece in one.documents]


def _binder(row: _Row, receipt: str) -> Binder:
    made = None
    if row.pdf_sha256 is not None:
        made = Handout(f"{shown(receipt)}.pdf", row.pdf_sha256, row.bytes, PDF)
    return Binder(row.id, row.done, made, row.pages, row.failure)

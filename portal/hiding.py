"""Hiding: a document that its sender asks to delete is out of sight until a person decides.

Nothing is deleted by that. What somebody has opened stays where it is, and is asked for alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal import events, receipt_number
from portal.dossier import Dossier
from portal.erasure import MOST_CHARACTERS
from portal.piece import Piece
from portal.postbox import Owed, owe
from portal.rights import Filing, Viewer, may_open
from portal.tables import document_erasures as erasures
from portal.tables import letters


@dataclass(frozen=True)
class Asked:
    """That somebody asked to have a document deleted."""

    part_id: int
    mail: str  # the receipt number of the mail that asks
    by: str
    reason: str
    at: datetime
    is_hidden: bool
    shown_at: datetime | None


class NotHidden(Exception):
    """The document is not hidden, or whoever would show it may not."""


def asked_of(connection: sa.Connection, letter_id: int) -> tuple[Asked, ...]:
    """Return what of a package was asked to be deleted, the oldest first."""
    rows = connection.execute(
        sa.select(erasures, letters.c.receipt)
        .join(letters, letters.c.id == erasures.c.mail_id)
        .where(erasures.c.home_id == letter_id)
        .order_by(erasures.c.id)
    )
    return tuple(
        Asked(
            part_id=row.part_id,
            mail=row.receipt,
            by=row.asked_by,
            reason=row.reason,
            at=row.asked_at,
            is_hidden=row.hidden_at is not None and row.shown_at is None,
            shown_at=row.shown_at,
        )
        for row in rows
    )


def ask(
    connection: sa.Connection,
    home_id: int,
    piece: Piece,
    *,
    mail_id: int,
    by: str,
    reason: str,
    may_hide: bool,
    now: datetime,
) -> bool:
    """Record that a document is to be deleted. Return whether it is hidden now.

    It is hidden where that may be and nobody has opened it. Whoever asks again is noted beside,
    and what stood in the way may have gone by then; one that a person has brought back stays in
    sight, whoever asks.
    """
    there = connection.execute(
        sa.select(erasures).where(erasures.c.part_id == piece.id)
    ).one_or_none()
    is_hidden = there is not None and there.hidden_at is not None and there.shown_at is None
    pages = [home_id] if piece.came_with is None else [home_id, piece.came_with]
    hides = (
        may_hide
        and (there is None or there.hidden_at is None)
        and not events.was_opened(connection, pages, piece.id)
    )
    asked = {
        "mail_id": mail_id,
        "asked_by": by,
        "reason": reason[:MOST_CHARACTERS],
        "asked_at": now,
        "hidden_at": now if hides else None,
    }
    if there is None:
        connection.execute(erasures.insert().values(part_id=piece.id, home_id=home_id, **asked))
    elif hides:
        connection.execute(erasures.update().where(erasures.c.id == there.id).values(asked))
    for kind in (events.ERASURE_ASKED, *((events.DOCUMENT_HIDDEN,) if hides else ())):
        events.record(
            connection,
            letter_id=home_id,
            actor=events.SENDER if kind == events.ERASURE_ASKED else events.GATEWAY,
            kind=kind,
            detail={"part": piece.id, "mail": mail_id},
            at=now,
        )
    return hides or is_hidden


def may_show(viewer: Viewer, dossier: Dossier) -> bool:
    """Decide whether a viewer, who may see a letter, may bring back what is hidden of it."""
    return any(
        may_open(viewer, Filing(one.consultant_id, one.restricted)) for one in dossier.submissions
    )


def show(
    connection: sa.Connection, viewer: Viewer, dossier: Dossier, part_id: int, *, now: datetime
) -> None:
    """Bring a document back, and tell whoever asked. Raises NotHidden.

    One that the viewer's page does not show, since it is of another's case alone, is not theirs.
    """
    is_theirs = any(piece.id == part_id for piece in dossier.pieces)
    if not is_theirs or not may_show(viewer, dossier):
        raise NotHidden
    row = connection.execute(
        erasures.update()
        .where(
            erasures.c.part_id == part_id,
            erasures.c.home_id == dossier.letter_id,
            erasures.c.hidden_at.is_not(None),
            erasures.c.shown_at.is_(None),
        )
        .values(shown_at=now, shown_by_id=viewer.account_id)
        .returning(erasures.c.id, erasures.c.mail_id, erasures.c.asked_by)
    ).one_or_none()
    if row is None:
        raise NotHidden
    events.record(
        connection,
        letter_id=dossier.letter_id,
        actor=events.account(viewer.account_id),
        kind=events.DOCUMENT_SHOWN,
        detail={"part": part_id},
        at=now,
    )
    number = receipt_number.shown(dossier.receipt)
    told = Owed(
        kind="receipt",
        recipient=row.asked_by,
        subject=f"A document of yours is shown again ({number})",
        text=f"You asked us to delete a document of {number}. We had hidden it, and a person has"
        " decided to show it again. Call us if that is wrong.\n",
    )
    owe(connection, told, letter_id=row.mail_id, occasion=f"shown {row.id}", now=now)

"""Hiding: a document that its sender asks to delete is out of sight until a person decides.

Nothing is deleted by that. What somebody has opened stays where it is, and is asked for alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import erasure, events, healing, receipt_number
from portal.dossier import Dossier
from portal.erasure import MOST_CHARACTERS
from portal.opened import was_opened
from portal.piece import Piece
from portal.postbox import Owed, owe
from portal.rights import Filing, Viewer, may_open
from portal.tables import document_erasures as erasures
from portal.tables import letters, outbox
from portal.unlocked_copy import forms_of

ASKS = "asks_to_delete"
"""The reason of a letter that is set aside because it asks to delete."""

_IS_HIDDEN = (erasures.c.hidden_at.is_not(None), erasures.c.shown_at.is_(None))


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


def answers_list(connection: sa.Connection, own: Sequence[str]) -> bool:
    """Say whether a mail answers one of ours about what is to be deleted: it names documents.

    `own` are the mails of ours that it answers, as the outbox holds them, the nearest first.
    """
    rows = connection.execute(
        sa.select(outbox.c.message_id, letters.c.reason)
        .join(letters, letters.c.id == outbox.c.letter_id)
        .where(outbox.c.message_id.in_(own))
    )
    reasons = {row.message_id: row.reason for row in rows}
    return next((reasons[one] for one in own if one in reasons), None) == ASKS


def ask(
    connection: sa.Connection,
    home_id: int,
    forms: Sequence[Piece],
    *,
    mail_id: int,
    by: str,
    reason: str,
    may_hide: bool,
    now: datetime,
) -> bool:
    """Record that a document is to be deleted, in all its forms. Return whether it is hidden now.

    It is hidden where that may be and nobody has opened it in any form. Whoever asks again is noted
    beside, and what stood in the way may have gone by then; one that a person has brought back
    stays in sight, whoever asks.
    """
    may_hide = may_hide and not was_opened(connection, home_id, forms)
    asked = {"mail_id": mail_id, "asked_by": by, "reason": reason[:MOST_CHARACTERS]}
    hidden = [
        _ask(connection, home_id, piece, asked, may_hide=may_hide, now=now) for piece in forms
    ]
    return all(hidden)


def _ask(
    connection: sa.Connection,
    home_id: int,
    piece: Piece,
    asked: Mapping[str, Any],
    *,
    may_hide: bool,
    now: datetime,
) -> bool:
    there = connection.execute(
        sa.select(erasures).where(erasures.c.part_id == piece.id)
    ).one_or_none()
    is_hidden = there is not None and there.hidden_at is not None and there.shown_at is None
    hides = may_hide and (there is None or there.hidden_at is None)
    values = {**asked, "asked_at": now, "hidden_at": now if hides else None}
    if there is None:
        connection.execute(erasures.insert().values(part_id=piece.id, home_id=home_id, **values))
    elif hides:
        connection.execute(erasures.update().where(erasures.c.id == there.id).values(values))
    for kind in (events.ERASURE_ASKED, *((events.DOCUMENT_HIDDEN,) if hides else ())):
        events.record(
            connection,
            letter_id=home_id,
            actor=events.SENDER if kind == events.ERASURE_ASKED else events.GATEWAY,
            kind=kind,
            detail={"part": piece.id, "mail": asked["mail_id"]},
            at=now,
        )
    if hides:
        healing.lack_again(connection, piece.id, now=now)
    return hides or is_hidden


def part_with(connection: sa.Connection, letter_id: int, parts: Collection[int]) -> None:
    """Let go of parts that a letter came apart into before, and does not any more.

    What was asked of them is asked of the whole letter then.
    """
    rows = connection.execute(
        erasures.delete()
        .where(erasures.c.part_id.in_(sorted(parts)))
        .returning(erasures.c.reason, erasures.c.asked_at)
    ).all()
    for row in rows:
        erasure.ask(connection, letter_id, row.reason, now=row.asked_at)


def may_not_hide(connection: sa.Connection, letter_id: int, *, now: datetime) -> None:
    """Bring back what of a letter was hidden before it was known that nothing of it may be."""
    shown = connection.scalars(
        erasures.update()
        .where(erasures.c.home_id == letter_id, *_IS_HIDDEN)
        .values(hidden_at=None)
        .returning(erasures.c.part_id)
    ).all()
    for part_id in shown:
        _note_shown(connection, letter_id, part_id, events.GATEWAY, events.NOT_HIDDEN, now)


def may_show(viewer: Viewer, dossier: Dossier) -> bool:
    """Decide whether a viewer, who may see a letter, may bring back what is hidden of it."""
    if not dossier.submissions and not dossier.in_part:  # it waits: whoever decides may see all
        return viewer.works_in_operations
    return any(
        may_open(viewer, Filing(one.consultant_id, one.restricted)) for one in dossier.submissions
    )


def show(
    connection: sa.Connection, viewer: Viewer, dossier: Dossier, part_id: int, *, now: datetime
) -> None:
    """Bring a document back in all its forms, and tell whoever asked. Raises NotHidden.

    One that the viewer's page does not show, since it is of another's case alone, is not theirs.
    """
    forms = forms_of(dossier.pieces).get(part_id, ())
    if not may_show(viewer, dossier):
        raise NotHidden
    rows = connection.execute(
        erasures.update()
        .where(
            erasures.c.part_id.in_([piece.id for piece in forms]),
            erasures.c.home_id == dossier.letter_id,
            *_IS_HIDDEN,
        )
        .values(shown_at=now, shown_by_id=viewer.account_id)
        .returning(erasures.c.id, erasures.c.part_id, erasures.c.mail_id, erasures.c.asked_by)
    ).all()
    if not rows:
        raise NotHidden
    actor = events.account(viewer.account_id)
    for row in rows:
        _note_shown(connection, dossier.letter_id, row.part_id, actor, events.DOCUMENT_SHOWN, now)
    first = min(rows, key=lambda row: row.id)
    number = receipt_number.shown(dossier.receipt)
    told = Owed(
        kind="receipt",
        recipient=first.asked_by,
        subject=f"A document of yours is shown again ({number})",
        text=f"You asked us to delete a document of {number}. We had hidden it, and a person has"
        " decided to show it again. Call us if that is wrong.\n",
    )
    owe(connection, told, letter_id=first.mail_id, occasion=f"shown {first.id}", now=now)


def _note_shown(
    connection: sa.Connection, letter_id: int, part_id: int, actor: str, kind: str, now: datetime
) -> None:
    events.record(
        connection,
        letter_id=letter_id,
        actor=actor,
        kind=kind,
        detail={"part": part_id},
        at=now,
    )
    healing.heal_again(connection, part_id, now=now)

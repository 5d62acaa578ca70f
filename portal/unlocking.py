"""Unlocking: a locked document of a filed letter gets a copy that can be read, by its password.

The password is used and forgotten: it is in no row, no event and no log. The locked original stays
as it came, and the copy stands beside it as a made PDF does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal import events, receipt_number
from portal.absent import PROBLEMS, absent
from portal.answer_link import TooManyTries
from portal.dossier import Dossier
from portal.piece import PDF, Piece
from portal.postbox import Owed, owe
from portal.tables import consultants, documents, letters, packages, parts, submissions
from portal.tables import events as trail

UNLOCKED = "unlocked"
MOST_CHARACTERS = 200
_WRONG_AN_HOUR = 10
_AN_HOUR = timedelta(hours=1)

Unlock = Callable[[str, str, int], int]
"""Opens a PDF by its SHA-256, a password and its letter's id; returns the rendition of the copy."""


class WrongPassword(Exception):
    """It is another password."""

    code = "password_wrong"


class NotUnlocked(Exception):
    """The copy could not be made: others wait, or what is inside cannot be shown."""

    code = "not_unlocked"


def locked(dossier: Dossier) -> tuple[Piece, ...]:
    """Return the documents that a password opens here: the PDFs of a letter that is filed."""
    if dossier.state != "filed_in_part":
        return ()
    filed = {piece.id for one in dossier.submissions for piece in one.documents}
    return tuple(
        piece
        for piece in dossier.pieces
        if piece.id in filed
        and (piece.fate, piece.reason) == ("held", "file_password")
        and piece.detected_type == PDF
        and piece.original is not None
    )


def throttle(connection: sa.Connection, letter_id: int, *, now: datetime) -> None:
    """Raise TooManyTries where so many passwords of a letter were wrong within the hour."""
    tries = connection.scalar(
        sa.select(sa.func.count()).where(
            trail.c.letter_id == letter_id,
            trail.c.kind == events.UNLOCKING_REFUSED,
            trail.c.at > now - _AN_HOUR,
        )
    )
    if (tries or 0) >= _WRONG_AN_HOUR:
        raise TooManyTries


def take(
    connection: sa.Connection,
    dossier: Dossier,
    piece: Piece,
    rendition_id: int,
    *,
    actor: str,
    now: datetime,
    detail: Mapping[str, int],
) -> None:
    """Put the copy beside its original, and tell the consultants that it can be read.

    `detail` goes into the event: it names the letter that said the password, where one did.

    Where nothing else is missing, the letter is filed. Done twice, it is done once.
    """
    changed = connection.execute(
        parts.update()
        .where(parts.c.id == piece.id, parts.c.reason == "file_password")
        .values(fate="converted", reason=UNLOCKED, rendition_id=rendition_id)
    )
    if changed.rowcount != 1:
        return
    events.record(
        connection,
        letter_id=dossier.letter_id,
        actor=actor,
        kind=events.DOCUMENT_UNLOCKED,
        detail={"part": piece.id, **detail},
        at=now,
    )
    _move(connection, dossier.letter_id, now)
    number = receipt_number.shown(dossier.receipt)
    readers = connection.scalars(
        sa.select(consultants.c.email)
        .distinct()
        .join(submissions, submissions.c.consultant_id == consultants.c.id)
        .join(documents, documents.c.submission_id == submissions.c.id)
        .where(documents.c.part_id == piece.id)
    )
    for reader in readers:
        mail = Owed(
            kind=UNLOCKED,
            recipient=reader,
            subject=f"A document can be read now ({number})",
            text=f"The password of a document of {number} was given: it has a copy that opens.\n",
        )
        owe(connection, mail, letter_id=dossier.letter_id, occasion=str(piece.id), now=now)


def _move(connection: sa.Connection, letter_id: int, now: datetime) -> None:
    """Say what the letter still lacks, or that it is filed."""
    missed = connection.scalar(
        sa.select(parts.c.reason)
        .where(
            parts.c.letter_id == letter_id,
            sa.or_(parts.c.fate.in_(("held", "refused")), parts.c.reason == "file_empty"),
        )
        .order_by(parts.c.position)
        .limit(1)
    )
    problems = connection.scalar(
        sa.select(packages.c.problems).where(packages.c.letter_id == letter_id)
    )
    elsewhere = [one["code"] for one in problems or () if one["code"] in PROBLEMS]
    reason = missed or (elsewhere[0] if absent(problems or ()) else None)
    state = {"state": "filed", "state_since": now} if reason is None else {}
    connection.execute(
        letters.update()
        .where(letters.c.id == letter_id, letters.c.state == "filed_in_part")
        .values(reason=reason, **state)
    )

"""Unlocking: a locked document of a filed letter gets a copy that can be read, by its password.

The password is used and forgotten: it is in no row, no event and no log. The locked original stays
as it came. The copy of a PDF stands beside it as a made PDF does; that of an Office document is a
document of its own, with the PDF that any other would have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal import events, receipt_number, unlocked_copy
from portal.answer_link import TooManyTries
from portal.dossier import Dossier
from portal.missing import settle
from portal.piece import PDF, Piece
from portal.postbox import Owed, owe
from portal.tables import consultants, documents, parts, submissions
from portal.tables import events as trail
from portal.unlocked_copy import BESIDE, Copy

UNLOCKED = "unlocked"
MOST_CHARACTERS = 200
_WRONG_AN_HOUR = 10
_AN_HOUR = timedelta(hours=1)

_OFFICE = (
    "application/vnd.ms-word",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.",
)
_OFFICE_TOO = ("application/msword", "application/encrypted")


@dataclass(frozen=True)
class Opened:
    """What a locked document is without its lock: a PDF, of a document of its own or not."""

    rendition_id: int | None  # None where no PDF could be made
    copy: Copy | None = None  # None where the PDF itself is the copy


Unlock = Callable[[str, str, int], Opened]
"""Opens a document of the vault by its SHA-256, a password, and the id of its letter."""


class WrongPassword(Exception):
    """It is another password."""

    code = "password_wrong"


class NotUnlocked(Exception):
    """The copy could not be made: others wait, or what is inside cannot be shown."""

    code = "not_unlocked"


def is_office(media_type: str) -> bool:
    """Say whether a type is one of Microsoft's, which open here with their password."""
    return media_type.startswith(_OFFICE) or media_type in _OFFICE_TOO


def opens(media_type: str) -> bool:
    """Say whether a password opens documents of a type here."""
    return media_type == PDF or is_office(media_type)


def locked(dossier: Dossier) -> tuple[Piece, ...]:
    """Return the documents that a password opens here, of a letter that is filed."""
    if dossier.state != "filed_in_part":
        return ()
    filed = {piece.id for one in dossier.submissions for piece in one.documents}
    return tuple(
        piece
        for piece in dossier.pieces
        if piece.id in filed
        and (piece.fate, piece.reason) == ("held", "file_password")
        and opens(piece.detected_type)
        and piece.original is not None
        and piece.healed_by is None
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
    opened: Opened,
    *,
    actor: str,
    now: datetime,
    said_by: int | None = None,
) -> None:
    """Put the copy beside its original, and tell the consultants that it can be read.

    `said_by` is the letter that says the password, where nobody typed it.

    Where nothing else is missing, the letter is filed. Done twice, it is done once.
    """
    if opened.copy is None:
        became = {"fate": "converted", "reason": UNLOCKED, "rendition_id": opened.rendition_id}
    else:
        became = {"fate": "filed", "reason": BESIDE}
    changed = connection.execute(
        parts.update()
        .where(parts.c.id == piece.id, parts.c.reason == "file_password")
        .values(became)
    )
    if changed.rowcount != 1:
        return
    if opened.copy is not None:
        unlocked_copy.add(connection, dossier, piece, opened.copy, opened.rendition_id)
    events.record(
        connection,
        letter_id=dossier.letter_id,
        actor=actor,
        kind=events.DOCUMENT_UNLOCKED if said_by is None else events.UNLOCKED_BY_MAIL,
        detail={"part": piece.id} | ({} if said_by is None else {"mail": said_by}),
        at=now,
    )
    settle(connection, dossier.letter_id, now)
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

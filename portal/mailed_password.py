"""Mailed passwords: mails that seem to say the password of a locked document.

The record holds that a mail says one, and which letters of ours it answers. The password itself is
in the letter as it came alone, and is read from there at the moment in which it is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal import events
from portal.dossier import Dossier
from portal.rights import UNPROVEN, Viewer, visible
from portal.tables import cases, letters, outbox, parts, submissions
from portal.tables import events as trail

WRONG = "mailed_password_wrong"
_Row = sa.Row[*tuple[Any, ...]]
_MOST_OFFERED = 3
_MOST_SEEN = 200
_NEAR = timedelta(days=30)
_HIDDEN = ("checking", "copy", "rehearsed")

Said = Callable[[int], tuple[str, ...]]
"""Reads what to try of the passwords that a letter says, by its id: from its bytes, kept nowhere.

A letter that cannot be read now says none.
"""


@dataclass(frozen=True)
class Locked:
    """A filed letter of which a document is locked."""

    letter_id: int
    receipt: str
    is_answered: bool  # by the mail that is asked for


@dataclass(frozen=True)
class Offer:
    """A mail that seems to say the password of a letter's document."""

    letter_id: int
    receipt: str
    sender: str
    arrived_at: datetime
    is_same: bool  # the letter that the document came with
    has_page: bool  # that the viewer may see: an answer that was set aside may have none for them


def note(
    connection: sa.Connection, letter_id: int, answered: Collection[str], *, now: datetime
) -> None:
    """Record that a letter says a password, once; `answered` are mails of ours by Message-ID."""
    is_known = sa.select(trail.c.id).where(
        trail.c.letter_id == letter_id, trail.c.kind == events.SAYS_PASSWORD
    )
    if connection.execute(is_known.limit(1)).first() is None:
        detail = {"answers": sorted(_letters_of(connection, answered))}
        events.record(
            connection,
            letter_id=letter_id,
            actor=events.GATEWAY,
            kind=events.SAYS_PASSWORD,
            detail=detail,
            at=now,
        )


def locked_for(
    connection: sa.Connection,
    *,
    firm_id: int,
    sender: str,
    answered: Collection[str],
    case_ids: Collection[int],
) -> tuple[Locked, ...]:
    """Return the firm's letters with a locked document that a mail may be about, likeliest first.

    Those that it answers, then those of its sender, then those of its cases; of each the latest.
    """
    rows = connection.execute(
        sa.select(letters.c.id, letters.c.receipt, letters.c.sender)
        .where(
            letters.c.firm_id == firm_id,
            letters.c.state == "filed_in_part",
            sa.exists().where(
                parts.c.letter_id == letters.c.id,
                parts.c.fate == "held",
                parts.c.reason == "file_password",
            ),
        )
        .order_by(letters.c.arrived_at.desc())
        .limit(_MOST_SEEN)
    ).all()
    thread = _letters_of(connection, answered)
    of_case = set(
        connection.scalars(
            sa.select(submissions.c.letter_id).where(
                submissions.c.case_id.in_(sorted(case_ids)),
                submissions.c.letter_id.in_([row.id for row in rows]),
            )
        )
    )
    ranked = (
        ((row.id not in thread, row.sender != sender, row.id not in of_case), row) for row in rows
    )
    likely = sorted((one for one in ranked if not all(one[0])), key=lambda one: one[0])
    return tuple(Locked(row.id, row.receipt, not rank[0]) for rank, row in likely)


def offers(connection: sa.Connection, viewer: Viewer, found: Dossier) -> tuple[Offer, ...]:
    """Return the mails that may say the password of a letter's documents, the likeliest first.

    They are of the same firm, by a proven sender, from around the same time: the letter itself, an
    answer to a mail of ours about it, a mail of the same sender or to the same case. None is
    offered that the viewer may not see; an answer that was set aside belongs to what it answers.
    """
    is_seen = visible(viewer)
    near = letters.c.arrived_at.between(found.arrived_at - _NEAR, found.arrived_at + _NEAR)
    of_firm = sa.and_(
        letters.c.firm_id == found.firm_id, letters.c.proof.not_in(sorted(UNPROVEN)), near
    )
    rows = connection.execute(
        sa.select(
            letters.c.id,
            letters.c.receipt,
            letters.c.sender,
            letters.c.arrived_at,
            letters.c.copy_of,
            trail.c.detail,
            is_seen.label("has_page"),
        )
        .join(trail, trail.c.letter_id == letters.c.id)
        .where(
            trail.c.kind == events.SAYS_PASSWORD,
            letters.c.state.not_in(_HIDDEN),
            sa.or_(letters.c.id == found.letter_id, of_firm),
            sa.or_(letters.c.id == found.letter_id, letters.c.copy_of == found.letter_id, is_seen),
        )
        .order_by(letters.c.arrived_at.desc(), letters.c.id.desc())
        .limit(_MOST_SEEN)
    ).all()
    of_case = _in_cases(connection, [row.id for row in rows], {one.case for one in found.filings})

    def rank(row: _Row) -> int | None:
        answers = found.letter_id in row.detail["answers"] or row.copy_of == found.letter_id
        ways = (row.id == found.letter_id, answers, row.sender == found.sender, row.id in of_case)
        return next((place for place, holds in enumerate(ways) if holds), None)

    ranked = sorted(
        ((place, row) for row in rows if (place := rank(row)) is not None), key=lambda one: one[0]
    )
    return tuple(
        Offer(
            *(row.id, row.receipt, row.sender, row.arrived_at),
            is_same=row.id == found.letter_id,
            has_page=bool(row.has_page),
        )
        for _, row in ranked[:_MOST_OFFERED]
    )


def _in_cases(connection: sa.Connection, ids: list[int], numbers: set[str]) -> set[int]:
    """Return those of the letters that are filed to one of the cases."""
    return set(
        connection.scalars(
            sa.select(submissions.c.letter_id)
            .join(cases, cases.c.id == submissions.c.case_id)
            .where(submissions.c.letter_id.in_(ids), cases.c.number.in_(sorted(numbers)))
        )
    )


def _letters_of(connection: sa.Connection, answered: Collection[str]) -> set[int]:
    """Return the letters that mails of ours were about."""
    return set(
        connection.scalars(
            sa.select(outbox.c.letter_id).where(
                outbox.c.message_id.in_(sorted(answered)), outbox.c.letter_id.is_not(None)
            )
        )
    )

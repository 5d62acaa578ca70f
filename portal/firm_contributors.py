"""Firm contributors: whom a firm itself lets in, to the case of a letter of its own until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from portal import contributors as letting
from portal import events
from portal.dossier import Dossier
from portal.firm_cases import one_open
from portal.tables import cases, contributors


@dataclass(frozen=True)
class LetIn:
    """An address that the firm has let in, and the last day on which it may send."""

    id: int
    email: str
    ends: date


@dataclass(frozen=True)
class Offer:
    """The case that a letter's firm may let somebody in to, and whom it has let in."""

    firm_id: int
    case_id: int
    case: str
    there: tuple[LetIn, ...]


def offer(connection: sa.Connection, found: Dossier, today: date) -> Offer | None:
    """Return the offer to the sender of a letter, who has shown to be its firm; else None.

    It is filed to one case, which is open, and the firm may send there today. Into a restricted
    case our staff alone let somebody.
    """
    numbers = {one.case for one in found.submissions}
    if found.firm_id is None or len(numbers) != 1:
        return None
    number = one_open(connection, found.firm_id, numbers, today)
    case = connection.execute(
        sa.select(cases.c.id).where(cases.c.number == number, cases.c.restricted.is_(False))
    ).one_or_none()
    if number is None or case is None:
        return None
    rows = connection.execute(
        sa.select(contributors.c.id, contributors.c.email, contributors.c.ends)
        .where(
            contributors.c.firm_id == found.firm_id,
            contributors.c.case_id == case.id,
            contributors.c.ended_at.is_(None),
            contributors.c.ends >= today,
        )
        .order_by(contributors.c.id)
    )
    return Offer(found.firm_id, case.id, number, tuple(LetIn(*row) for row in rows))


def let_in(
    connection: sa.Connection,
    found: Dossier,
    offered: Offer,
    email: str,
    until: str,
    *,
    today: date,
    now: datetime,
) -> None:
    """Let an address send to the case from today until a day. Raises NotLetIn.

    An earlier right of the firm's giving is replaced; one of our staff's stays.
    """
    right = letting.right_of(connection, email, until, today)
    earlier = sa.update(contributors).where(
        contributors.c.firm_id == offered.firm_id,
        contributors.c.case_id == offered.case_id,
        contributors.c.email == right.email,
        contributors.c.ended_at.is_(None),
    )
    connection.execute(earlier.values(ended_at=now))
    contributor_id = letting.keep(
        connection,
        right,
        offered.case_id,
        firm_id=offered.firm_id,
        letter_id=found.letter_id,
        today=today,
        now=now,
    )
    _note(connection, found, offered, events.CONTRIBUTOR_LET_IN_BY_FIRM, contributor_id, now)


def end(
    connection: sa.Connection,
    found: Dossier,
    offered: Offer,
    contributor_id: int,
    *,
    now: datetime,
) -> None:
    """End a right that the firm has given, at once; what was filed by it stays.

    Of any other, and of one that has ended, nothing changes.
    """
    if contributor_id not in {one.id for one in offered.there}:
        return
    ended = sa.update(contributors).where(
        contributors.c.id == contributor_id, contributors.c.ended_at.is_(None)
    )
    if connection.execute(ended.values(ended_at=now)).rowcount:
        _note(connection, found, offered, events.CONTRIBUTOR_ENDED, contributor_id, now)


def _note(
    connection: sa.Connection,
    found: Dossier,
    offered: Offer,
    kind: str,
    contributor_id: int,
    now: datetime,
) -> None:
    events.record(
        connection,
        letter_id=found.letter_id,
        actor=events.SENDER,
        kind=kind,
        detail={"contributor": contributor_id, "case": offered.case},
        at=now,
    )

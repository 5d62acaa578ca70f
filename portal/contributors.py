"""Contributors: single addresses that may send to one case until a day, let in by one of our staff
or by a firm (portal/firm_contributors.py).

A court reporter, an expert, a record vendor, a signing service. The right is the address's own, for
that case and nothing else; what comes unproven under it waits, as a firm's does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from portal import details, events
from portal.dossier import NotThere
from portal.rights import Filing, Viewer, may_open
from portal.tables import accounts, cases, contributors, firms, identifiers
from portal.undo import UndoOver

_LONGEST = timedelta(days=366)
_SHOWN_FOR = timedelta(days=30)  # one that has ended
_MAKER = sa.func.coalesce(firms.c.name, accounts.c.name)


class NotLetIn(Exception):
    """What was typed cannot be: `code` says why, `fields` are its row's."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


@dataclass(frozen=True)
class Contributor:
    """An address that may send to a case, or could until it was ended."""

    id: int
    email: str
    case: str
    starts: date
    ends: date
    maker: str
    made_at: datetime
    ended_at: datetime | None

    def holds_on(self, day: date) -> bool:
        """Say whether it may send on a day of the office's calendar."""
        return self.ended_at is None and self.starts <= day <= self.ends

    def can_undo(self, now: datetime, undo: timedelta) -> bool:
        """Say whether its end can still be taken back."""
        return self.ended_at is not None and now < self.ended_at + undo


@dataclass(frozen=True)
class Wanted:
    """Whom to let in, as it was typed: `case` is the number in our form."""

    email: str
    case: str
    until: str  # 2026-12-31


@dataclass(frozen=True)
class Right:
    """Whom to let in, and the last day: checked."""

    email: str
    ends: date


def right_of(connection: sa.Connection, email: str, until: str, today: date) -> Right:
    """Check an address and a day as they were typed. Raises NotLetIn."""
    address = email.strip().lower()
    if not details.is_address(address):
        raise NotLetIn("address_format", value=email)
    if _is_a_firms(connection, address):
        raise NotLetIn("contributor_of_firm", address=address)
    ends = _day(until)
    if ends is None or not today <= ends <= today + _LONGEST:
        raise NotLetIn("contributor_until", value=until)
    return Right(address, ends)


def let_in(
    connection: sa.Connection,
    viewer: Viewer,
    wanted: Wanted,
    *,
    letter_id: int | None,
    today: date,
    now: datetime,
) -> int:
    """Let an address send to a case from today until a day, in the place of an earlier right to it.

    `letter_id` is the letter that it was let in for. Raises NotLetIn, also where the viewer may not
    open the case: that is answered as none.
    """
    right = right_of(connection, wanted.email, wanted.until, today)
    case = connection.execute(
        sa.select(cases.c.id, cases.c.consultant_id, cases.c.restricted).where(
            cases.c.number == wanted.case, cases.c.state == "open"
        )
    ).one_or_none()
    if case is None or not may_open(viewer, Filing(case.consultant_id, case.restricted)):
        raise NotLetIn("case_not_found", value=wanted.case)
    before = sa.update(contributors).where(
        contributors.c.email == right.email,
        contributors.c.case_id == case.id,
        contributors.c.ended_at.is_(None),
    )
    connection.execute(before.values(ended_at=now))
    contributor_id = keep(
        connection,
        right,
        case.id,
        account_id=viewer.account_id,
        letter_id=letter_id,
        today=today,
        now=now,
    )
    _note(connection, viewer, events.CONTRIBUTOR_LET_IN, contributor_id, now)
    return contributor_id


def keep(
    connection: sa.Connection,
    right: Right,
    case_id: int,
    *,
    account_id: int | None = None,
    firm_id: int | None = None,
    letter_id: int | None,
    today: date,
    now: datetime,
) -> int:
    """Write a right down from today on, given by an account or by a firm. Return its id."""
    contributor_id: int = connection.execute(
        sa.insert(contributors)
        .values(
            email=right.email,
            case_id=case_id,
            account_id=account_id,
            firm_id=firm_id,
            letter_id=letter_id,
            starts=today,
            ends=right.ends,
            made_at=now,
        )
        .returning(contributors.c.id)
    ).scalar_one()
    return contributor_id


def end(connection: sa.Connection, viewer: Viewer, contributor_id: int, *, now: datetime) -> None:
    """End a right at once; what was filed by it stays. Raises NotThere where the viewer may not."""
    _require(connection, viewer, contributor_id)
    ended = sa.update(contributors).where(
        contributors.c.id == contributor_id, contributors.c.ended_at.is_(None)
    )
    if connection.execute(ended.values(ended_at=now)).rowcount:
        _note(connection, viewer, events.CONTRIBUTOR_ENDED, contributor_id, now)


def take_back(
    connection: sa.Connection,
    viewer: Viewer,
    contributor_id: int,
    *,
    now: datetime,
    undo: timedelta,
) -> None:
    """Take an end back. Raises UndoOver, and NotThere where the viewer may not.

    It is over too where the address was let in to that case anew.
    """
    _require(connection, viewer, contributor_id)
    newer = contributors.alias("newer")
    restored = sa.update(contributors).where(
        contributors.c.id == contributor_id,
        contributors.c.ended_at > now - undo,
        ~sa.exists().where(
            newer.c.email == contributors.c.email,
            newer.c.case_id == contributors.c.case_id,
            newer.c.id > contributors.c.id,
        ),
    )
    if connection.execute(restored.values(ended_at=None)).rowcount != 1:
        raise UndoOver
    _note(connection, viewer, events.CONTRIBUTOR_RESTORED, contributor_id, now)


def shown(
    connection: sa.Connection, viewer: Viewer, *, today: date, now: datetime
) -> tuple[Contributor, ...]:
    """Return the contributors to cases that the viewer may open: those who may send first.

    Who may no more is shown for a month.
    """
    since = now - _SHOWN_FOR
    rows = connection.execute(
        sa.select(
            *(contributors.c.id, contributors.c.email, cases.c.number),
            *(contributors.c.starts, contributors.c.ends, _MAKER),
            *(contributors.c.made_at, contributors.c.ended_at),
            *(cases.c.consultant_id, cases.c.restricted),
        )
        .join(cases, cases.c.id == contributors.c.case_id)
        .outerjoin(accounts, accounts.c.id == contributors.c.account_id)
        .outerjoin(firms, firms.c.id == contributors.c.firm_id)
        .where(
            sa.or_(contributors.c.ended_at.is_(None), contributors.c.ended_at > since),
            contributors.c.ends >= today - _SHOWN_FOR,
        )
        .order_by(contributors.c.id.desc())
    )
    theirs = [Contributor(*row[:8]) for row in rows if may_open(viewer, Filing(row[8], row[9]))]
    return tuple(sorted(theirs, key=lambda one: not one.holds_on(today)))


def _require(connection: sa.Connection, viewer: Viewer, contributor_id: int) -> None:
    case = connection.execute(
        sa.select(cases.c.consultant_id, cases.c.restricted)
        .join(contributors, contributors.c.case_id == cases.c.id)
        .where(contributors.c.id == contributor_id)
    ).one_or_none()
    if case is None or not may_open(viewer, Filing(case.consultant_id, case.restricted)):
        raise NotThere


def _is_a_firms(connection: sa.Connection, email: str) -> bool:
    """Say whether the directory names this address, or its domain, as a firm's."""
    named = sa.or_(
        sa.and_(identifiers.c.type == "mail_address", identifiers.c.value == email),
        sa.and_(
            identifiers.c.type == "mail_domain", identifiers.c.value == email.rpartition("@")[2]
        ),
    )
    return connection.execute(sa.select(identifiers.c.id).where(named).limit(1)).first() is not None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _note(
    connection: sa.Connection, viewer: Viewer, kind: str, contributor_id: int, now: datetime
) -> None:
    row = connection.execute(
        sa.select(contributors.c.letter_id, cases.c.number)
        .join(cases, cases.c.id == contributors.c.case_id)
        .where(contributors.c.id == contributor_id)
    ).one()
    events.record(
        connection,
        letter_id=row.letter_id,
        actor=events.account(viewer.account_id),
        kind=kind,
        detail={"contributor": contributor_id, "case": row.number},
        at=now,
    )

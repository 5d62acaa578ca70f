"""The list of packages as one viewer sees it, a page at a time, with its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import receipt_number, rights
from portal.absent import absent
from portal.forwarding import firm_of, forwarding
from portal.missing import is_missing
from portal.rights import Viewer
from portal.tables import cases, consultants, firms, letters, packages, parts, submissions
from portal.wish import STATES, Wish

_Row = sa.Row[*tuple[Any, ...]]

PAGE_ROWS = 25

WAITING = ("with_us", "needs_you")
"""The states in which a letter waits for a person."""


@dataclass(frozen=True)
class Tally:
    """How the parts of one letter fared."""

    documents: int = 0
    converted: int = 0
    failed: int = 0
    missing: int = 0


@dataclass(frozen=True)
class Row:
    """One letter of the list."""

    receipt: str
    state: str
    reason: str | None
    state_since: datetime
    arrived_at: datetime
    proof: str
    firm: str | None
    person: str  # header From, as written; the envelope's sender until the letter was read
    urgent: str | None
    unread: bool
    tally: Tally
    cases: tuple[str, ...]
    consultants: tuple[str, ...]


@dataclass(frozen=True)
class PackageList:
    """One page of the list."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class Standing:
    """How many letters are in one state, and since when the oldest is."""

    count: int
    oldest: datetime


@dataclass(frozen=True)
class Counts:
    """What stands above the list, whatever it is narrowed to."""

    new: int = 0
    urgent: int = 0
    failed: int = 0
    unowned: int = 0
    states: Mapping[str, Standing] = field(default_factory=dict)

    def of(self, show: str) -> int | None:
        """Return the count behind one of SHOWS."""
        if show == "all":
            return sum(standing.count for standing in self.states.values())
        if show in STATES:
            return self.states[show].count if show in self.states else 0
        named: int = getattr(self, show)
        return named


def package_list(connection: sa.Connection, viewer: Viewer, wish: Wish) -> PackageList:
    """Return one page of what the viewer may see and asked for.

    Urgent letters come first, then those that wait for a person (the longest first), then the
    newest. A page behind the last one is the last one.
    """
    here = sa.outerjoin(letters, packages)
    wanted = _wanted(viewer, wish)
    total = connection.scalar(sa.select(sa.func.count()).select_from(here).where(*wanted)) or 0
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(wish.page, pages)
    waits = letters.c.state.in_(WAITING)
    found = connection.execute(
        sa.select(
            letters,
            packages.c.header_from,
            packages.c.urgent,
            packages.c.forwarded,
            firms.c.name.label("firm"),
        )
        .select_from(here.outerjoin(firms, firms.c.id == letters.c.firm_id))
        .where(*wanted)
        .order_by(
            sa.case((packages.c.urgent.is_not(None), 0), else_=1),
            sa.case((waits, 0), else_=1),
            sa.case((waits, letters.c.state_since)),
            letters.c.arrived_at.desc(),
            letters.c.id.desc(),
        )
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    ).all()
    ids = [row.id for row in found]
    tallies, filings = _tallies(connection, ids), _filings(connection, ids)
    rows = tuple(_row(row, tallies, filings.get(row.id, ()), viewer) for row in found)
    return PackageList(rows=rows, total=total, page=page, pages=pages)


def counts(connection: sa.Connection, viewer: Viewer, *, mine: bool) -> Counts:
    """Count what the viewer may see, by state and by what needs an eye."""
    all_of_it = _wanted(viewer, Wish(mine=mine))
    states = connection.execute(
        sa.select(letters.c.state, sa.func.count(), sa.func.min(letters.c.state_since))
        .where(*all_of_it)
        .group_by(letters.c.state)
    )

    def number(show: str) -> int:
        query = (
            sa.select(sa.func.count())
            .select_from(sa.outerjoin(letters, packages))
            .where(*_wanted(viewer, Wish(mine=mine, show=show)))
        )
        return connection.scalar(query) or 0

    return Counts(
        new=number("new"),
        urgent=number("urgent"),
        failed=number("failed"),
        unowned=number("unowned"),
        states={state: Standing(count, oldest) for state, count, oldest in states},
    )


def senders(connection: sa.Connection, viewer: Viewer, *, mine: bool) -> Sequence[tuple[int, str]]:
    """Return id and name of every firm with a letter that the viewer may see, by name."""
    of_firm = sa.exists().where(letters.c.firm_id == firms.c.id, *_wanted(viewer, Wish(mine=mine)))
    rows = connection.execute(
        sa.select(firms.c.id, firms.c.name).where(of_firm).order_by(firms.c.name)
    )
    return [(row.id, row.name) for row in rows]


def _wanted(viewer: Viewer, wish: Wish) -> list[sa.ColumnElement[bool]]:
    conditions = [rights.visible(viewer)]
    of_letter = submissions.c.letter_id == letters.c.id
    mine = submissions.c.consultant_id.in_(sorted(viewer.consultants))
    if wish.mine:
        conditions.append(sa.exists().where(of_letter, mine))
    if wish.show in STATES:
        conditions.append(letters.c.state == wish.show)
    elif wish.show == "urgent":
        conditions.append(packages.c.urgent.is_not(None))
    elif wish.show == "failed":
        conditions.append(
            sa.exists().where(
                parts.c.letter_id == letters.c.id, parts.c.reason == "file_convert_failed"
            )
        )
    elif wish.show == "unowned":
        conditions.append(sa.exists().where(of_letter, submissions.c.consultant_id.is_(None)))
    elif wish.show == "new":
        unread = submissions.c.read_at.is_(None)
        conditions.append(sa.exists().where(of_letter, unread, *([mine] if wish.mine else [])))
    if wish.firm_id is not None:
        conditions.append(letters.c.firm_id == wish.firm_id)
    if wish.find:
        conditions.append(_found(wish.find))
    else:
        conditions.append(letters.c.home_id.is_(None))  # it is shown in that package
    return conditions


def _found(text: str) -> sa.ColumnElement[bool]:
    """A receipt number as people write it, or the beginning of a case number."""
    of_case = sa.exists().where(
        submissions.c.letter_id == letters.c.id,
        submissions.c.case_id == cases.c.id,
        cases.c.number.startswith(text, autoescape=True),
    )
    receipt = receipt_number.parsed(text)
    return of_case if receipt is None else sa.or_(letters.c.receipt == receipt, of_case)


def _tallies(connection: sa.Connection, ids: Sequence[int]) -> dict[int, Tally]:
    def count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0))

    kept = parts.c.fate.in_(("filed", "converted"))
    # Documents that a later letter brought are counted where they are.
    brought = sa.and_(letters.c.home_id.in_(ids), letters.c.state == "filed")
    whose = sa.case((letters.c.id.in_(ids), letters.c.id), else_=letters.c.home_id)
    rows = connection.execute(
        sa.select(
            whose,
            count(kept, parts.c.filed_name.is_not(None)),
            count(parts.c.fate == "converted"),
            count(parts.c.reason == "file_convert_failed"),
            count(is_missing()),
        )
        .select_from(parts.join(letters, letters.c.id == parts.c.letter_id))
        .where(sa.or_(letters.c.id.in_(ids), brought))
        .group_by(whose)
    )
    tallies = {
        letter_id: Tally(*(int(number) for number in numbers)) for letter_id, *numbers in rows
    }
    told = connection.execute(
        sa.select(packages.c.letter_id, packages.c.problems).where(packages.c.letter_id.in_(ids))
    )
    for letter_id, problems in told:
        if (many := absent(problems)) > 0:
            tally = tallies.get(letter_id, Tally())
            tallies[letter_id] = replace(tally, missing=tally.missing + many)
    return tallies


def _filings(connection: sa.Connection, ids: Sequence[int]) -> dict[int, list[_Row]]:
    rows = connection.execute(
        sa.select(
            submissions.c.letter_id,
            submissions.c.consultant_id,
            submissions.c.read_at,
            cases.c.number,
            consultants.c.name,
        )
        .join(cases, cases.c.id == submissions.c.case_id)
        .outerjoin(consultants, consultants.c.id == submissions.c.consultant_id)
        .where(submissions.c.letter_id.in_(ids))
        .order_by(submissions.c.id)
    )
    filings: dict[int, list[_Row]] = {}
    for row in rows:
        filings.setdefault(row.letter_id, []).append(row)
    return filings


def _row(row: _Row, tallies: Mapping[int, Tally], filings: Sequence[_Row], viewer: Viewer) -> Row:
    # Operations ask whether anybody has read it; a consultant, whether they have.
    asked = [
        one
        for one in filings
        if viewer.works_in_operations or one.consultant_id in viewer.consultants
    ]
    return Row(
        receipt=row.receipt,
        state=row.state,
        reason=row.reason,
        state_since=row.state_since,
        arrived_at=row.arrived_at,
        proof=row.proof,
        firm=firm_of(row.firm, forwarding(row.forwarded)),
        person=row.header_from or row.sender,
        urgent=row.urgent,
        unread=any(one.read_at is None for one in asked),
        tally=tallies.get(row.id, Tally()),
        cases=tuple(dict.fromkeys(one.number for one in filings)),
        consultants=tuple(dict.fromkeys(one.name for one in filings if one.name)),
    )

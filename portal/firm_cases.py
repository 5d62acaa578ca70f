"""Firm cases: the firm guard. Which cases a firm may send to on a day, and nothing of any other.

A case of another firm and a case that is not there are one row that is not found: the same words,
and the same work.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.tables import cases, contributors, letters, rights, submissions


@dataclass(frozen=True)
class FirmCase:
    """A case that a firm may send to."""

    id: int
    number: str
    closed: bool


def case_of(connection: sa.Connection, firm_id: int, number: str, day: date) -> FirmCase | None:
    """Return the case of a number in our form, where the firm may send to it on that day."""
    return next(iter(cases_of(connection, firm_id, (number,), day)), None)


def cases_of(
    connection: sa.Connection, firm_id: int, numbers: Iterable[str], day: date
) -> tuple[FirmCase, ...]:
    """Return those of the cases that the firm may send to, in the order of the numbers."""
    wanted = list(dict.fromkeys(numbers))
    rows = connection.execute(
        sa.select(cases.c.id, cases.c.number, cases.c.state)
        .join(rights, rights.c.case_id == cases.c.id)
        .where(rights.c.firm_id == firm_id, cases.c.number.in_(wanted), *holds_on(day))
    )
    found = [FirmCase(row.id, row.number, row.state == "closed") for row in rows]
    return tuple(sorted(found, key=lambda one: wanted.index(one.number)))


def contributed_of(
    connection: sa.Connection, address: str, numbers: Iterable[str], day: date
) -> frozenset[str]:
    """Return those of the cases that a contributor's address may send to that day."""
    return frozenset(
        connection.scalars(
            sa.select(cases.c.number)
            .join(contributors, contributors.c.case_id == cases.c.id)
            .where(cases.c.number.in_(sorted(numbers)), *contributes_on(address, day))
        )
    )


def one_open(
    connection: sa.Connection, firm_id: int, numbers: Iterable[str], day: date
) -> str | None:
    """Return the number of the one case among them that the firm may send to, where it is open.

    None where there are two, an open one and a closed one too: nobody could say which is meant.
    """
    found = cases_of(connection, firm_id, numbers, day)
    return found[0].number if len(found) == 1 and not found[0].closed else None


def filed_before(
    connection: sa.Connection, firm_id: int, sender: str, day: date, *, most: int
) -> tuple[str, ...]:
    """Return the cases that this sender filed to for the firm and still may, the busiest first."""
    rows = connection.execute(
        sa.select(cases.c.number)
        .join(rights, rights.c.case_id == cases.c.id)
        .join(submissions, submissions.c.case_id == cases.c.id)
        .join(letters, letters.c.id == submissions.c.letter_id)
        .where(
            rights.c.firm_id == firm_id,
            letters.c.firm_id == firm_id,
            letters.c.sender == sender,
            *holds_on(day),
        )
        .group_by(cases.c.number)
        .order_by(sa.func.count(letters.c.id.distinct()).desc(), cases.c.number)
        .limit(most)
    )
    return tuple(rows.scalars())


def contributes_on(
    address: str | sa.BindParameter[str], day: date | sa.BindParameter[date]
) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition on rows of `contributors`; first and last day count.

    Whom a firm has let in may send for as long as that firm may itself.
    """
    firms_right = sa.exists().where(
        rights.c.firm_id == contributors.c.firm_id,
        rights.c.case_id == contributors.c.case_id,
        *holds_on(day),
    )
    return (
        sa.or_(contributors.c.firm_id.is_(None), firms_right),
        contributors.c.email == address,
        contributors.c.ended_at.is_(None),
        contributors.c.starts <= day,
        contributors.c.ends >= day,
    )


def holds_on(day: date | sa.BindParameter[date]) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition on rows of `rights`; first and last day count."""
    return (
        sa.or_(rights.c.starts.is_(None), rights.c.starts <= day),
        sa.or_(rights.c.ends.is_(None), rights.c.ends >= day),
    )

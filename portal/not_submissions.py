"""Not submissions: the letters set aside as none, as one viewer sees them, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import events as trail
from portal import receipt_number, rights
from portal.decision import BELONGS, SHELVED, waits_to_be_carried
from portal.rights import Viewer
from portal.tables import decisions, events, firms, letters, packages
from portal.vocabulary import NOT_SUBMISSION_RULES, NOT_SUBMISSIONS
from portal.wish import MOST_PAGES, number

PAGE_ROWS = 25
PERSON = "person"
BY_RULE = tuple(kind for kind in NOT_SUBMISSIONS if kind != PERSON)
"""The kinds that the gateway finds by itself: each is the reason of its letters."""

_REASON = sa.func.coalesce(letters.c.reason, "")
_KIND = sa.case((_REASON.in_(BY_RULE), letters.c.reason), else_=PERSON)


@dataclass(frozen=True)
class Filter:
    """What a viewer asked to see of them, as it stands in the address of the page."""

    kind: str = ""  # "" for all of them
    find: str = ""  # a receipt number in our form
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filter:
        """Read a query string. What cannot be understood is left out."""
        kind = query.get("kind", "")
        return cls(
            kind=kind if kind in NOT_SUBMISSIONS else "",
            find=receipt_number.parsed(query.get("find", "").strip()[:40]) or "",
            page=number(query.get("page", ""), most=MOST_PAGES) or 1,
        )

    def query(self, **changes: object) -> dict[str, object]:
        """Write the filter as the fields of a query string, the ones that are not set left out."""
        fields: dict[str, object] = {
            "kind": self.kind,
            "find": self.find,
            "page": self.page if self.page > 1 else None,
        }
        return {name: value for name, value in (fields | changes).items() if value}


@dataclass(frozen=True)
class Row:
    """One letter that was set aside."""

    letter_id: int
    receipt: str
    kind: str
    rule: str  # a sentence
    firm: str | None
    person: str  # header From, as written; the envelope's sender where it was never read
    subject: str
    arrived_at: datetime
    proof: str
    decided: bool  # a person has pressed, and it is about to go on the road


@dataclass(frozen=True)
class Listed:
    """One page of them."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    counts: Mapping[str, int]  # of all that the viewer may see, by kind


def not_submissions(connection: sa.Connection, viewer: Viewer, asked: Filter) -> Listed:
    """Return one page of what the viewer may see and asked for, the newest first.

    What belongs to another letter is none of them: an answer to our question, a mail that only says
    the password of a document, and what stands on another letter's page. A page behind the last one
    is the last one.
    """
    shelved = (
        letters.c.state == SHELVED,
        _REASON.not_in(BELONGS),
        letters.c.home_id.is_(None),
        rights.visible(viewer),
    )
    by_kind = sa.select(_KIND.label("kind"), sa.func.count().label("n")).where(*shelved)
    counts = {row.kind: row.n for row in connection.execute(by_kind.group_by(_KIND))}
    wanted = list(shelved)
    if asked.kind:
        wanted.append(_KIND == asked.kind)  # noqa: SIM300 -- a column
    if asked.find:
        wanted.append(letters.c.receipt == asked.find)
    total = connection.scalar(sa.select(sa.func.count()).select_from(letters).where(*wanted)) or 0
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(asked.page, pages)
    waits = sa.exists().where(decisions.c.letter_id == letters.c.id, *waits_to_be_carried())
    found = connection.execute(
        sa.select(
            letters.c.id,
            letters.c.receipt,
            letters.c.sender,
            letters.c.arrived_at,
            letters.c.proof,
            _KIND.label("kind"),
            packages.c.header_from,
            packages.c.subject,
            firms.c.name.label("firm"),
            waits.label("decided"),
        )
        .select_from(letters.outerjoin(packages).outerjoin(firms, firms.c.id == letters.c.firm_id))
        .where(*wanted)
        .order_by(letters.c.arrived_at.desc(), letters.c.id.desc())
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    ).all()
    rules = _rules(connection, [row.id for row in found])
    return Listed(
        rows=tuple(_row(row, rules.get(row.id)) for row in found),
        total=total,
        page=page,
        pages=pages,
        counts=counts,
    )


def _rules(connection: sa.Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return by which rule each letter was set aside last, as its events tell."""
    rows = connection.execute(
        sa.select(events.c.letter_id, events.c.detail)
        .where(events.c.letter_id.in_(ids), events.c.kind == trail.SET_ASIDE)
        .order_by(events.c.id)
    )
    return {row.letter_id: str(row.detail.get("rule") or "decided") for row in rows}


def _row(row: sa.Row[*tuple[Any, ...]], rule: str | None) -> Row:
    by_person = row.kind == PERSON
    code = "decided" if by_person else rule or ""
    return Row(
        letter_id=row.id,
        receipt=row.receipt,
        kind=row.kind,
        rule=NOT_SUBMISSION_RULES.get(code, ""),
        firm=row.firm,
        person=row.header_from or row.sender,
        subject=row.subject or "",
        arrived_at=row.arrived_at,
        proof=row.proof,
        decided=bool(row.decided),
    )

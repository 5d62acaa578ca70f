"""Earlier: which letters of a firm have filed a document to a case before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.database import Database
from portal.tables import documents, letters, parts, submissions

_MOST_ROWS = 10_000
_WITH = (
    sa.select(letters.c.id, letters.c.receipt, letters.c.arrived_at, parts.c.sha256)
    .select_from(
        parts.join(documents, documents.c.part_id == parts.c.id)
        .join(submissions, submissions.c.id == documents.c.submission_id)
        .join(letters, letters.c.id == submissions.c.letter_id)
    )
    .where(
        parts.c.sha256.in_(sa.bindparam("those", expanding=True)),
        parts.c.reason.is_distinct_from("narrative"),
        submissions.c.case_id == sa.bindparam("case"),
        letters.c.firm_id == sa.bindparam("firm"),
        letters.c.arrived_at < sa.bindparam("before"),
    )
    .order_by(letters.c.arrived_at, letters.c.id)
    .limit(_MOST_ROWS)
)


@dataclass(frozen=True)
class EarlierLetter:
    """A letter, with those of the documents asked for that it filed."""

    receipt: str
    arrived_at: datetime
    sha256s: frozenset[str]


@dataclass(frozen=True)
class Earlier:
    """Asks the record."""

    database: Database

    def letters_with(
        self, sha256s: Collection[str], *, firm_id: int, case_id: int, before: datetime
    ) -> tuple[EarlierLetter, ...]:
        """Return the firm's letters to the case that filed any of these documents, oldest first.

        `sha256s` are those of the documents as they were sent. `before` keeps a letter from being
        told of itself, when another attempt carries it.
        """
        asked = {"those": sorted(sha256s), "case": case_id, "firm": firm_id, "before": before}
        found: dict[int, tuple[str, datetime, set[str]]] = {}
        with self.database.read() as connection:
            for row in connection.execute(_WITH, asked):
                found.setdefault(row.id, (row.receipt, row.arrived_at, set()))[2].add(row.sha256)
        return tuple(
            EarlierLetter(receipt, at, frozenset(those)) for receipt, at, those in found.values()
        )

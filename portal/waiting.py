"""The waiting line: the letters that wait for a person, in the order in which they are taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal import rights
from portal.decision import WAITING, waits_to_be_carried
from portal.rights import Viewer
from portal.tables import claims, decisions, letters, packages

_MOST = 2000


@dataclass(frozen=True)
class Line:
    """The line as one viewer sees it: receipt numbers, the next one first."""

    receipts: tuple[str, ...]
    taken: frozenset[str]  # those that somebody else works on

    @property
    def first(self) -> str | None:
        """The first letter that nobody else works on."""
        return next((one for one in self.receipts if one not in self.taken), None)

    def beside(self, receipt: str) -> tuple[str | None, str | None]:
        """Return the letters before and behind one; of one that is not in line, none and the
        first."""
        if receipt not in self.receipts:
            return None, self.first
        place = self.receipts.index(receipt)
        behind = self.receipts[place + 1 : place + 2]
        return (self.receipts[place - 1] if place else None), (behind[0] if behind else None)

    @property
    def left(self) -> int:
        """How many wait."""
        return len(self.receipts)


def line(connection: sa.Connection, viewer: Viewer, *, now: datetime) -> Line:
    """Return the letters that wait and about which nobody has decided: at most 2,000.

    Urgent ones come first, then those that wait for us before those whose sender was asked, and
    then the oldest. A consultant has no such line.
    """
    if not viewer.works_in_operations:
        return Line((), frozenset())
    decided = sa.exists().where(decisions.c.letter_id == letters.c.id, *waits_to_be_carried())
    rows = connection.execute(
        sa.select(letters.c.receipt, claims.c.account_id)
        .select_from(
            letters.outerjoin(packages, packages.c.letter_id == letters.c.id).outerjoin(
                claims, sa.and_(claims.c.letter_id == letters.c.id, claims.c.until > now)
            )
        )
        .where(letters.c.state.in_(WAITING), ~decided, rights.visible(viewer))
        .order_by(
            sa.case((packages.c.urgent.is_not(None), 0), else_=1),
            sa.case((letters.c.state == WAITING[0], 0), else_=1),
            letters.c.arrived_at,
            letters.c.id,
        )
        .limit(_MOST)
    ).all()
    return Line(
        tuple(row.receipt for row in rows),
        frozenset(row.receipt for row in rows if row.account_id not in {None, viewer.account_id}),
    )

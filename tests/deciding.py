"""A letter that waits, and people who decide about it: the worker, the chore and the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway import assembly
from gateway.carrying import Carrying
from portal.decision import Filing, Kind, decide
from portal.tables import accounts, letters
from portal.undo import undo
from tests.carrying import MAIL, Carrier

UNDO = timedelta(seconds=60)
TWO_CASES = MAIL.replace(b"Case 24-001234", b"Cases 24-001234 and 24-001301")
NO_CASE = MAIL.replace(b"Case 24-001234", b"Two files")


@dataclass
class Team:
    """Operations, by the worker's clock."""

    carrier: Carrier
    people: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.carrier.stores.database.write() as connection:
            for name in ("Olu Adeyemi", "Lee Park"):
                self.people[name] = connection.execute(
                    sa.insert(accounts)
                    .values(email=f"{name[:3]}@ops.example", name=name, role="operations")
                    .returning(accounts.c.id)
                ).scalar_one()

    @property
    def now(self) -> datetime:
        return self.carrier.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.carrier.now = moment

    @property
    def carrying(self) -> Carrying:
        stores = self.carrier.stores
        return Carrying(
            stores.database,
            stores.queue(),
            lambda: self.now,
            assembly.office_calendar(stores.settings).promise,
        )

    def wait(self, content: bytes = TWO_CASES, **changes: Any) -> str:
        """Take a letter and carry it to where it waits."""
        self.carrier.accept(content, **changes)
        return self.carrier.carry(len(self.rows(letters)))

    def decide(
        self,
        kind: Kind = "file",
        *cases: str | Filing,
        letter_id: int = 1,
        account: str | None = "Olu Adeyemi",
    ) -> int:
        filings = [Filing(one) if isinstance(one, str) else one for one in cases]
        with self.carrier.stores.database.write() as connection:
            return decide(
                connection,
                letter_id,
                kind,
                account_id=None if account is None else self.people[account],
                filings=filings,
                now=self.now,
                undo=UNDO,
            )

    def file(self, *cases: str | Filing, letter_id: int = 1) -> str:
        """Decide, take up and carry."""
        self.decide("file", *cases, letter_id=letter_id)
        return self.carried(letter_id)

    def carried(self, letter_id: int = 1) -> str:
        assert self.carrying.decisions() == 1
        return self.carry(letter_id)

    def carry(self, letter_id: int = 1) -> str:
        (row,) = [one for one in self.rows(letters) if one.id == letter_id]
        return self.carrier.carry(letter_id, row.attempt)

    def undo(self, decision_id: int, account: str = "Olu Adeyemi") -> None:
        with self.carrier.stores.database.write() as connection:
            undo(connection, decision_id, account_id=self.people[account], now=self.now)

    def rows(self, table: sa.Table) -> list[Any]:
        with self.carrier.stores.database.read() as connection:
            return list(connection.execute(table.select().order_by(table.primary_key.columns[0])))

"""A letter that waits, and people who decide about it: the worker, the chore and the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway import assembly
from gateway.moving.carrying import Carrying
from gateway.moving.sweep import Sweep
from gateway.sending.outbound import Outbound
from gateway.sending.way import FolderWay
from gateway.upkeep.unanswered import Unanswered
from gateway.verification import damages, disagreements
from gateway.watch import Metrics
from portal.decision import Filing, Kind, decide
from portal.tables import accounts, cases, documents, letters, outbox, parts, submissions
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
            assembly.office_calendar(stores.settings).zone,
        )

    @property
    def unanswered(self) -> Unanswered:
        stores = self.carrier.stores
        promise = assembly.office_calendar(stores.settings).promise
        return Unanswered(stores.database, stores.settings, lambda: self.now, promise)

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


def agrees(team: Team) -> bool:
    stores = team.carrier.stores
    assert list(disagreements(stores.database)) == []
    assert list(damages(stores.database, stores.vault)) == []
    return True


def filed(team: Team) -> list[tuple[str, list[str]]]:
    """Return the case of each submission with its documents' names."""
    with team.carrier.stores.database.read() as connection:
        rows = connection.execute(
            sa.select(submissions.c.id, cases.c.number)
            .join(cases, cases.c.id == submissions.c.case_id)
            .order_by(submissions.c.id)
        ).all()
        return [
            (
                row.number,
                list(
                    connection.scalars(
                        sa.select(parts.c.filed_name)
                        .join(documents, documents.c.part_id == parts.c.id)
                        .where(documents.c.submission_id == row.id)
                        .order_by(documents.c.position)
                    )
                ),
            )
            for row in rows
        ]


def mails(team: Team) -> list[tuple[str, str, bool]]:
    """Return kind, recipient and whether it was withdrawn, of every mail."""
    return [(one.kind, one.recipient, one.withdrawn_at is not None) for one in team.rows(outbox)]


def state(team: Team, letter_id: int = 1) -> tuple[str, str | None]:
    (row,) = [one for one in team.rows(letters) if one.id == letter_id]
    return row.state, row.reason


def outbound(team: Team) -> Outbound:
    stores = team.carrier.stores
    folder = stores.folder / stores.settings.outbound.folder
    return Outbound(
        stores.database, FolderWay(folder), stores.settings, lambda: team.now, Metrics()
    )


def sweep(team: Team) -> Sweep:
    stores, worker = team.carrier.stores, team.carrier.worker
    return Sweep(
        stores.database,
        stores.queue(),
        stores.vault,
        stores.settings,
        lambda: team.now,
        give_up=worker.give_up,
    )

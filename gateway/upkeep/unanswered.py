"""Unanswered: a question that its sender did not answer, or that came back, is asked elsewhere.

Once it goes to the second contact that the sender's firm has named, who has as long as the sender
had. Then, or where there is none, the letter goes to the team: nobody waits for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from config.settings import Settings
from gateway.firm_readers import asked_second
from gateway.road.tell import mail_of
from gateway.telling.second_question import Waiting, Why, second_question
from portal import answer_link, events
from portal.database import Database
from portal.decision import pending
from portal.firm_contacts import Contact, contacts_of
from portal.postbox import owe
from portal.rights import may_read_details
from portal.sign_in import new_token
from portal.tables import firms, letters, outbox, packages

KIND = "second_question"
_BATCH = 100

Promise = Callable[[datetime], datetime]
"""The moment by which our people look at a letter that waits from a given moment on."""

Row = sa.Row[*tuple[Any, ...]]

# The question is the receipt of the attempt that a letter rests in.
_ASKED = (
    sa.select(
        letters,
        packages.c.urgent,
        outbox.c.recipient.label("asked"),
        outbox.c.failed_at.is_not(None).label("came_back"),
    )
    .select_from(
        letters.outerjoin(packages, packages.c.letter_id == letters.c.id).outerjoin(
            outbox,
            sa.and_(
                outbox.c.letter_id == letters.c.id,
                outbox.c.kind == "receipt",
                outbox.c.occasion == sa.cast(letters.c.attempt, sa.Text),
            ),
        )
    )
    .where(letters.c.state == "needs_you")
    .order_by(letters.c.state_since, letters.c.id)
)
_second = outbox.alias("second")
# They may stand behind many that are not late yet; those that nobody else is asked about wait.
_CAME_BACK = _ASKED.where(
    outbox.c.failed_at.is_not(None),
    ~sa.exists().where(_second.c.letter_id == letters.c.id, _second.c.kind == KIND),
    sa.exists().where(firms.c.id == letters.c.firm_id, firms.c.second_contact.is_not(None)),
)


@dataclass(frozen=True)
class Unanswered:
    """Looks for letters whose question waits in vain."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]
    promise: Promise

    def look(self) -> int:
        """Ask the second contact, or give the team, what waits too long. Return how many."""
        now = self.clock()
        with self.database.read() as connection:
            oldest = connection.execute(_ASKED.limit(_BATCH)).all()
            came_back = connection.execute(_CAME_BACK.limit(_BATCH)).all()
        rows = {row.id: row for row in (*oldest, *came_back)}
        return sum(self._settle(row, now) for row in rows.values())

    def _settle(self, row: Row, now: datetime) -> bool:
        is_late = self.promise(row.state_since) <= now
        if not (is_late or row.came_back):
            return False
        with self.database.write() as connection:
            contact = self._second(connection, row)
            if contact is None and not is_late:
                return False
            to_team = contact is None or row.urgent is not None
            if not _still_waits(connection, row, now, "with_us" if to_team else "needs_you"):
                return False
            if contact is not None:
                self._ask(connection, row, contact, with_team=to_team, now=now)
            if to_team:
                detail = {"reason": row.reason, "case": None}
                _record(connection, row.id, "letter.with_us", detail, now)
        return True

    def _second(self, connection: sa.Connection, row: Row) -> Contact | None:
        """Return who is asked next, unless they were, or somebody has decided meanwhile."""
        asked = sa.select(outbox.c.id).where(outbox.c.letter_id == row.id, outbox.c.kind == KIND)
        if connection.execute(asked).first() or pending(connection, row.id) is not None:
            return None
        contacts = contacts_of(connection, row.firm_id)
        return asked_second(contacts, row.asked, own_domain=self.settings.intake.domain)

    def _ask(
        self,
        connection: sa.Connection,
        row: Row,
        contact: Contact,
        *,
        with_team: bool,
        now: datetime,
    ) -> None:
        encrypted = self.settings.outbound.is_encrypted
        link = None
        if contact.is_firms and may_read_details(row.firm_id, row.proof, encrypted):
            token = new_token()
            # One that has run out is not given anew: the letter goes on with the team alone.
            if answer_link.renew(connection, row.id, token, now=now):
                link = f"{self.settings.service.base_url}/answer/{token}"
        why: Why = "came_back" if row.came_back else "unanswered"
        waiting = Waiting(
            receipt=row.receipt,
            arrived_at=row.arrived_at,
            sender=row.asked or row.sender,
            why=why,
            by=self.promise(now),
            with_team=with_team,
        )
        words = second_question(waiting, self.settings.service, link)
        mail = mail_of(KIND, contact.address, words, begun=True)
        owe(connection, mail, letter_id=row.id, occasion=str(row.attempt), now=now)
        _record(connection, row.id, events.PASSED_ON, {"why": why}, now)


def _still_waits(connection: sa.Connection, row: Row, now: datetime, state: str) -> bool:
    """Give a letter its next state, unless it has left the one that it was seen in."""
    moved = connection.execute(
        letters.update()
        .where(
            letters.c.id == row.id,
            letters.c.state == "needs_you",
            letters.c.state_since == row.state_since,
        )
        .values(state=state, state_since=now)
    )
    return moved.rowcount == 1


def _record(
    connection: sa.Connection, letter_id: int, kind: str, detail: dict[str, Any], now: datetime
) -> None:
    events.record(
        connection, letter_id=letter_id, actor=events.GATEWAY, kind=kind, detail=detail, at=now
    )

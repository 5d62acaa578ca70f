"""A gathering: the receipts that one digest is to tell, as rows of the outbox that point to it.

Its words are written when it goes out, so that nothing is in it that was withdrawn meanwhile.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from config.settings import Settings
from gateway.digest import Line, digest
from gateway.letter import Proof
from gateway.mail import Mail
from gateway.road.tell import mail_of
from portal.absent import absent
from portal.decision import WAITING
from portal.missing import is_missing
from portal.postbox import owe
from portal.tables import cases, decisions, letters, outbox, packages, parts, submissions

# At 900 bytes of HTML a line a digest stays below 60 KB; Gmail cuts off at 102 KB.
_MOST_LINES = 60

Row = sa.Row[tuple[Any, ...]]


@dataclass(frozen=True)
class Gathering:
    """Begins digests, adds to them, and writes them."""

    settings: Settings

    def add(
        self, connection: sa.Connection, row: Row, digest_id: int | None, now: datetime
    ) -> int | None:
        """Put a receipt into a digest (None begins one), and return the one that still gathers.

        One that is full goes out at once, and the next receipt begins another.
        """
        is_new = digest_id is None
        if digest_id is None:
            digest_id = self._begin(connection, row.recipient, now)
        connection.execute(outbox.update().where(outbox.c.id == row.id).values(digest_id=digest_id))
        if is_new:
            self.write(connection, digest_id, now)
        lines = connection.execute(
            sa.select(sa.func.count()).where(outbox.c.digest_id == digest_id)
        ).scalar_one()
        if lines < _MOST_LINES:
            return digest_id
        connection.execute(outbox.update().where(outbox.c.id == digest_id).values(not_before=now))
        return None

    def _begin(self, connection: sa.Connection, recipient: str, now: datetime) -> int:
        wait = timedelta(minutes=self.settings.receipts.digest_minutes)
        begun = mail_of("digest", recipient, Mail("", ""), begun=True)
        occasion = secrets.token_hex(8)
        owe(connection, begun, letter_id=None, occasion=occasion, now=now, not_before=now + wait)
        digest_id: int = connection.execute(
            sa.select(outbox.c.id).where(outbox.c.kind == "digest", outbox.c.occasion == occasion)
        ).scalar_one()
        return digest_id

    def write(self, connection: sa.Connection, digest_id: int, now: datetime) -> bool:
        """Write a digest's words as they are true now.

        Returns whether there is anything to tell; where there is not it is withdrawn.
        """
        rows = connection.execute(
            sa.select(letters)
            .join(outbox, outbox.c.letter_id == letters.c.id)
            .where(outbox.c.digest_id == digest_id, outbox.c.withdrawn_at.is_(None))
            .order_by(letters.c.arrived_at, letters.c.id)
        ).all()
        this = outbox.update().where(outbox.c.id == digest_id)
        if not rows:
            connection.execute(this.values(withdrawn_at=now))
            return False
        lines = [self._line(connection, row, now) for row in rows]
        words = digest(lines, self.settings.service)
        connection.execute(this.values(subject=words.subject, text=words.text, html=words.html))
        return True

    def _line(self, connection: sa.Connection, letter: Row, now: datetime) -> Line:
        named = (parts.c.fate.in_(("filed", "converted")), parts.c.filed_name.is_not(None))
        of_letter = parts.c.letter_id == letter.id

        def count(*which: sa.ColumnElement[bool]) -> int:
            asked = sa.select(sa.func.count()).select_from(parts).where(of_letter, *which)
            return connection.execute(asked).scalar_one()

        # What a person decided is told after the time in which it can be taken back.
        told_yet = not _may_be_undone(connection, letter.id, now)
        cases_told = self._cases(connection, letter) if told_yet else []
        return Line(
            receipt=letter.receipt,
            arrived_at=letter.arrived_at,
            state=letter.state if told_yet else WAITING[0],
            documents=count(*named),
            missing=count(is_missing()) + self._absent(connection, letter),
            case=", ".join(cases_told) or None,
        )

    def _absent(self, connection: sa.Connection, letter: Row) -> int:
        problems = connection.execute(
            sa.select(packages.c.problems).where(packages.c.letter_id == letter.id)
        ).scalar_one_or_none()
        return absent(problems or ())

    def _cases(self, connection: sa.Connection, letter: Row) -> list[str]:
        """Return the numbers of a letter's cases, where safety rule 4 lets them be told."""
        encrypted = self.settings.outbound.is_encrypted
        private = Proof(letter.proof) is Proof.LOOPBACK if encrypted is None else encrypted
        if letter.firm_id is None or not Proof(letter.proof).holds or not private:
            return []
        found = connection.execute(
            sa.select(cases.c.number)
            .join(submissions, submissions.c.case_id == cases.c.id)
            .where(submissions.c.letter_id == letter.id)
            .order_by(submissions.c.id)
        ).scalars()
        return list(dict.fromkeys(found))


def _may_be_undone(connection: sa.Connection, letter_id: int, now: datetime) -> bool:
    held = sa.select(decisions.c.id).where(
        decisions.c.letter_id == letter_id,
        decisions.c.kind != "undo",
        decisions.c.undone_at.is_(None),
        decisions.c.undo_until > now,
    )
    return connection.execute(held).first() is not None

"""A gathering: the receipts that one digest is to tell, as rows of the outbox that point to it.

Its words are written when it goes out, so that nothing is in it that was withdrawn meanwhile. A
digest takes what is too much for an hour; a daily list what devices have sent, and goes out at the
hour that the office calendar promises things for.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from config import calendar
from config.calendar import OfficeCalendar
from config.settings import Settings
from gateway.letter import Proof
from gateway.road.tell import LISTED, answerable, mail_of
from gateway.telling.digest import ADDED, ANSWER, Line, Whose, digest
from gateway.telling.mail import Mail
from portal.absent import absent
from portal.decision import WAITING
from portal.firm_contacts import is_firms
from portal.missing import is_missing
from portal.postbox import owe
from portal.rights import is_private
from portal.tables import cases, decisions, letters, outbox, packages, parts, submissions

DIGEST: Literal["digest"] = "digest"
DAILY: Literal["daily"] = "daily"
KINDS = (DIGEST, DAILY)

# At 1,400 bytes of HTML a line a digest stays below 90 KB; Gmail cuts off at 102 KB.
_MOST_LINES = 60

Row = sa.Row[tuple[Any, ...]]


@dataclass(frozen=True)
class _Known:
    """What the record knows of the letters of a digest, asked for all of them at once.

    The write lock is held meanwhile: a question for each letter kept everybody else waiting.
    """

    documents: Mapping[int, tuple[int, int]]  # how many are filed, and how many are missing
    cases: Mapping[int, Sequence[str]]  # their numbers
    undoable: Set[int]  # about which a person has decided what can be taken back

    @classmethod
    def of(cls, connection: sa.Connection, digest_id: int, now: datetime) -> _Known:
        """Look the letters up that a digest tells of."""
        told = sa.select(outbox.c.letter_id).where(outbox.c.digest_id == digest_id)
        named = sa.and_(parts.c.fate.in_(("filed", "converted")), parts.c.filed_name.is_not(None))
        counted = connection.execute(
            sa.select(parts.c.letter_id, *(_count(which) for which in (named, is_missing())))
            .where(parts.c.letter_id.in_(told))
            .group_by(parts.c.letter_id)
        )
        filed = connection.execute(
            sa.select(submissions.c.letter_id, cases.c.number)
            .join(cases, cases.c.id == submissions.c.case_id)
            .where(submissions.c.letter_id.in_(told))
            .order_by(submissions.c.id)
        )
        numbers: dict[int, list[str]] = {}
        for letter_id, number in filed:
            theirs = numbers.setdefault(letter_id, [])
            if number not in theirs:
                theirs.append(number)
        undoable = connection.scalars(
            sa.select(decisions.c.letter_id).where(
                decisions.c.letter_id.in_(told),
                decisions.c.kind != "undo",
                decisions.c.undone_at.is_(None),
                decisions.c.undo_until > now,
            )
        )
        return cls({row[0]: (row[1], row[2]) for row in counted}, numbers, frozenset(undoable))


def _count(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((which, 1), else_=0))


@dataclass(frozen=True)
class Gathering:
    """Begins digests, adds to them, and writes them."""

    settings: Settings

    def add(
        self,
        connection: sa.Connection,
        row: Row,
        digest_id: int | None,
        now: datetime,
        kind: str = DIGEST,
    ) -> int | None:
        """Put a receipt into a digest (None begins one), and return the one that still gathers.

        One that is full goes out at once, and the next receipt begins another. A daily list waits
        for its hour, full or not.
        """
        is_new = digest_id is None
        if digest_id is None:
            digest_id = self._begin(connection, row.recipient, now, kind)
        connection.execute(outbox.update().where(outbox.c.id == row.id).values(digest_id=digest_id))
        if is_new:
            self.write(connection, digest_id, now)
        if connection.execute(sa.select(_lines(digest_id) < _MOST_LINES)).scalar_one():
            return digest_id
        if kind == DIGEST:
            this = outbox.update().where(outbox.c.id == digest_id)
            connection.execute(this.values(not_before=now))
        return None

    def _begin(self, connection: sa.Connection, recipient: str, now: datetime, kind: str) -> int:
        goes_out = now + timedelta(minutes=self.settings.receipts.digest_minutes)
        if kind == DAILY:
            service = self.settings.service
            goes_out = _calendar(service.time_zone, service.calendar).promise(now)
        begun = mail_of(kind, recipient, Mail("", ""), begun=True)
        occasion = secrets.token_hex(8)
        owe(connection, begun, letter_id=None, occasion=occasion, now=now, not_before=goes_out)
        digest_id: int = connection.execute(
            sa.select(outbox.c.id).where(outbox.c.kind == kind, outbox.c.occasion == occasion)
        ).scalar_one()
        return digest_id

    def write(self, connection: sa.Connection, digest_id: int, now: datetime) -> bool:
        """Write a digest's words as they are true now.

        Returns whether there is anything to tell; where there is not it is withdrawn.
        """
        this = outbox.update().where(outbox.c.id == digest_id)
        kind = connection.scalar(sa.select(outbox.c.kind).where(outbox.c.id == digest_id))
        rows = connection.execute(
            sa.select(
                letters,
                packages.c.sent_at,
                packages.c.message_id,
                packages.c.problems,
                outbox.c.kind.label("told_as"),
                outbox.c.recipient,
            )
            .join(outbox, outbox.c.letter_id == letters.c.id)
            .outerjoin(packages, packages.c.letter_id == letters.c.id)
            .where(outbox.c.digest_id == digest_id, outbox.c.withdrawn_at.is_(None))
            .order_by(letters.c.arrived_at, letters.c.id)
        ).all()
        if not rows:
            connection.execute(this.values(withdrawn_at=now))
            return False
        known = _Known.of(connection, digest_id, now)
        lines = [self._line(connection, row, known) for row in rows]
        whose: Whose = "theirs"
        if kind == DAILY:
            whose = "devices"
        elif any(row.told_as != "receipt" for row in rows):
            whose = "firms"
        words = digest(lines, self.settings.service, whose)
        connection.execute(this.values(subject=words.subject, text=words.text, html=words.html))
        return True

    def _line(self, connection: sa.Connection, letter: Row, known: _Known) -> Line:
        # What a person decided is told after the time in which it can be taken back.
        told_yet = letter.id not in known.undoable
        is_known = self._is_known(connection, letter)
        names_cases = is_known and is_private(letter.proof, self.settings.outbound.is_encrypted)
        cases_told = known.cases.get(letter.id, []) if told_yet and names_cases else []
        documents, missing = known.documents.get(letter.id, (0, 0))
        return Line(
            receipt=letter.receipt,
            arrived_at=letter.arrived_at,
            sent_at=letter.sent_at,
            state=_told_as(letter) if told_yet else WAITING[0],
            documents=documents,
            missing=missing + absent(letter.problems or ()),
            case=", ".join(cases_told) or None,
            message_id=answerable(letter.message_id) if is_known else None,
            sender=letter.sender if names_cases else None,
        )

    def _is_known(self, connection: sa.Connection, letter: Row) -> bool:
        """Say whether a firm's letter, which was proven, is told to somebody who may know it.

        That is who has its receipt, in its sender's place or a device's; else one of the firm.
        """
        if letter.firm_id is None or not Proof(letter.proof).holds:
            return False
        contacts = {one.contact for one in self.settings.devices.listed}
        has_receipt = letter.told_as == "receipt" or (
            letter.told_as == LISTED and letter.recipient in contacts
        )
        return has_receipt or is_firms(connection, letter.firm_id, letter.recipient)


def has_room(kind: str) -> sa.ColumnElement[bool]:
    """Return the condition on rows of `outbox` of a kind that one more line has room in them."""
    return sa.true() if kind == DAILY else _lines(outbox.c.id) < _MOST_LINES


def _lines(digest_id: sa.ColumnElement[int] | int) -> sa.ScalarSelect[int]:
    member = outbox.alias("member")
    return sa.select(sa.func.count()).where(member.c.digest_id == digest_id).scalar_subquery()


def _told_as(letter: Row) -> str:
    """Return the state of a letter, and of one that belongs to another what it was taken for."""
    if letter.state != "set_aside":
        return str(letter.state)
    if letter.home_id is not None:
        return ADDED
    return letter.state if letter.copy_of is None else ANSWER


@cache
def _calendar(time_zone: str, named: str) -> OfficeCalendar:
    return calendar.load(time_zone, Path(named) if named else None)

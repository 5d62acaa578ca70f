"""Telling of reassignments: both consultants, one mail each, however many packages went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Service
from gateway.telling.mail import Mail, counted
from portal import receipt_number
from portal.database import Database
from portal.postbox import Owed, owe
from portal.tables import consultants, decisions, letters, packages, reassignments, submissions

_MOST_NAMED = 50  # in one mail


@dataclass(frozen=True)
class Package:
    """A letter that changed hands, by what may be said of it."""

    letter_id: int
    receipt: str
    urgent: bool


@dataclass
class Changes:
    """What came to one consultant and what left them."""

    came: list[Package] = field(default_factory=list)
    left: list[Package] = field(default_factory=list)


@dataclass(frozen=True)
class Reassignments:
    """Tells of the reassignments that nobody was told of yet."""

    database: Database
    service: Service
    clock: Callable[[], datetime]
    undo: timedelta  # what a person decided is told after it: handing it back tells nobody

    def tell(self) -> int:
        """Put into the outbox what is to be told, and return how many mails that are.

        A package that went on before anybody was told is told to the first and the last alone, and
        one that came back to nobody.
        """
        now = self.clock()
        with self.database.read() as connection:
            if connection.execute(_untold().limit(1)).first() is None:
                return 0
        with self.database.write() as connection:
            rows = _ripe(connection.execute(_untold()).all(), now, self.undo)
            mails = 0
            people = _people(connection)
            for consultant_id, changes in _by_consultant(rows).items():
                for mail, told in _mails(changes, self.service):
                    mails += 1
                    one = {package.letter_id for package in told}
                    owe(
                        connection,
                        Owed(
                            "reassignment",
                            people[consultant_id],
                            mail.subject,
                            mail.text,
                            begun=True,
                        ),
                        letter_id=one.pop() if len(one) == 1 else None,
                        occasion=f"reassignment:{max(row.id for row in rows)}",
                        now=now,
                    )
            if rows:
                connection.execute(
                    reassignments.update()
                    .where(reassignments.c.id == sa.bindparam("its_id"))
                    .values(told_at=now),
                    [{"its_id": row.id} for row in rows],
                )
        return mails


def _untold() -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(
            reassignments.c.id,
            reassignments.c.submission_id,
            reassignments.c.from_consultant_id,
            reassignments.c.to_consultant_id,
            reassignments.c.why,
            reassignments.c.at,
            submissions.c.letter_id,
            decisions.c.undo_until,
            letters.c.receipt,
            letters.c.quiet,
            packages.c.urgent,
        )
        .select_from(
            reassignments.join(submissions, submissions.c.id == reassignments.c.submission_id)
            .join(letters, letters.c.id == submissions.c.letter_id)
            .outerjoin(packages, packages.c.letter_id == letters.c.id)
            .outerjoin(decisions, decisions.c.id == submissions.c.decision_id)
        )
        .where(reassignments.c.told_at.is_(None))
        .order_by(reassignments.c.id)
    )


_Row = sa.Row[tuple[object, ...]]


def _ripe(rows: Sequence[_Row], now: datetime, undo: timedelta) -> list[_Row]:
    """Leave out the submissions that a person moved or filed within the undo window, with all their
    rows: they may not be there at its end.
    """
    fresh = {
        row.submission_id
        for row in rows
        if (row.why == "staff" and now - row.at < undo)
        or (row.undo_until is not None and row.undo_until > now)
    }
    return [row for row in rows if row.submission_id not in fresh]


def _by_consultant(rows: Sequence[_Row]) -> dict[int, Changes]:
    """Sort what is told by whom it is told to. What came quietly goes on quietly."""
    ends: dict[int, tuple[_Row, _Row]] = {}
    for row in rows:
        if not row.quiet:
            first, _ = ends.get(row.submission_id, (row, row))
            ends[row.submission_id] = (first, row)
    found: dict[int, Changes] = {}
    for first, last in ends.values():
        giver, taker = first.from_consultant_id, last.to_consultant_id
        if giver == taker:
            continue
        package = Package(first.letter_id, first.receipt, urgent=first.urgent is not None)
        sides = []
        if giver is not None:
            sides.append(found.setdefault(giver, Changes()).left)
        if taker is not None:
            sides.append(found.setdefault(taker, Changes()).came)
        for side in sides:
            if package not in side:  # a letter may have several submissions
                side.append(package)
    return found


def _mails(changes: Changes, service: Service) -> list[tuple[Mail, Sequence[Package]]]:
    """Return one mail of it all, and before it one of each urgent package that came: rule 10."""
    mails = [(_came_urgent(one, service), [one]) for one in changes.came if one.urgent]
    others = Changes([one for one in changes.came if not one.urgent], changes.left)
    told = others.came + others.left
    return [*mails, (_changed(others, service), told)] if told else list(mails)


def _came_urgent(package: Package, service: Service) -> Mail:
    shown = receipt_number.shown(package.receipt)
    return Mail(
        subject=f"Urgent: a package is yours now ({shown})",
        text=f"A package that is flagged urgent has gone from another consultant to you.\n\n"
        f"Open it: {_link(package, service)}\n",
    )


def _changed(changes: Changes, service: Service) -> Mail:
    """Write the mail. It names nobody and nothing: receipt numbers, and links to what may be seen.

    What left is not linked: it is closed to whom it left.
    """
    said = []
    blocks = []
    came = [_link(one, service) for one in changes.came]
    left = [receipt_number.shown(one.receipt) for one in changes.left]
    for lines, words in ((came, "yours now"), (left, "not yours any more")):
        if lines:
            many = counted(len(lines), "package")
            said.append(f"{many} {'is' if len(lines) == 1 else 'are'} {words}")
            more = [f"and {len(lines) - _MOST_NAMED:,} more"] if len(lines) > _MOST_NAMED else []
            blocks.append("\n".join(lines[:_MOST_NAMED] + more))
    subject = ", ".join(said)
    everything = changes.came + changes.left
    if len(everything) == 1:
        subject += f" ({receipt_number.shown(everything[0].receipt)})"
    text = "\n\n".join(f"{one}:\n{block}" for one, block in zip(said, blocks, strict=True))
    if changes.left:
        text += "\n\nYou need do nothing more about what is not yours any more."
    return Mail(subject=subject, text=f"{text}\n")


def _link(package: Package, service: Service) -> str:
    return f"{service.base_url}/p/{receipt_number.shown(package.receipt)}"


def _people(connection: sa.Connection) -> dict[int, str]:
    return {
        row.id: row.email
        for row in connection.execute(sa.select(consultants.c.id, consultants.c.email))
    }

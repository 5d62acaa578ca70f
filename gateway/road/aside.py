"""Aside: letters of which nothing is filed: rehearsals, what is no submission, answers by reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from gateway.road.file import describe, move_letter
from gateway.road.package import NotSubmission, Package
from portal import events
from portal.decision import ANSWERED
from portal.postbox import Owed, owe
from portal.tables import letters, outbox

MACHINE_ANSWERED = "machine_answered"


def rehearse(
    connection: sa.Connection,
    package: Package,
    *,
    letter_id: int,
    attempt: int,
    owed: Sequence[Owed],
    now: datetime,
) -> str:
    """End a rehearsal: its receipt is owed, and nothing of it is kept. Return the letter's state.

    Raises StaleAttempt by the fence.
    """
    move_letter(connection, letter_id, attempt, "rehearsed", None, now)
    connection.execute(
        letters.update().where(letters.c.id == letter_id).values(firm_id=package.resolution.firm_id)
    )
    _record(connection, letter_id, "letter.rehearsed", now)
    for mail in owed:
        owe(connection, mail, letter_id=letter_id, occasion=str(attempt), now=now)
    return "rehearsed"


def shelve(
    connection: sa.Connection,
    package: Package,
    found: NotSubmission,
    *,
    letter_id: int,
    attempt: int,
    now: datetime,
) -> None:
    """Set a letter aside that is no submission, described for whoever looks.

    Nobody is told. Raises StaleAttempt by the fence.
    """
    move_letter(connection, letter_id, attempt, "set_aside", found.kind, now)
    connection.execute(
        letters.update().where(letters.c.id == letter_id).values(firm_id=package.resolution.firm_id)
    )
    describe(connection, package, letter_id)
    events.record(
        connection,
        letter_id=letter_id,
        actor=events.GATEWAY,
        kind=events.SET_ASIDE,
        detail={"reason": found.kind, "rule": found.rule},
        at=now,
    )


def come_back(
    connection: sa.Connection, package: Package, tokens: Sequence[str], now: datetime
) -> None:
    """Mark the mails of these return paths as come back, with the report's codes.

    That is where the null sender says that one of them could not be delivered; from anybody else,
    and in any other case, nothing is marked.
    """
    failures = () if package.letter.envelope.sender else package.failures
    came_back = connection.execute(
        outbox.update()
        .where(outbox.c.return_token.in_(tokens if failures else ()), outbox.c.failed_at.is_(None))
        .values(failed_at=now, failure=" ".join(failures))
        .returning(outbox.c.letter_id, outbox.c.kind)
    )
    for row in came_back.all():
        _record(connection, row.letter_id, f"{row.kind}.came_back", now)


def answered(
    connection: sa.Connection,
    package: Package,
    *,
    letter_id: int,
    attempt: int,
    first_id: int,
    owed: Owed | None,
    now: datetime,
    reason: str = ANSWERED,
    kind: str = events.REPLIED,
) -> None:
    """Set a reply aside that belongs to another letter, and let it point there.

    Its words are described, for whoever looks. `reason` is a code of the catalogue, and `kind` the
    event of the letter that it answers. Raises StaleAttempt by the fence.
    """
    move_letter(connection, letter_id, attempt, "set_aside", reason, now)
    connection.execute(
        letters.update()
        .where(letters.c.id == letter_id)
        .values(firm_id=package.resolution.firm_id, copy_of=first_id)
    )
    describe(connection, package, letter_id)
    for one, other, happened in (
        (letter_id, first_id, events.SET_ASIDE),
        (first_id, letter_id, kind),
    ):
        events.record(
            connection,
            letter_id=one,
            actor=events.GATEWAY,
            kind=happened,
            detail={"letter": other},
            at=now,
        )
    if owed is not None:
        owe(connection, owed, letter_id=letter_id, occasion=str(attempt), now=now)


def belongs(
    connection: sa.Connection,
    package: Package,
    *,
    letter_id: int,
    attempt: int,
    home_id: int,
    reason: str,
    owed: Sequence[Owed],
    now: datetime,
) -> None:
    """Set a reply aside whose words belong to the package of another letter, and are shown there.

    `reason` is a code of the catalogue. Raises StaleAttempt by the fence.
    """
    move_letter(connection, letter_id, attempt, "set_aside", reason, now)
    connection.execute(
        letters.update()
        .where(letters.c.id == letter_id)
        .values(firm_id=package.resolution.firm_id, home_id=home_id)
    )
    describe(connection, package, letter_id)
    events.record(
        connection,
        letter_id=letter_id,
        actor=events.GATEWAY,
        kind=events.SET_ASIDE,
        detail={"letter": home_id},
        at=now,
    )
    for mail in owed:
        owe(connection, mail, letter_id=letter_id, occasion=str(attempt), now=now)


def _record(connection: sa.Connection, letter_id: int | None, kind: str, now: datetime) -> None:
    events.record(connection, letter_id=letter_id, actor="gateway", kind=kind, detail={}, at=now)

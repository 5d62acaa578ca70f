"""The claim: who works on a waiting letter, so that two people do not decide about one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.tables import accounts, claims, letters


class ClaimedByOther(Exception):
    """Somebody else works on this letter, and their time is not over."""

    code = "claimed"


@dataclass(frozen=True)
class Claim:
    """Who has a letter, and until when."""

    account_id: int
    name: str
    until: datetime


def claim(
    connection: sa.Connection, letter_id: int, account_id: int, *, now: datetime, length: timedelta
) -> Claim:
    """Claim a letter for an account, or return who has it.

    One's own claim begins anew; another's is taken over when its time is over, and never before.
    """
    # Two who come at once stand in line behind the letter's row.
    connection.execute(sa.select(letters.c.id).where(letters.c.id == letter_id).with_for_update())
    there = claimed(connection, letter_id, now=now)
    if there is not None and there.account_id != account_id:
        return there
    connection.execute(sa.delete(claims).where(claims.c.letter_id == letter_id))
    until = now + length
    connection.execute(
        sa.insert(claims).values(letter_id=letter_id, account_id=account_id, until=until)
    )
    name = connection.scalar(sa.select(accounts.c.name).where(accounts.c.id == account_id))
    return Claim(account_id, name or "", until)


def claimed(connection: sa.Connection, letter_id: int, *, now: datetime) -> Claim | None:
    """Return who has a letter, if anybody."""
    row = connection.execute(
        sa.select(claims.c.account_id, accounts.c.name, claims.c.until)
        .join(accounts, accounts.c.id == claims.c.account_id)
        .where(claims.c.letter_id == letter_id, claims.c.until > now)
    ).one_or_none()
    return None if row is None else Claim(*row)

"""A code for an address that we do not know: it stands in the receipt, or is asked for on the page.

The one in the receipt holds for a day: mail is late, and read later. One that the page sends stands
beside it, so that nobody else can take the receipt's away by asking for another.

What is done and said is the same whether a letter of that address waits or not: each search, row
and answer is made for both. The mail that brings the first code goes out before any browser is
there, so the digest has no key that is kept nowhere: whoever reads this table and tries a million
codes within the time that one holds could read it in the outbox as well.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Sending
from portal import confirmation, events, six_digits
from portal.postbox import owe
from portal.tables import address_codes as codes
from portal.tables import address_tries as tries

_PURPOSE = "address"
_AN_HOUR = timedelta(hours=1)
_KEPT = timedelta(days=1)
_MAILED_HOLDS = timedelta(days=1)
_MAILED_TRIES = 20  # of everybody: who does not have it must not use it up at once


class TooManyTries(Exception):
    """So many codes were typed for the address, or from the network, within the hour."""

    code = "too_many_tries"


def ask(
    connection: sa.Connection, letter_id: int, email: str, *, sending: Sending, now: datetime
) -> str | None:
    """Return the code that a letter's receipt asks its address to confirm by, or None.

    None where the address was asked within a day.
    """
    if not confirmation.expect(connection, letter_id, email, now=now):
        return None
    return _drawn(connection, email, None, sending, now, is_mailed=True)[1]


def send(
    connection: sa.Connection,
    email: str,
    *,
    sending: Sending,
    organisation: str,
    network: str | None,
    now: datetime,
) -> None:
    """Owe the address another code if a letter of it waits. Raises TooManyCodes, whoever it was."""
    six_digits.throttle(connection, email, network, sending, now)
    waits = confirmation.is_waiting(connection, email)
    code_id, digits = _drawn(connection, email, network, sending, now)
    if not waits:
        events.record(
            connection,
            letter_id=None,
            actor=events.SENDER,
            kind=events.ACCESS_REFUSED,
            detail={},
            at=now,
        )
        return
    where = f"the page on which you confirm what you sent to {organisation}"
    mail = six_digits.mail(email, digits, where, sending.code_minutes)
    owe(connection, mail, letter_id=None, occasion=f"address:{code_id}", now=now)


def throttle(
    connection: sa.Connection, email: str, network: str | None, sending: Sending, now: datetime
) -> None:
    """Raise TooManyTries where no more may be typed: as many as an hour's codes have tries.

    Those for an address are counted by the network that they come from, so that nobody elsewhere
    shuts out who has the code.
    """

    def typed(*of: sa.ColumnElement[bool]) -> int:
        counted = sa.select(sa.func.count()).where(tries.c.at > now - _AN_HOUR, *of)
        return connection.scalar(counted) or 0

    of_address = typed(tries.c.email == email, tries.c.network == network)
    of_network = typed(tries.c.network == network)
    if (
        of_address >= sending.codes_an_hour * sending.code_tries
        or of_network >= sending.codes_an_hour_of_a_network * sending.code_tries
    ):
        raise TooManyTries


def enter(
    connection: sa.Connection,
    email: str,
    network: str | None,
    typed: str,
    *,
    sending: Sending,
    now: datetime,
) -> int | None:
    """Return the code of an address that was typed; it is not used up by that.

    None where it is another or none, has run out, or was tried too often. That is counted in the
    caller's transaction, whether or not there is a code, and which of these it was is told nobody.
    """
    # Counted before it is looked at, the right one too: of many at once none is beyond the number.
    most = sa.case((codes.c.is_mailed, _MAILED_TRIES), else_=sending.code_tries)
    live = connection.execute(
        sa.update(codes)
        .where(
            codes.c.email == email,
            codes.c.used_at.is_(None),
            codes.c.expires_at > now,
            codes.c.tries < most,
        )
        .values(tries=codes.c.tries + 1)
        .returning(codes.c.id, codes.c.digest)
    ).all()
    given = six_digits.digest(_PURPOSE, email, typed)
    right = [row.id for row in live if hmac.compare_digest(row.digest, given)]
    if right:
        return int(right[0])
    connection.execute(sa.insert(tries).values(email=email, network=network, at=now))
    return None


def use(connection: sa.Connection, code_id: int, *, now: datetime) -> None:
    """Use a code up, in the transaction that has found it."""
    connection.execute(sa.update(codes).where(codes.c.id == code_id).values(used_at=now))


def sweep(connection: sa.Connection, *, now: datetime) -> int:
    """Remove codes and tries that count no longer. Return how many went."""
    gone = connection.execute(sa.delete(codes).where(codes.c.made_at <= now - _KEPT)).rowcount
    return gone + connection.execute(sa.delete(tries).where(tries.c.at <= now - _KEPT)).rowcount


def _drawn(
    connection: sa.Connection,
    email: str,
    network: str | None,
    sending: Sending,
    now: datetime,
    *,
    is_mailed: bool = False,
) -> tuple[int, str]:
    """Draw a code, which takes the place of the one before of its kind."""
    before = sa.update(codes).where(
        codes.c.email == email, codes.c.used_at.is_(None), codes.c.is_mailed == is_mailed
    )
    connection.execute(before.values(used_at=now))
    digits = six_digits.drawn()
    holds = _MAILED_HOLDS if is_mailed else timedelta(minutes=sending.code_minutes)
    code_id = connection.execute(
        sa.insert(codes)
        .values(
            email=email,
            network=network,
            digest=six_digits.digest(_PURPOSE, email, digits),
            made_at=now,
            expires_at=now + holds,
            tries=0,
            is_mailed=is_mailed,
        )
        .returning(codes.c.id)
    ).scalar_one()
    return code_id, digits

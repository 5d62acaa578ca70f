"""A code for an address that we do not know: it stands in the receipt, or is asked for on the page.

What is done and said is the same whether a letter of that address waits or not: each search, row
and answer is made for both. The mail that brings the first code goes out before any browser is
there, so the digest has no key that is kept nowhere: whoever reads this table and tries a million
codes within the minutes that one holds could read it in the outbox as well.
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
    return _drawn(connection, email, None, sending, now)[1]


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
    """Raise TooManyTries where no more may be typed: as many as an hour's codes have tries."""

    def typed(column: str, value: str | None) -> int:
        counted = sa.select(sa.func.count()).where(
            tries.c.at > now - _AN_HOUR, tries.c[column] == value
        )
        return connection.scalar(counted) or 0

    of_address, of_network = typed("email", email), typed("network", network)
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
    row = connection.execute(
        sa.select(codes.c.id, codes.c.digest)
        .where(
            codes.c.email == email,
            codes.c.used_at.is_(None),
            codes.c.expires_at > now,
            codes.c.tries < sending.code_tries,
        )
        .order_by(codes.c.id.desc())
        .limit(1)
    ).one_or_none()
    kept = "" if row is None else row.digest
    if hmac.compare_digest(kept, six_digits.digest(_PURPOSE, email, typed)) and row is not None:
        return int(row.id)
    of_row = codes.c.id == (0 if row is None else row.id)
    connection.execute(sa.update(codes).where(of_row).values(tries=codes.c.tries + 1))
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
    connection: sa.Connection, email: str, network: str | None, sending: Sending, now: datetime
) -> tuple[int, str]:
    """Draw a code, which takes the place of the one before."""
    before = sa.update(codes).where(codes.c.email == email, codes.c.used_at.is_(None))
    connection.execute(before.values(used_at=now))
    digits = six_digits.drawn()
    code_id = connection.execute(
        sa.insert(codes)
        .values(
            email=email,
            network=network,
            digest=six_digits.digest(_PURPOSE, email, digits),
            made_at=now,
            expires_at=now + timedelta(minutes=sending.code_minutes),
            tries=0,
        )
        .returning(codes.c.id)
    ).scalar_one()
    return code_id, digits

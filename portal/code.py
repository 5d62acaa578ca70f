"""A code: six digits that are sent to an address, and typed by whoever can read what comes there.

It is kept as a digest under the browser's own token, which is kept nowhere: whoever reads this
table alone cannot try the million codes there are. Opening a link proves nothing (mail scanners do
that), so there is none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Sending
from portal import draft as drafting
from portal.draft import Draft
from portal.postbox import Owed, owe
from portal.tables import codes

KIND = "code"
_AN_HOUR = timedelta(hours=1)
_DIGITS = 6
WRONG = "code_wrong"
USED_UP = "code_used_up"


class TooManyCodes(Exception):
    """So many were sent to the address, or asked for from the network, within the hour."""

    code = "too_many_codes"


@dataclass(frozen=True)
class Waiting:
    """A code that was sent and not typed yet."""

    email: str
    made_at: datetime


def send(
    connection: sa.Connection,
    draft: Draft,
    token: str,
    *,
    sending: Sending,
    organisation: str,
    network: str | None,
    now: datetime,
) -> None:
    """Owe the address of a draft a new code, which takes the place of the one before.

    `token` is that of the browser's cookie. Raises TooManyCodes.
    """
    email = draft.fields["email"]
    _throttle(connection, email, network, sending, now)
    connection.execute(
        sa.update(codes)
        .where(codes.c.draft_id == draft.id, codes.c.used_at.is_(None))
        .values(used_at=now)
    )
    digits = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    written = connection.execute(
        sa.insert(codes).values(
            draft_id=draft.id,
            email=email.casefold(),
            network=network,
            digest=_digest(token, digits),
            made_at=now,
            expires_at=now + timedelta(minutes=sending.code_minutes),
            tries=0,
        )
    )
    (number,) = written.inserted_primary_key or (0,)
    owe(
        connection,
        _mail(email, f"{digits[:3]} {digits[3:]}", organisation, sending.code_minutes),
        letter_id=None,
        occasion=str(number),
        now=now,
    )


def waiting(connection: sa.Connection, draft: Draft, *, now: datetime) -> Waiting | None:
    """Return the code that the draft waits for, or None."""
    row = connection.execute(sa.select(codes).where(*_holds(draft, now))).one_or_none()
    return None if row is None else Waiting(draft.fields["email"], row.made_at)


def enter(
    connection: sa.Connection,
    draft: Draft,
    token: str,
    typed: str,
    *,
    sending: Sending,
    now: datetime,
) -> str | None:
    """Compare what was typed, prove the draft's address by it, and use the code up.

    Return None, or the problem's code of the catalogue: a wrong try is counted in the caller's
    transaction, which a fault would roll back.
    """
    row = connection.execute(sa.select(codes).where(*_holds(draft, now))).one_or_none()
    if row is None or row.tries >= sending.code_tries:
        return USED_UP
    digits = re.sub(r"[\s-]", "", typed)
    if not hmac.compare_digest(row.digest, _digest(token, digits)):
        tries = row.tries + 1
        used_at = now if tries >= sending.code_tries else None
        connection.execute(
            sa.update(codes).where(codes.c.id == row.id).values(tries=tries, used_at=used_at)
        )
        return WRONG if used_at is None else USED_UP
    connection.execute(sa.update(codes).where(codes.c.id == row.id).values(used_at=now))
    drafting.prove(connection, draft.id, now=now)
    return None


def _holds(draft: Draft, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    # The address as well: a code for the one that was there before proves nothing of this one.
    return (
        codes.c.draft_id == draft.id,
        codes.c.email == draft.fields.get("email", "").casefold(),
        codes.c.used_at.is_(None),
        codes.c.expires_at > now,
    )


def _throttle(
    connection: sa.Connection, email: str, network: str | None, sending: Sending, now: datetime
) -> None:
    def sent(*of: sa.ColumnElement[bool]) -> int:
        count = sa.select(sa.func.count()).where(codes.c.made_at > now - _AN_HOUR, *of)
        return connection.scalar(count) or 0

    if sent(codes.c.email == email.casefold()) >= sending.codes_an_hour:
        raise TooManyCodes
    most = sending.codes_an_hour_of_a_network
    if network is not None and sent(codes.c.network == network) >= most:
        raise TooManyCodes


def _digest(token: str, digits: str) -> str:
    return hmac.new(token.encode(), b"code " + digits.encode(), hashlib.sha256).hexdigest()


def _mail(email: str, digits: str, organisation: str, minutes: int) -> Owed:
    return Owed(
        kind=KIND,
        recipient=email,
        subject=f"{digits} is your code",
        text=(
            f"Your code: {digits}\n\n"
            f"Enter it on the page on which you are sending documents to {organisation}. It holds"
            f" for {minutes} minutes, and once.\n\n"
            "We never ask for it by phone. You have not asked for a code? Then somebody wrote your"
            " address by mistake, and you do not need to do anything.\n"
        ),
    )

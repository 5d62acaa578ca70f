"""A code for one letter: whoever reads the mail of its sender may open the sender's page.

What is done and said is the same whether there is such a letter or not, or the address is another:
each is one search, one row and one more, which is either a mail or a refusal in the audit trail.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Sending
from portal import events
from portal.code import KIND, USED_UP, WRONG, TooManyCodes
from portal.postbox import Owed, owe
from portal.tables import letter_codes as codes
from portal.tables import letters

HOLDS_FOR = timedelta(hours=24)
_AN_HOUR = timedelta(hours=1)


def send(
    connection: sa.Connection,
    receipt: str,
    email: str,
    token: str,
    *,
    sending: Sending,
    organisation: str,
    network: str | None,
    now: datetime,
) -> None:
    """Owe the address a code if it sent the letter. Raises TooManyCodes, whoever it was."""
    email = email.strip().casefold()
    _throttle(connection, email, network, sending, now)
    connection.execute(
        sa.update(codes).where(*_of(receipt, token), codes.c.used_at.is_(None)).values(used_at=now)
    )
    letter_id = connection.scalar(
        sa.select(letters.c.id).where(
            letters.c.receipt == receipt,
            letters.c.sender != "",  # the null sender is nobody's address
            sa.func.lower(letters.c.sender) == email,
        )
    )
    digits = f"{secrets.randbelow(1_000_000):06}"
    code_id = connection.execute(
        sa.insert(codes)
        .values(
            receipt=receipt,
            letter_id=letter_id,
            email=email,
            network=network,
            token_sha256=_sha256(token),
            digest=_digest(token, digits),
            made_at=now,
            expires_at=now + timedelta(minutes=sending.code_minutes),
            tries=0,
        )
        .returning(codes.c.id)
    ).scalar_one()
    if letter_id is None:
        events.record(
            connection,
            letter_id=None,
            actor=events.SENDER,
            kind=events.ACCESS_REFUSED,
            detail={},
            at=now,
        )
        return
    mail = _mail(email, f"{digits[:3]} {digits[3:]}", organisation, sending.code_minutes)
    owe(connection, mail, letter_id=None, occasion=f"letter:{code_id}", now=now)


def enter(
    connection: sa.Connection,
    receipt: str,
    token: str,
    typed: str,
    *,
    sending: Sending,
    now: datetime,
) -> str | None:
    """Compare what was typed and give the browser its right. Return None or a problem's code."""
    row = connection.execute(
        sa.select(codes).where(
            *_of(receipt, token), codes.c.used_at.is_(None), codes.c.expires_at > now
        )
    ).one_or_none()
    if row is None or row.tries >= sending.code_tries:
        return USED_UP
    same = hmac.compare_digest(row.digest, _digest(token, re.sub(r"[\s-]", "", typed)))
    if same and row.letter_id is not None:
        values: dict[str, object] = {"used_at": now, "proven_at": now}
    else:
        over = row.tries + 1 >= sending.code_tries
        values = {"tries": row.tries + 1, "used_at": now if over else None}
    connection.execute(sa.update(codes).where(codes.c.id == row.id).values(values))
    if "proven_at" in values:
        return None
    return WRONG if values["used_at"] is None else USED_UP


def may_open(connection: sa.Connection, receipt: str, token: str, *, now: datetime) -> bool:
    """Say whether the browser has shown within a day that the letter is its sender's."""
    found = sa.select(codes.c.id).where(
        *_of(receipt, token), codes.c.letter_id.is_not(None), codes.c.proven_at > now - HOLDS_FOR
    )
    return connection.execute(found.limit(1)).first() is not None


def _of(receipt: str, token: str) -> tuple[sa.ColumnElement[bool], ...]:
    return codes.c.receipt == receipt, codes.c.token_sha256 == _sha256(token)


def _throttle(
    connection: sa.Connection, email: str, network: str | None, sending: Sending, now: datetime
) -> None:
    def asked(of: sa.ColumnElement[bool]) -> int:
        count = sa.select(sa.func.count()).where(codes.c.made_at > now - _AN_HOUR, of)
        return connection.scalar(count) or 0

    if asked(codes.c.email == email) >= sending.codes_an_hour:
        raise TooManyCodes
    most = sending.codes_an_hour_of_a_network
    if network is not None and asked(codes.c.network == network) >= most:
        raise TooManyCodes


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _digest(token: str, digits: str) -> str:
    return hmac.new(token.encode(), b"letter " + digits.encode(), hashlib.sha256).hexdigest()


def _mail(email: str, digits: str, organisation: str, minutes: int) -> Owed:
    return Owed(
        kind=KIND,
        recipient=email,
        subject=f"{digits} is your code",
        text=(
            f"Your code: {digits}\n\n"
            f"Enter it on the page of what you sent to {organisation}. It holds for {minutes}"
            " minutes, and once.\n\n"
            "We never ask for it by phone. You have not asked for a code? Then you do not need to"
            " do anything.\n"
        ),
    )

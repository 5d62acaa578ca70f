"""A code for one letter: who reads the mail that its receipt goes to opens the sender's page.

What is done and said is the same whether there is such a letter or not, or the address is another:
each is one search, one row and one more, which is either a mail or a refusal in the audit trail.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Sending
from portal import events, six_digits
from portal.postbox import owe
from portal.rights import is_told
from portal.six_digits import USED_UP, WRONG
from portal.tables import letter_codes as codes
from portal.tables import letters, outbox

HOLDS_FOR = timedelta(hours=24)
_PURPOSE = "letter"


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
    """Owe the address a code if the letter's receipt goes there.

    Raises TooManyCodes, whoever it was.
    """
    email = email.strip().lower()
    six_digits.throttle(connection, email, network, sending, now)
    connection.execute(
        sa.update(codes).where(*_of(receipt, token), codes.c.used_at.is_(None)).values(used_at=now)
    )
    told = connection.execute(
        sa.select(letters.c.id, outbox.c.recipient)
        .where(letters.c.receipt == receipt, is_told(email))
        .limit(1)
    ).one_or_none()
    digits = six_digits.drawn()
    code_id = connection.execute(
        sa.insert(codes)
        .values(
            receipt=receipt,
            letter_id=None if told is None else told.id,
            email=email,
            network=network,
            token_sha256=_sha256(token),
            digest=six_digits.digest(_PURPOSE, token, digits),
            made_at=now,
            expires_at=now + timedelta(minutes=sending.code_minutes),
            tries=0,
        )
        .returning(codes.c.id)
    ).scalar_one()
    if told is None:
        _refused(connection, None, now)
        return
    where = f"the page of what you sent to {organisation}"
    mail = six_digits.mail(told.recipient, digits, where, sending.code_minutes)
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
    """Compare what was typed and give the browser its right. Return None or a problem's code.

    A wrong try is counted in the caller's transaction, and recorded.
    """
    row = connection.execute(
        sa.select(codes).where(
            *_of(receipt, token), codes.c.used_at.is_(None), codes.c.expires_at > now
        )
    ).one_or_none()
    if row is None or row.tries >= sending.code_tries:
        return USED_UP
    same = hmac.compare_digest(row.digest, six_digits.digest(_PURPOSE, token, typed))
    this = sa.update(codes).where(codes.c.id == row.id)
    if same and row.letter_id is not None:
        connection.execute(this.values(used_at=now, proven_at=now))
        return None
    tries = row.tries + 1
    used_at = now if tries >= sending.code_tries else None
    connection.execute(this.values(tries=tries, used_at=used_at))
    _refused(connection, row.letter_id, now)
    return WRONG if used_at is None else USED_UP


def may_open(connection: sa.Connection, receipt: str, token: str, *, now: datetime) -> bool:
    """Say whether the browser has shown within a day that the letter is its sender's."""
    found = sa.select(codes.c.id).where(
        *_of(receipt, token), codes.c.letter_id.is_not(None), codes.c.proven_at > now - HOLDS_FOR
    )
    return connection.execute(found.limit(1)).first() is not None


def _of(receipt: str, token: str) -> tuple[sa.ColumnElement[bool], ...]:
    return codes.c.receipt == receipt, codes.c.token_sha256 == _sha256(token)


def _refused(connection: sa.Connection, letter_id: int | None, now: datetime) -> None:
    events.record(
        connection,
        letter_id=letter_id,
        actor=events.SENDER,
        kind=events.ACCESS_REFUSED,
        detail={},
        at=now,
    )


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""A code: six digits that are sent to an address, and typed by whoever can read what comes there.

It is kept as a digest under the browser's own token, which is kept nowhere: whoever reads this
table alone cannot try the million codes there are. Opening a link proves nothing (mail scanners do
that), so there is none.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Sending
from portal import draft as drafting
from portal import six_digits
from portal.draft import Draft
from portal.postbox import owe
from portal.six_digits import USED_UP, WRONG
from portal.tables import codes

_PURPOSE = "code"


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
    six_digits.throttle(connection, email.casefold(), network, sending, now)
    connection.execute(
        sa.update(codes)
        .where(codes.c.draft_id == draft.id, codes.c.used_at.is_(None))
        .values(used_at=now)
    )
    digits = six_digits.drawn()
    written = connection.execute(
        sa.insert(codes).values(
            draft_id=draft.id,
            email=email.casefold(),
            network=network,
            digest=six_digits.digest(_PURPOSE, token, digits),
            made_at=now,
            expires_at=now + timedelta(minutes=sending.code_minutes),
            tries=0,
        )
    )
    (number,) = written.inserted_primary_key or (0,)
    owe(
        connection,
        six_digits.mail(
            email,
            digits,
            f"the page on which you are sending documents to {organisation}",
            sending.code_minutes,
        ),
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
    if not hmac.compare_digest(row.digest, six_digits.digest(_PURPOSE, token, typed)):
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

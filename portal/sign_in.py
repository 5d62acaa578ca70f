"""Signing in: one-time links, and the sessions that they open. Tokens are kept as SHA-256 alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.database import Database
from portal.rights import Role
from portal.tables import accounts, cases, consultants, sessions, sign_in_links

LONGEST_SESSION = timedelta(hours=24)
"""A session ends then, however busy (OWASP ASVS 5.0, 7.3.2)."""

_TOKEN_BYTES = 32
_SAMPLE_OPERATIONS: dict[str, object] = {
    "email": "operations@casebridge.example",
    "name": "Olu Adeyemi",
    "role": "operations",
    "consultant_id": None,
}
# A page view writes the time of activity only when the last one is this old.
_TOUCH_AFTER = timedelta(minutes=1)


class LinkGone(Exception):
    """The link was used, has run out or never was: the answer to all three is the same."""


class NoSession(Exception):
    """There is no such session, or it has ended."""


@dataclass(frozen=True)
class Account:
    """Somebody who can sign in."""

    id: int
    name: str
    email: str
    role: Role


@dataclass(frozen=True)
class Opened:
    """A session that was just opened: `token` is for the cookie and kept nowhere."""

    token: str
    account_id: int


@dataclass(frozen=True)
class Session:
    """A session that holds, and the token that its forms must bring back."""

    account_id: int
    csrf: str
    token_sha256: str

    def wrote(self, csrf: str) -> bool:
        """Say whether a form came from a page of this session, in constant time."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


def new_token() -> str:
    """Make a secret of 256 bits, safe in a URL, a cookie and a form."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def sample_accounts(database: Database) -> tuple[Account, ...]:
    """Return the accounts to try the pages with, made where they are missing.

    The consultant with the most cases, where the directory names one, and somebody of operations.
    """
    busiest = (
        sa.select(consultants.c.id, consultants.c.email, consultants.c.name)
        .outerjoin(cases, cases.c.consultant_id == consultants.c.id)
        .group_by(consultants.c.id, consultants.c.email, consultants.c.name)
        .order_by(sa.func.count(cases.c.id).desc(), consultants.c.id)
        .limit(1)
    )
    with database.write() as connection:
        wanted = [
            {"email": row.email, "name": row.name, "role": "consultant", "consultant_id": row.id}
            for row in connection.execute(busiest)
        ]
        wanted.append(_SAMPLE_OPERATIONS)
        for one in wanted:
            there = sa.select(accounts.c.id).where(accounts.c.email == one["email"])
            if connection.scalar(there) is None:
                connection.execute(sa.insert(accounts).values(one))
        rows = connection.execute(
            sa.select(accounts)
            .where(accounts.c.email.in_([one["email"] for one in wanted]))
            .order_by(accounts.c.role, accounts.c.id)
        )
        return tuple(Account(row.id, row.name, row.email, row.role) for row in rows)


def new_link(database: Database, account_id: int, *, now: datetime, minutes: int) -> str:
    """Make a one-time link for an account and return its token, which is kept nowhere.

    Its address is `/sign-in/{token}` behind `service.base_url`.
    """
    token = new_token()
    with database.write() as connection:
        connection.execute(
            sa.insert(sign_in_links).values(
                token_sha256=_sha256(token),
                account_id=account_id,
                expires_at=now + timedelta(minutes=minutes),
            )
        )
    return token


def offered_to(connection: sa.Connection, token: str, *, now: datetime) -> str:
    """Return the name of the account that a link is for, without using it up. Raises LinkGone."""
    name: str | None = connection.scalar(
        sa.select(accounts.c.name)
        .join(sign_in_links, sign_in_links.c.account_id == accounts.c.id)
        .where(*_holds(token, now))
    )
    if name is None:
        raise LinkGone
    return name


def redeem(
    connection: sa.Connection, token: str, *, now: datetime, instead_of: str | None
) -> Opened:
    """Use a link up and open a session, which takes the place of the one whose token is given.

    Of any number of callers at the same time one succeeds; the others get LinkGone.
    """
    account_id = connection.scalar(
        sa.update(sign_in_links)
        .where(*_holds(token, now))
        .values(used_at=now)
        .returning(sign_in_links.c.account_id)
    )
    if account_id is None:
        raise LinkGone
    if instead_of is not None:
        end(connection, instead_of)
    opened = Opened(token=new_token(), account_id=account_id)
    connection.execute(
        sa.insert(sessions).values(
            token_sha256=_sha256(opened.token),
            account_id=account_id,
            csrf=new_token(),
            started_at=now,
            seen_at=now,
        )
    )
    return opened


def session(
    connection: sa.Connection, token: str, *, now: datetime, idle: timedelta
) -> tuple[Session, bool]:
    """Return the session of a cookie, and whether `touch` is due. Raises NoSession."""
    row = connection.execute(
        sa.select(sessions).where(
            sessions.c.token_sha256 == _sha256(token),
            sessions.c.seen_at > now - idle,
            sessions.c.started_at > now - LONGEST_SESSION,
        )
    ).one_or_none()
    if row is None:
        raise NoSession
    found = Session(account_id=row.account_id, csrf=row.csrf, token_sha256=row.token_sha256)
    return found, now - row.seen_at >= min(_TOUCH_AFTER, idle / 2)


def touch(connection: sa.Connection, session: Session, *, now: datetime) -> None:
    """Note that a session is in use: its time without activity starts anew."""
    connection.execute(
        sa.update(sessions)
        .where(sessions.c.token_sha256 == session.token_sha256)
        .values(seen_at=now)
    )


def end(connection: sa.Connection, token: str) -> None:
    """End the session of a cookie. Does nothing where there is none."""
    connection.execute(sa.delete(sessions).where(sessions.c.token_sha256 == _sha256(token)))


def sweep(connection: sa.Connection, *, now: datetime, idle: timedelta) -> int:
    """Remove the sessions and links that hold no longer. Return how many went."""
    gone = connection.execute(
        sa.delete(sessions).where(
            sa.or_(sessions.c.seen_at <= now - idle, sessions.c.started_at <= now - LONGEST_SESSION)
        )
    ).rowcount
    gone += connection.execute(
        sa.delete(sign_in_links).where(sign_in_links.c.expires_at <= now)
    ).rowcount
    return gone


def _holds(token: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        sign_in_links.c.token_sha256 == _sha256(token),
        sign_in_links.c.used_at.is_(None),
        sign_in_links.c.expires_at > now,
    )


def _sha256(token: str) -> str:
    # A plain digest is enough: the token is 256 random bits, so there is nothing to guess from.
    return hashlib.sha256(token.encode()).hexdigest()

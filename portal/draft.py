"""A draft: what somebody has typed and uploaded and not sent yet.

It is found again by the cookie of the browser that it was begun in, or by the account of whoever is
signed in: so it outlasts a closed browser, and a session that has run out. The cookie's token is
kept as its SHA-256 alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.tables import codes, drafts, letter_codes, letters, upload_link_drafts, uploads

_AN_HOUR = timedelta(hours=1)
_A_DAY = timedelta(days=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class NoDraft(Exception):
    """There is no draft that is theirs and not sent."""


class DraftChanged(Exception):
    """Another tab changes the draft again and again while it is being sent."""


class TooManyDrafts(Exception):
    """So many were begun from one network within the hour."""

    code = "too_many_drafts"


@dataclass(frozen=True)
class Owner:
    """Who asks: the token of their browser's cookie, the account that they are signed in with."""

    token: str | None
    account_id: int | None

    @property
    def token_sha256(self) -> str | None:
        """What is kept of the token; None where it has not the form of ours."""
        if self.token is None or not _TOKEN.fullmatch(self.token):
            return None
        # A plain digest is enough: 256 random bits, so there is nothing to guess from.
        return hashlib.sha256(self.token.encode()).hexdigest()


@dataclass(frozen=True)
class Draft:
    """One draft."""

    id: int
    account_id: int | None
    fields: Mapping[str, str]
    email_proven_at: datetime | None
    made_at: datetime
    touched_at: datetime
    token_sha256: str

    @property
    def is_proven(self) -> bool:
        """Whether we know whose it is: by their account, or by the address that they have."""
        return self.account_id is not None or self.email_proven_at is not None


def form_token(token: str) -> str:
    """Return what a form of the draft must bring back: nobody has it without the cookie."""
    return hmac.new(token.encode(), b"draft", hashlib.sha256).hexdigest()


def is_form_token(token: str | None, given: str) -> bool:
    """Say, in constant time, whether a form brings back what it must."""
    return token is not None and hmac.compare_digest(form_token(token).encode(), given.encode())


def theirs(owner: Owner) -> sa.ColumnElement[bool]:
    """Say in SQL which drafts are this owner's: sent ones are nobody's any more.

    A cookie opens a stranger's draft and that of the account that it was begun by, unless somebody
    else is signed in.
    """
    of_account = drafts.c.account_id == owner.account_id if owner.account_id else sa.false()
    of_token = drafts.c.token_sha256 == owner.token_sha256 if owner.token_sha256 else sa.false()
    if owner.account_id is not None:
        of_token = sa.and_(of_token, drafts.c.account_id.is_(None))
    return sa.and_(drafts.c.sent_at.is_(None), sa.or_(of_account, of_token))


def find(connection: sa.Connection, owner: Owner) -> Draft:
    """Return the draft that was touched last. Raises NoDraft."""
    row = connection.execute(
        sa.select(drafts)
        .where(theirs(owner))
        # Whoever signs in finds what they began just before, and not another one of long ago.
        .order_by(drafts.c.touched_at.desc(), drafts.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NoDraft
    return Draft(
        row.id,
        row.account_id,
        row.fields,
        row.email_proven_at,
        row.made_at,
        row.touched_at,
        row.token_sha256,
    )


@dataclass(frozen=True)
class Origin:
    """The network that somebody comes from, and how many drafts may begin there within an hour."""

    network: str
    most: int


def find_or_make(
    connection: sa.Connection, owner: Owner, *, now: datetime, origin: Origin | None = None
) -> Draft:
    """Return the owner's draft, made where there is none, and note that it is in use.

    A stranger's draft becomes the account's as soon as they are signed in. Raises NoDraft where
    the token has not our form, or is that of a draft which was sent or is somebody else's: then
    they need a new one. Raises TooManyDrafts.
    """
    try:
        found = find(connection, owner)
    except NoDraft:
        if owner.token_sha256 is None or _is_taken(connection, owner.token_sha256):
            raise
        if origin is not None:
            _throttle(connection, origin, now)
        connection.execute(
            sa.insert(drafts).values(
                token_sha256=owner.token_sha256,
                account_id=owner.account_id,
                fields={},
                made_at=now,
                touched_at=now,
                network=None if origin is None else origin.network,
            )
        )
        return find(connection, owner)
    if owner.account_id is not None and found.account_id is None:
        connection.execute(
            sa.update(drafts).where(drafts.c.id == found.id).values(account_id=owner.account_id)
        )
    touch(connection, found.id, now=now)
    return find(connection, owner)


def touch(connection: sa.Connection, draft_id: int, *, now: datetime) -> None:
    """Note that a draft is in use: the days that it is kept for start anew."""
    connection.execute(sa.update(drafts).where(drafts.c.id == draft_id).values(touched_at=now))


def write(
    connection: sa.Connection, draft_id: int, fields: Mapping[str, str], *, now: datetime
) -> None:
    """Keep what was typed, in the place of what was there.

    What was proven is the address that stood there: another one is not.
    """
    live = (drafts.c.id == draft_id, drafts.c.sent_at.is_(None))
    before = connection.execute(sa.select(drafts.c.fields).where(*live)).scalar() or {}
    values: dict[str, Any] = {"fields": dict(fields), "touched_at": now}
    if _address(before) != _address(fields):
        values["email_proven_at"] = None
    connection.execute(sa.update(drafts).where(*live).values(**values))


def _address(fields: Mapping[str, str]) -> str:
    return fields.get("email", "").strip().lower()


def prove(
    connection: sa.Connection, draft_id: int, *, now: datetime, since: datetime | None = None
) -> None:
    """Note that the address of a draft is its owner's: from now on, or `since` it was shown."""
    connection.execute(
        sa.update(drafts)
        .where(drafts.c.id == draft_id, drafts.c.sent_at.is_(None))
        .values(email_proven_at=since or now, touched_at=now)
    )


@dataclass(frozen=True)
class Sent:
    """A draft that was sent: when, as what, and what it said."""

    id: int
    sent_at: datetime
    receipt: str
    fields: Mapping[str, str]
    email_proven_at: datetime | None


def find_sent(connection: sa.Connection, owner: Owner) -> Sent:
    """Return what this browser has sent last by the token that it still has. Raises NoDraft.

    Of an account it is opened to nobody but whoever is signed in with it.
    """
    row = connection.execute(
        sa.select(
            drafts.c.id,
            drafts.c.sent_at,
            letters.c.receipt,
            drafts.c.fields,
            drafts.c.email_proven_at,
        )
        .join(letters, letters.c.id == drafts.c.letter_id)
        .where(
            drafts.c.sent_at.is_not(None),
            drafts.c.token_sha256 == owner.token_sha256,
            sa.or_(drafts.c.account_id.is_(None), drafts.c.account_id == owner.account_id),
        )
    ).one_or_none()
    if row is None:
        raise NoDraft
    return Sent(row.id, row.sent_at, row.receipt, row.fields, row.email_proven_at)


def is_free(connection: sa.Connection, owner: Owner) -> bool:
    """Say whether a draft can begin with the owner's token."""
    return owner.token_sha256 is not None and not _is_taken(connection, owner.token_sha256)


def sweep(connection: sa.Connection, *, now: datetime, days: int) -> int:
    """Remove the drafts that nobody has touched for so long, with their uploads and codes.

    Of files that did not come whole in time the row goes as well. What was sent stays. Returns how
    many rows went; the bytes are left to `portal.upload.clear` and the vault's own sweep.
    """
    old = sa.and_(drafts.c.sent_at.is_(None), drafts.c.touched_at <= now - timedelta(days=days))
    of_old = uploads.c.draft_id.in_(sa.select(drafts.c.id).where(old))
    late = sa.and_(
        uploads.c.sha256.is_(None),
        uploads.c.expires_at <= now,
        uploads.c.draft_id.in_(sa.select(drafts.c.id).where(drafts.c.sent_at.is_(None))),
    )
    gone = connection.execute(sa.delete(uploads).where(sa.or_(of_old, late))).rowcount
    gone += connection.execute(
        sa.delete(codes).where(
            sa.or_(
                codes.c.made_at <= now - _A_DAY,
                codes.c.draft_id.in_(sa.select(drafts.c.id).where(old)),
            )
        )
    ).rowcount
    connection.execute(
        sa.delete(upload_link_drafts).where(
            upload_link_drafts.c.draft_id.in_(sa.select(drafts.c.id).where(old))
        )
    )
    # Whose network it was is of no more use.
    connection.execute(
        sa.update(drafts)
        .where(drafts.c.network.is_not(None), drafts.c.made_at <= now - _A_DAY)
        .values(network=None)
    )
    of_letters = letter_codes.c.made_at <= now - 2 * _A_DAY  # a right lasts a day
    gone += connection.execute(sa.delete(letter_codes).where(of_letters)).rowcount
    return gone + connection.execute(sa.delete(drafts).where(old)).rowcount


def _throttle(connection: sa.Connection, origin: Origin, now: datetime) -> None:
    begun = connection.scalar(
        sa.select(sa.func.count()).where(
            drafts.c.network == origin.network, drafts.c.made_at > now - _AN_HOUR
        )
    )
    if (begun or 0) >= origin.most:
        raise TooManyDrafts


def _is_taken(connection: sa.Connection, token_sha256: str) -> bool:
    taken = sa.select(drafts.c.id).where(drafts.c.token_sha256 == token_sha256)
    return connection.execute(taken).first() is not None

"""The answer link: a held sender's way to the page that asks which case it is.

Kept as the SHA-256 of its token alone. Looking uses nothing up; an answer that is taken does.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal import events
from portal.decision import WAITING, Filing, decide, pending
from portal.tables import answer_links, letters
from portal.tables import events as trail

_AN_HOUR = timedelta(hours=1)


class AnswerLinkGone(Exception):
    """The link has run out, or never was: the answer to both is the same."""

    code = "link_expired"


class Settled(Exception):
    """The question was answered already, by this link or by staff."""

    code = "answer_settled"


class TooManyTries(Exception):
    """Too many wrong answers within the hour."""

    code = "too_many_tries"


@dataclass(frozen=True)
class Question:
    """What a link asks about."""

    letter_id: int
    receipt: str
    firm_id: int
    sender: str
    token_sha256: str


def sha256(token: str) -> str:
    """Return what is kept of a token: it is 256 random bits, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def form_token(token: str) -> str:
    """Return what the form of a link's page must bring back: nobody has it without the link."""
    return hmac.new(token.encode(), b"answer", hashlib.sha256).hexdigest()


def keep(
    connection: sa.Connection, letter_id: int, token_sha256: str, *, now: datetime, days: int
) -> None:
    """Keep a link, within the transaction that owes the mail with it."""
    connection.execute(
        sa.insert(answer_links).values(
            token_sha256=token_sha256,
            letter_id=letter_id,
            made_at=now,
            expires_at=now + timedelta(days=days),
        )
    )


def renew(connection: sa.Connection, letter_id: int, token: str, *, now: datetime) -> bool:
    """Give another link to the question of one that still holds, until that one's end.

    Return whether there is one: who was not asked by mail is asked nowhere else.
    """
    row = connection.execute(
        sa.select(answer_links.c.expires_at)
        .join(letters, letters.c.id == answer_links.c.letter_id)
        .where(
            answer_links.c.letter_id == letter_id,
            answer_links.c.used_at.is_(None),
            answer_links.c.expires_at > now,
            letters.c.state.in_(WAITING),
        )
        .order_by(answer_links.c.expires_at.desc())
        .limit(1)
    ).one_or_none()
    if row is None or pending(connection, letter_id) is not None:
        return False
    connection.execute(
        sa.insert(answer_links).values(
            token_sha256=sha256(token),
            letter_id=letter_id,
            made_at=now,
            expires_at=row.expires_at,
        )
    )
    return True


def is_open(connection: sa.Connection, letter_id: int, *, now: datetime) -> bool:
    """Say whether the sender of a letter has been asked, and may still answer."""
    live = sa.select(answer_links.c.token_sha256).where(
        answer_links.c.letter_id == letter_id,
        answer_links.c.used_at.is_(None),
        answer_links.c.expires_at > now,
    )
    return connection.execute(live.limit(1)).first() is not None


def asked(connection: sa.Connection, token: str, *, now: datetime) -> Question:
    """Return what a link asks, and use nothing up. Raises AnswerLinkGone and Settled."""
    row = connection.execute(
        sa.select(
            answer_links.c.letter_id,
            letters.c.receipt,
            letters.c.firm_id,
            letters.c.sender,
            letters.c.state,
            answer_links.c.used_at,
        )
        .join(letters, letters.c.id == answer_links.c.letter_id)
        .where(answer_links.c.token_sha256 == sha256(token), answer_links.c.expires_at > now)
    ).one_or_none()
    if row is None:
        raise AnswerLinkGone
    if row.used_at is not None or row.state not in WAITING or row.firm_id is None:
        raise Settled
    if pending(connection, row.letter_id) is not None:
        raise Settled
    return Question(row.letter_id, row.receipt, row.firm_id, row.sender, sha256(token))


def answer(
    connection: sa.Connection,
    question: Question,
    filings: tuple[Filing, ...],
    *,
    now: datetime,
    undo: timedelta,
) -> int:
    """Take an answer whose cases the firm guard has passed: use the link up, and decide.

    Raises Settled where another answer came first, and what `portal.decision.decide` raises.
    """
    used = connection.execute(
        sa.update(answer_links)
        .where(
            answer_links.c.token_sha256 == question.token_sha256,
            answer_links.c.used_at.is_(None),
            answer_links.c.expires_at > now,
        )
        .values(used_at=now)
    )
    if used.rowcount != 1:
        raise Settled
    return decide(
        connection,
        question.letter_id,
        "file",
        account_id=None,
        filings=filings,
        now=now,
        undo=undo,
    )


def refuse(connection: sa.Connection, question: Question, *, now: datetime) -> None:
    """Record an answer that was not taken: these are counted."""
    events.record(
        connection,
        letter_id=question.letter_id,
        actor=events.SENDER,
        kind=events.ANSWER_REFUSED,
        detail={},
        at=now,
    )


def throttle(connection: sa.Connection, question: Question, *, now: datetime, most: int) -> None:
    """Raise TooManyTries where so many answers about the letter were not taken within the hour."""
    tries = connection.scalar(
        sa.select(sa.func.count()).where(
            trail.c.letter_id == question.letter_id,
            trail.c.kind == events.ANSWER_REFUSED,
            trail.c.at > now - _AN_HOUR,
        )
    )
    if (tries or 0) >= most:
        raise TooManyTries


def sweep(connection: sa.Connection, *, now: datetime) -> int:
    """Remove the links that hold no longer. Return how many went."""
    return connection.execute(
        sa.delete(answer_links).where(answer_links.c.expires_at <= now)
    ).rowcount

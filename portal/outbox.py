"""The outbox as people read it: receipts, notices and digests, with what became of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from portal import rights
from portal.rights import Viewer
from portal.six_digits import KIND as CODE
from portal.six_digits import masked
from portal.tables import letters, outbox

PAGE_ROWS = 25

_ANSWER_LINK = re.compile(r"/answer/[\w-]+")
_COLUMNS = (
    outbox.c.id,
    outbox.c.letter_id,
    letters.c.receipt,
    outbox.c.kind,
    outbox.c.recipient,
    outbox.c.subject,
    outbox.c.text,
    outbox.c.html.is_not(None),
    outbox.c.not_before,
    outbox.c.tries,
    outbox.c.sent_at,
    outbox.c.withdrawn_at,
    outbox.c.failed_at,
    outbox.c.failure,
    outbox.c.digest_id,
)

Standing = Literal["sent", "came_back", "refused", "withdrawn", "in_digest", "tried", "waits"]


@dataclass(frozen=True)
class Mail:
    """One mail of ours. `letter_id` and `receipt` are None for a digest, which is about many."""

    id: int
    letter_id: int | None
    receipt: str | None
    kind: str
    recipient: str
    subject: str
    text: str
    has_html: bool
    not_before: datetime
    tries: int
    sent_at: datetime | None
    withdrawn_at: datetime | None
    failed_at: datetime | None
    failure: str | None  # codes of a reply or a report, or why it was withdrawn
    digest_id: int | None  # the mail that tells it

    @property
    def standing(self) -> Standing:
        """What became of it, the gravest first."""
        if self.failed_at is not None:
            return "refused" if self.sent_at is None else "came_back"
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.digest_id is not None:
            return "in_digest"
        if self.sent_at is not None:
            return "sent"
        return "tried" if self.tries else "waits"


@dataclass(frozen=True)
class Mails:
    """One page of the outbox."""

    rows: tuple[Mail, ...]
    total: int
    page: int
    pages: int
    failed: int  # on all pages: what somebody should be told in another way


def mails(connection: sa.Connection, viewer: Viewer, page: int) -> Mails:
    """Return a page of the mails about letters that the viewer may see, the newest first.

    A receipt names files and a case, so it is as closed as its letter; a digest is as closed as
    the most closed of its letters. A code is nobody's but its reader's: whoever could look it up
    here could prove anybody's address.
    """
    here = outbox.outerjoin(letters, letters.c.id == outbox.c.letter_id)
    seen = sa.and_(
        outbox.c.kind != CODE,
        sa.case(
            (outbox.c.letter_id.is_(None), outbox.c.id.not_in(_closed_digests(viewer))),
            else_=rights.visible(viewer),
        ),
    )

    def count(*which: sa.ColumnElement[bool]) -> int:
        asked = sa.select(sa.func.count()).select_from(here).where(seen, *which)
        return connection.scalar(asked) or 0

    total = count()
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(page, pages)
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .select_from(here)
        .where(seen)
        .order_by(outbox.c.id.desc())
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    failed = count(outbox.c.failed_at.is_not(None), outbox.c.digest_id.is_(None))
    return Mails(tuple(_mail(row) for row in rows), total, page, pages, failed)


def to_sender(connection: sa.Connection, letter_id: int, sender: str) -> tuple[Mail, ...]:
    """Return the mails to a letter's sender about it, the newest first.

    The caller has asked whether the viewer may see the letter.
    """
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .select_from(outbox.join(letters, letters.c.id == outbox.c.letter_id))
        .where(outbox.c.letter_id == letter_id, outbox.c.recipient == sender)
        .order_by(outbox.c.id.desc())
    )
    return tuple(_mail(row) for row in rows)


def _mail(row: sa.Row[*tuple[Any, ...]]) -> Mail:
    """Return a row as people read it: who reads a link or a code must not answer as the sender."""
    text = _ANSWER_LINK.sub("/answer/\N{HORIZONTAL ELLIPSIS}", row.text)
    return replace(Mail(*row), text=masked(text))


def _closed_digests(viewer: Viewer) -> sa.Select[tuple[int]]:
    """Return the digests that tell of a letter which the viewer may not see."""
    member, theirs = outbox.alias(), letters.alias()
    seen = sa.select(letters.c.id).where(rights.visible(viewer)).correlate(None)
    return (
        sa.select(member.c.digest_id)
        .join(theirs, theirs.c.id == member.c.letter_id)
        .where(member.c.digest_id.is_not(None), theirs.c.id.not_in(seen))
        .correlate(None)
    )

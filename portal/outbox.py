"""The outbox as people read it: receipts and notices, with what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal import rights
from portal.rights import Viewer
from portal.tables import letters, outbox

PAGE_ROWS = 25


@dataclass(frozen=True)
class Mail:
    """One receipt or notice."""

    letter_id: int
    receipt: str
    kind: str
    recipient: str
    subject: str
    text: str
    not_before: datetime
    tries: int
    sent_at: datetime | None


@dataclass(frozen=True)
class Mails:
    """One page of the outbox."""

    rows: tuple[Mail, ...]
    total: int
    page: int
    pages: int


def mails(connection: sa.Connection, viewer: Viewer, page: int) -> Mails:
    """Return a page of the mails about letters that the viewer may see, the newest first.

    A receipt names files and a case, so it is as closed as its letter.
    """
    seen = rights.visible(viewer)
    here = outbox.join(letters, letters.c.id == outbox.c.letter_id)
    total = connection.scalar(sa.select(sa.func.count()).select_from(here).where(seen)) or 0
    pages = max(1, -(-total // PAGE_ROWS))
    page = min(page, pages)
    rows = connection.execute(
        sa.select(
            outbox.c.letter_id,
            letters.c.receipt,
            outbox.c.kind,
            outbox.c.recipient,
            outbox.c.subject,
            outbox.c.text,
            outbox.c.not_before,
            outbox.c.tries,
            outbox.c.sent_at,
        )
        .select_from(here)
        .where(seen)
        .order_by(outbox.c.id.desc())
        .limit(PAGE_ROWS)
        .offset((page - 1) * PAGE_ROWS)
    )
    return Mails(tuple(Mail(*row) for row in rows), total, page, pages)

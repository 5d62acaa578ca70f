"""The receipt of a letter as it was mailed: the page and the PDF say the same, word for word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.six_digits import masked
from portal.tables import outbox

# What only the mail may hold: whoever has a copy of the receipt must not answer as the sender.
_OWN_LINK = re.compile(r"(/answer/|/send/with/)[\w-]+")
_OWN_HREF = re.compile(r'\shref="[^"]*(?:/answer/|/send/with/)[^"]*"')


@dataclass(frozen=True)
class MailedReceipt:
    """What its sender was told last."""

    subject: str
    text: str
    html: str | None
    at: datetime


def find(connection: sa.Connection, letter_id: int, *, now: datetime) -> MailedReceipt | None:
    """Return the last receipt of a letter; None before there is one.

    Its one-time links and its code are taken out. One that waits for its undo window to end has
    told nobody yet.
    """
    row = connection.execute(
        sa.select(outbox.c.subject, outbox.c.text, outbox.c.html, outbox.c.created_at)
        .where(
            outbox.c.letter_id == letter_id,
            outbox.c.kind == "receipt",
            outbox.c.withdrawn_at.is_(None),
            sa.or_(outbox.c.sent_at.is_not(None), outbox.c.tries > 0, outbox.c.not_before <= now),
        )
        .order_by(outbox.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    text = _OWN_LINK.sub("\\1\N{HORIZONTAL ELLIPSIS}", row.text)
    html = None if row.html is None else _OWN_HREF.sub("", row.html)
    return MailedReceipt(row.subject, masked(text), html and masked(html), row.created_at)

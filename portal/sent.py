"""What the sender sees: the mails to a letter's sender, exactly as they were or will be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.dossier import Dossier
from portal.tables import outbox


@dataclass(frozen=True)
class Sent:
    """One mail to the sender."""

    recipient: str
    subject: str
    text: str
    not_before: datetime
    sent_at: datetime | None
    withdrawn_at: datetime | None


def to_sender(connection: sa.Connection, letter: Dossier) -> tuple[Sent, ...]:
    """Return the mails to the letter's sender, the latest first."""
    rows = connection.execute(
        sa.select(
            outbox.c.recipient,
            outbox.c.subject,
            outbox.c.text,
            outbox.c.not_before,
            outbox.c.sent_at,
            outbox.c.withdrawn_at,
        )
        .where(outbox.c.letter_id == letter.letter_id, outbox.c.recipient == letter.sender)
        .order_by(outbox.c.id.desc())
    )
    return tuple(Sent(*row) for row in rows)

"""The postbox: where a mail that is owed is put into the outbox, in the caller's transaction."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from portal.prepared import Prepared
from portal.tables import outbox

_TOKEN_BYTES = 18
_RETURN_BYTES = 16  # in hexadecimal: an address comes back in lower case
_ONCE = ["letter_id", "kind", "recipient", "occasion"]
_INSERTS = {
    "sqlite": Prepared(lambda: sqlite.Insert(outbox).on_conflict_do_nothing(_ONCE)),
    "postgresql": Prepared(
        lambda: postgresql.Insert(outbox).on_conflict_do_nothing(index_elements=_ONCE)
    ),
}


@dataclass(frozen=True)
class Owed:
    """A mail that is owed: what it says, to whom, and what it answers."""

    kind: str
    recipient: str
    subject: str
    text: str
    in_reply_to: str | None = None
    html: str | None = None
    # Whether it is ours to begin, and no answer: then what comes back is matched to it.
    begun: bool = False
    suggested: str | None = None  # the case that it asks about, which a YES to it means


def owe(
    connection: sa.Connection,
    mail: Owed,
    *,
    letter_id: int | None,
    occasion: str,
    now: datetime,
    not_before: datetime | None = None,
) -> None:
    """Put a mail into the outbox, to be sent from `not_before` on (default: at once).

    The same letter, kind, recipient and `occasion` is owed once: a second time changes nothing.
    """
    values = {
        "letter_id": letter_id,
        "kind": mail.kind,
        "occasion": occasion,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "message_id": secrets.token_urlsafe(_TOKEN_BYTES),
        "in_reply_to": mail.in_reply_to,
        "suggested": mail.suggested,
        "return_token": secrets.token_hex(_RETURN_BYTES) if mail.begun else None,
        "created_at": now,
        "not_before": not_before or now,
        "tries": 0,
    }
    _INSERTS[connection.dialect.name].run(connection, values)

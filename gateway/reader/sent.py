"""Sent: when a message says that it was."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.reader.header import Header

_MOST_BYTES = 200
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


def sent_at(header: Header) -> str | None:
    """Return the moment in Date, in UTC as ISO 8601 has it, or None. Without a zone it is UTC."""
    value = header.first("date") or b""
    try:
        moment = parsedate_to_datetime(value[:_MOST_BYTES].decode("latin-1"))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # what the library is known to raise
        return None
    return moment.isoformat() if moment >= _OLDEST else None

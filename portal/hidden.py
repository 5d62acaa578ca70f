"""Hidden: which parts are out of sight, since their sender asks to delete them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.tables import document_erasures


def is_hidden(part_id: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Return the condition that the part of this id is hidden, and nobody has brought it back."""
    return sa.exists().where(
        document_erasures.c.part_id == part_id,
        document_erasures.c.hidden_at.is_not(None),
        document_erasures.c.shown_at.is_(None),
    )

"""Forwarding: that somebody of the staff passed on what a letter says, as the record keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal import rights, vocabulary
from portal.rights import Viewer
from portal.tables import letters, packages

_MOST = 5


@dataclass(frozen=True)
class Forwarding:
    """Who passed a message on and how, what they said, and whose it is by its address."""

    by: str
    address: str
    how: str  # a row of vocabulary.FORWARDS
    note: str
    dated: str  # when the inner message was sent, as it is written
    message_id: str | None  # of the inner message
    firm: str | None  # never proven

    @property
    def said(self) -> str:
        """Say `Forwarded by Dana Reyes, not proven`."""
        words = vocabulary.forwarded(self.by, self.how)
        return f"{words[:1].upper()}{words[1:]}"


def forwarding(kept: Mapping[str, Any] | None) -> Forwarding | None:
    """Read what a row of `packages` keeps; what a later release adds is passed over."""
    if kept is None:
        return None
    return Forwarding(
        by=kept["by"],
        address=kept["address"],
        how=kept["how"],
        note=kept["note"],
        dated=kept["dated"],
        message_id=kept["message_id"],
        firm=kept["firm"],
    )


def firm_of(firm: str | None, passed_on: Forwarding | None) -> str | None:
    """Name the firm of a letter: the proven one, else that of what was passed on, and say so."""
    if firm is not None or passed_on is None or passed_on.firm is None:
        return firm
    return f"{passed_on.firm}, not proven"


def came_directly(
    connection: sa.Connection, viewer: Viewer, letter_id: int, passed_on: Forwarding
) -> tuple[str, ...]:
    """Return the receipts of letters with the Message-ID of what was passed on: it came twice.

    Anybody can write a Message-ID, so nothing is set aside by it.
    """
    if passed_on.message_id is None:
        return ()
    query = (
        sa.select(letters.c.receipt)
        .join(packages, packages.c.letter_id == letters.c.id)
        .where(
            packages.c.message_id == passed_on.message_id,
            letters.c.id != letter_id,
            rights.visible(viewer),
        )
        .order_by(letters.c.id)
        .limit(_MOST)
    )
    return tuple(connection.scalars(query))

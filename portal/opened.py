"""Opened: whether anybody but its sender has looked into a document, by the audit trail."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from portal.events import (
    BINDER_DOWNLOADED,
    DOCUMENT_DOWNLOADED,
    DOCUMENT_VIEWED,
    JOINED,
    PACKAGE_DOWNLOADED,
    SENDER,
)
from portal.piece import Piece
from portal.tables import events

_Row = sa.Row[*tuple[Any, ...]]

_ALONE = (DOCUMENT_VIEWED, DOCUMENT_DOWNLOADED)
_WITH_OTHERS = (PACKAGE_DOWNLOADED, BINDER_DOWNLOADED)


def was_opened(connection: sa.Connection, letter_id: int, forms: Collection[Piece]) -> bool:
    """Say whether a document was opened, by itself or with others, in one of its forms.

    It is of the package of `letter_id`, and stands on the page of that letter and of the one that
    brought it there.
    """
    later = {piece.came_with for piece in forms if piece.came_with is not None}
    looked = sa.select(events.c.id, events.c.letter_id, events.c.detail).where(
        events.c.letter_id.in_((letter_id, *later)), events.c.actor != SENDER
    )
    own = {piece.id for piece in forms}
    alone = looked.where(
        events.c.kind.in_(_ALONE), events.c.detail["part"].as_integer().in_(sorted(own))
    )
    if connection.execute(alone.limit(1)).first() is not None:
        return True
    downloads = connection.execute(looked.where(events.c.kind.in_(_WITH_OTHERS))).all()
    return any(
        not own.isdisjoint(one.detail["parts"])
        if "parts" in one.detail
        else any(_may_hold(connection, one, piece) for piece in forms)
        for one in downloads
    )


def _may_hold(connection: sa.Connection, download: _Row, piece: Piece) -> bool:
    """Say whether a download may have held a document, where it is not written what it held.

    Before that was written it is taken for all that had come by then.
    """
    if piece.came_with in {None, download.letter_id}:
        return True
    joined = sa.select(events.c.id).where(
        events.c.letter_id == download.letter_id,
        events.c.kind == JOINED,
        events.c.detail["letter"].as_integer() == piece.came_with,
        events.c.id < download.id,
    )
    return connection.execute(joined.limit(1)).first() is not None

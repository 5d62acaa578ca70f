"""Found: a package by its receipt number, for those who may see it; a refusal is recorded."""

from __future__ import annotations

from portal import events, receipt_number
from portal.dossier import Dossier, NotThere, dossier
from portal.web.desk import Desk
from portal.web.visitor import Visitor


def look_up(desk: Desk, visitor: Visitor, receipt: str) -> Dossier:
    """Return the package with a receipt number as people write it.

    Raises NotThere where there is none or the visitor may not see it, and records that.
    """
    # What is no receipt number is looked for as well: no such letter is the same as no number.
    number = receipt_number.parsed(receipt) or ""
    try:
        with desk.database.read() as connection:
            return dossier(connection, visitor.viewer, number)
    except NotThere as fault:
        refuse(desk, visitor, fault.letter_id)
        raise


def refuse(desk: Desk, visitor: Visitor, letter_id: int | None) -> None:
    """Record that a visitor asked for what is not there, or what they may not see.

    Both write the same, so that neither takes longer.
    """
    with desk.database.write() as connection:
        events.record(
            connection,
            letter_id=letter_id,
            actor=visitor.actor,
            kind=events.ACCESS_REFUSED,
            detail={},
            at=desk.clock(),
        )

"""A firm's contacts: who hears of its letters beside their senders, and is asked in their place.

An address is the firm's own by its identifiers, as they are now: then it may read what its senders
may, and answer for them. Any other one reads counts; one that is another firm's reads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from portal.directory import identified
from portal.tables import firms


@dataclass(frozen=True)
class Contact:
    """An address that the directory names for a firm."""

    address: str
    is_firms: bool  # by an identifier of the firm


@dataclass(frozen=True)
class Contacts:
    """Where copies of a firm's receipts go, and who is asked where its senders do not answer."""

    copy: Contact | None = None
    second: Contact | None = None


NOBODY = Contacts()


def contacts_of(connection: sa.Connection, firm_id: int | None) -> Contacts:
    """Return the contacts of a firm; nobody's are nobody."""
    if firm_id is None:
        return NOBODY
    row = connection.execute(
        sa.select(firms.c.copy_address, firms.c.second_contact).where(firms.c.id == firm_id)
    ).one()
    copy, second = (_contact(connection, firm_id, address) for address in row)
    return Contacts(copy, second)


def is_firms(connection: sa.Connection, firm_id: int, address: str) -> bool:
    """Say whether an address in canonical form is a firm's own."""
    found = identified(connection, address)
    return found is not None and found.firm.id == firm_id


def _contact(connection: sa.Connection, firm_id: int, address: str | None) -> Contact | None:
    found = None if address is None else identified(connection, address)
    if address is None or (found is not None and found.firm.id != firm_id):
        return None
    return Contact(address, found is not None)

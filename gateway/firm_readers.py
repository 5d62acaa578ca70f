"""Firm readers: who of a firm reads its senders' mails beside them, and is asked in their place.

A firm is known only where its sender is proven, so of a stranger's letter, or rehearsal, nobody
else hears. A copy names what the receipt names where its address is the firm's own, by a way that
is private; else it counts. It begins a thread of its own, by a return path that answers nothing.
"""

from __future__ import annotations

from gateway.addressee import is_read
from gateway.road.package import Package
from portal.firm_contacts import Contact, Contacts


def copied_to(
    package: Package, contacts: Contacts, receipt_to: str | None, *, own_domain: str
) -> Contact | None:
    """Return who reads a copy of a package's receipt; nobody where they read the receipt itself.

    Without a receipt there is a copy of what a device has sent alone: else nobody would hear of it.
    Old mail is no news to the firm.
    """
    contact = contacts.copy
    envelope = package.letter.envelope
    is_device_of_nobody = package.device is not None and package.device.contact is None
    if contact is None or package.resolution.firm_id is None or envelope.is_imported:
        return None
    if receipt_to is None and not is_device_of_nobody:
        return None
    is_other = contact.address not in {receipt_to, envelope.sender, package.sender}
    return contact if is_other and is_read(contact.address, own_domain) else None


def asked_second(contacts: Contacts, asked_first: str | None, *, own_domain: str) -> Contact | None:
    """Return who is asked where the one who was asked does not answer."""
    contact = contacts.second
    if contact is None or contact.address == asked_first:
        return None
    return contact if is_read(contact.address, own_domain) else None

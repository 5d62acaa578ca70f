"""The addressee: to whom the sender's mails about a letter go, or why nobody is told."""

from __future__ import annotations

from gateway.letter import Proof
from gateway.reader.sender import is_machine
from gateway.road.package import Package
from gateway.road.sender import is_aligned, is_of_one_domain


def receipt_goes_to(package: Package, *, own_domain: str) -> str | None:
    """Return whom the receipt goes to: the envelope's sender, an aligned From, or nobody.

    A device reads nothing: its contact hears in its place, where one is listed, whatever the device
    says of itself. Nobody is told about a quiet letter, the null sender, what a machine wrote
    (RFC 3834, 2), an address that a machine reads, or one of our own: two gateways would never
    stop. One of our own people who passes a message on is told: of a mail of ours nothing is. Nor
    about a letter whose From and envelope disagree: there proof has failed (safety rule 4), and one
    of the two has nothing to do with the letter. Nor where the domain in From asks to
    be wary of what neither SPF nor DKIM speak for. Without any proof nothing has failed yet: a
    sender whose From agrees reads counts, and silence would hide from an honest one that the letter
    waits. Where From is nobody's, there is nothing to disagree with. Where From is proven and the
    envelope is of another domain, a mailing service's or that of whoever sends a signed message on,
    From hears. An imported message has no envelope, and its From hears where it is a firm's that is
    known. Of what was passed on the forwarder alone hears, and of a journal nobody. Nor does
    anybody hear of what repeats the letters before it (gateway/replies/repeats.py).
    """
    envelope = package.letter.envelope
    goes_to = envelope.sender
    if package.forwarded is not None and goes_to:
        goes_to = package.forwarded.address
    if envelope.door == "import" and package.resolution.firm_id is not None:
        goes_to = package.sender or ""
    domain = goes_to.lower().rpartition("@")[2]
    is_ours = domain == own_domain.lower() and not _forwards(package, goes_to)
    if envelope.quiet or package.repeats or not goes_to or is_ours:
        return None
    if package.device is not None:
        contact = package.device.contact
        return None if contact is None or _is_disowned(package) else _if_read(contact, own_domain)
    if package.automatic:
        return None
    if envelope.proof.is_of_from and package.sender is not None:
        goes_to = goes_to if is_of_one_domain(package.sender, envelope) else package.sender
    if _is_disowned(package):
        return None
    return goes_to if _forwards(package, goes_to) else _if_read(goes_to, own_domain)


def _forwards(package: Package, address: str) -> bool:
    """Say whether an address is that of who passed a message on, a person in our domain too."""
    return package.forwarded is not None and package.forwarded.address == address


def is_read(address: str, own_domain: str) -> bool:
    """Say whether a person elsewhere reads an address, as far as its name shows."""
    return address.rpartition("@")[2] != own_domain.lower() and not is_machine(address)


def _if_read(address: str, own_domain: str) -> str | None:
    return address if is_read(address, own_domain) else None


def _is_disowned(package: Package) -> bool:
    """Say whether the From of a package and its envelope disagree about who sent it."""
    envelope = package.letter.envelope
    if envelope.proof is Proof.FAILED:
        return True
    # A person who files it does not prove who sent it.
    held = {package.resolution.hold, package.resolution.doubt}
    refused = envelope.proof.holds and "sender_not_proven" in held
    return package.sender is not None and (refused or not is_aligned(package.sender, envelope))

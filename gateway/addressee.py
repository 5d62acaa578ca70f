"""The addressee: to whom the sender's mails about a letter go, or why nobody is told."""

from __future__ import annotations

from gateway.reader.sender import is_machine
from gateway.road.package import Package
from gateway.road.sender import is_aligned


def receipt_goes_to(package: Package, *, own_domain: str) -> str | None:
    """Return whom the receipt goes to: the envelope's sender, or nobody.

    Nobody is told about a quiet letter, the null sender, what a machine wrote (RFC 3834, 2), an
    address that a machine reads, or one of our own: two gateways would never stop. Nor about a
    letter whose From and envelope disagree: there proof has failed (safety rule 4), and one of the
    two has nothing to do with the letter. Without any proof nothing has failed yet, since neither
    DKIM nor SPF is asked: a sender whose From agrees reads counts, and silence would hide from an
    honest one that the letter waits. Where From is nobody's, there is nothing to disagree with.
    """
    envelope = package.letter.envelope
    domain = envelope.sender.lower().rpartition("@")[2]
    if envelope.quiet or package.automatic or not envelope.sender or domain == own_domain.lower():
        return None
    if _is_disowned(package) or is_machine(envelope.sender):
        return None
    return envelope.sender


def _is_disowned(package: Package) -> bool:
    """Say whether the From of a package and its envelope disagree about who sent it."""
    envelope = package.letter.envelope
    # A person who files it does not prove who sent it.
    held = {package.resolution.hold, package.resolution.doubt}
    refused = envelope.proof.holds and "sender_not_proven" in held
    return package.sender is not None and (refused or not is_aligned(package.sender, envelope))

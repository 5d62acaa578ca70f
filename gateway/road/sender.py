"""Sender: which firm a letter comes from, and whether that is proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.letter import Envelope, Proof
from gateway.road.package import Package, Trouble
from portal.directory import MAIL_ADDRESS, Firm, Identified


@dataclass(frozen=True)
class Sender:
    """A firm that is known and proven, or why there is none."""

    firm: Firm | None
    trouble: Trouble | None


def sender_of(package: Package, firm_of: Callable[[str], Identified | None]) -> Sender:
    """Return the firm of the one address in header From, where it is known and proven.

    Proven means that the proof holds, and that it is for the domain in From: the gate has proven
    that one (SPF or DKIM, aligned), or the transport has proven the envelope's sender, who is of
    the same domain then (RFC 7489, 3.1, strict alignment), since a proven host may still write any
    From. A firm that is known by its whole address is known at a provider where anybody has a
    mailbox: its envelope's sender is that very address. An operator who imports mail vouches for
    the message, whatever its envelope was. A firm that is not proven is not named: a forged From
    ties no letter to a firm.
    """
    address = package.sender
    found = firm_of(address) if address is not None else None
    if address is None or found is None:
        return Sender(None, Trouble("sender_not_known", {"address": address or "this sender"}))
    envelope = package.letter.envelope
    is_theirs = found.by != MAIL_ADDRESS or is_vouched_for(envelope) or envelope.sender == address
    if not (envelope.proof.holds and is_theirs and is_aligned(address, envelope)):
        return Sender(None, Trouble("sender_not_proven", {"domain": domain_of(address)}))
    return Sender(found.firm, None)


def is_aligned(address: str, envelope: Envelope) -> bool:
    """Say whether what is proven of a letter, or its envelope's sender, speaks for this From."""
    return is_of_one_domain(address, envelope) or (
        is_vouched_for(envelope) or envelope.proof.is_of_from
    )


def is_of_one_domain(address: str, envelope: Envelope) -> bool:
    """Say whether the address in From and the envelope's sender are of one domain."""
    return envelope.sender != "" and domain_of(envelope.sender) == domain_of(address)


def is_vouched_for(envelope: Envelope) -> bool:
    """Say whether a person vouches for the message."""
    return envelope.proof is Proof.OPERATOR


def domain_of(address: str) -> str:
    """Return what stands behind the @ of an address in canonical form."""
    return address.rpartition("@")[2]

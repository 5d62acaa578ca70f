"""Sender: the firm, contributor or member of staff of a letter, and whether that is proven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.letter import Envelope, Proof
from gateway.road.package import Package, Trouble
from portal.directory import MAIL_ADDRESS, Firm, Identified
from portal.rights import Viewer


class Known(Protocol):
    """What the directory knows of addresses."""

    def firm_of(self, address: str) -> Identified | None:
        """Return the firm of a mail address in canonical form, and what it was found by."""

    def firm(self, firm_id: int) -> Firm | None:
        """Return the firm of this id."""

    def contributed(self, address: str, day: date) -> frozenset[int]:
        """Return the cases that a contributor's address may send to that day, by their ids."""

    def member(self, address: str, day: date) -> Viewer | None:
        """Return who of the staff has this address, and the consultants they have that day."""


@dataclass(frozen=True)
class Sender:
    """A firm or a contributor, known and proven, or one of the staff signed in; or why neither."""

    firm: Firm | None
    trouble: Trouble | None
    member: Viewer | None = None
    contributed: frozenset[int] = frozenset()  # the cases of a contributor

    @property
    def name(self) -> str | None:
        """Return who it is that is known and proven."""
        if self.firm is not None:
            return self.firm.name
        if self.contributed:
            return "This contributor"
        return None if self.member is None else self.member.name


def sender_of(package: Package, known: Known, today: date) -> Sender:
    """Return the firm of the one address in header From, where it is known and proven.

    Proven means that the proof holds, and that it is for the domain in From: the gate has proven
    that one (SPF or DKIM, aligned), or the transport has proven the envelope's sender, who is of
    the same domain then (RFC 7489, 3.1, strict alignment), since a proven host may still write any
    From. A firm that is known by its whole address is known at a provider where anybody has a
    mailbox: its envelope's sender is that very address. An operator who imports mail vouches for
    the message, whatever its envelope was. A firm that is not proven is not named: a forged From
    ties no letter to a firm. Of mail that was imported as one firm's, another's is not vouched
    for: a firm's mailbox holds what others wrote to it, too. What names no address at all, and has
    come from nowhere, is from within that firm: so Outlook keeps mail of its own Exchange. One of
    the staff is known by being signed in, and by no mail. A contributor is known by the whole
    address alone, where it is no firm's, and proven like a firm that is; imported mail is a firm's.
    """
    address = package.sender
    envelope = package.letter.envelope
    if address is None and package.is_housemates and envelope.imported_for is not None:
        firm = known.firm(envelope.imported_for)
        if firm is not None:
            return Sender(firm, None)
    found = known.firm_of(address) if address is not None else None
    if address is not None and found is None and envelope.proof is Proof.ACCOUNT:
        member = known.member(address, today)
        if member is not None:
            return Sender(None, None, member)
    contributed: frozenset[int] = frozenset()
    if address is not None and found is None and not envelope.is_imported:
        contributed = known.contributed(address, today)
    if found is not None and envelope.imported_for not in {None, found.firm.id}:
        return Sender(None, Trouble("sender_of_other_firm", {"address": address or ""}))
    if address is None or (found is None and not contributed):
        return Sender(None, Trouble("sender_not_known", {"address": address or "this sender"}))
    is_of_domain = found is not None and found.by != MAIL_ADDRESS
    is_theirs = is_of_domain or is_vouched_for(envelope) or envelope.sender == address
    if not (envelope.proof.holds and is_theirs and is_aligned(address, envelope)):
        return Sender(None, Trouble("sender_not_proven", {"domain": domain_of(address)}))
    return Sender(None if found is None else found.firm, None, contributed=contributed)


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

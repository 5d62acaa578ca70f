"""A turn: whose letters stand in the queue behind each other, so that nobody else waits for them.

It is taken from what is known at the wall, before anybody has opened the letter: a firm of the
directory where its sender is proven, else the domain that is proven. What is not proven shares the
turn of the network that it came from: a name that anybody may claim is nobody's turn to take, and
whoever claims a new one with each letter has one turn all the same. A letter that is signed, and
handed in by somebody else than its author's house (a mailing service, or whoever sends one again),
has a turn of both together. Where the settings say that nothing is checked, or nobody knows the
network, what a letter claims is all there is to tell it by.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Callable

from config import public_mail
from gateway.gate.dmarc import organisational_domain
from gateway.letter import Envelope

STAFF = "staff"
"""The turn of letters that one of us has decided about: somebody looks at the screen."""

# What one customer of a provider has at least; an address within it is free to choose.
_NETWORK_BITS = {4: 24, 6: 48}


def turn_of(envelope: Envelope, firm_of: Callable[[str], int | None]) -> str | None:
    """Return whose turn a letter waits for; None for old mail, which waits for everybody.

    `firm_of` knows the firm of a mail address in canonical form. No word of a sender's is in it,
    only its digest: the queue holds nothing that a person wrote.
    """
    if envelope.is_imported:
        return None
    address = envelope.author or envelope.sender
    if envelope.proof.holds and not _handed_in_by_its_house(envelope):
        # A signed letter can be sent again and again by whoever has one.
        via = _network(envelope.client) if envelope.client is not None else ""
        return _digest("passed on", f"{house(address)} {via}")
    if envelope.proof.holds:
        # A mailbox at a provider is proven by the envelope alone, as in gateway/road/sender.py.
        firm = firm_of(address if envelope.sender == address else f"@{_domain(address)}")
        return f"firm {firm}" if firm is not None else _digest("proven", house(address))
    if envelope.client is None or envelope.proof_rule == "off":
        # Nothing but what it claims is there to tell it by: one mail server brings all of them.
        return _digest("claimed", house(address))
    return _digest("network", _network(envelope.client))


def house(address: str) -> str:
    """Return the domain that somebody registered; at a provider for the public, the mailbox."""
    domain = _domain(address)
    return address if public_mail.is_public(domain) else organisational_domain(domain)


def _handed_in_by_its_house(envelope: Envelope) -> bool:
    """Say whether the envelope is of whoever wrote the letter, as far as the gate has seen one."""
    author, sender = envelope.author, envelope.sender
    return author is None or organisational_domain(_domain(sender)) == organisational_domain(
        _domain(author)
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _network(client: str) -> str:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:  # a relay says it, and may say anything
        return client
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped  # as a socket for both kinds says it (RFC 4291, 2.5.5.2)
    bits = _NETWORK_BITS[address.version]
    return str(ipaddress.ip_network((address, bits), strict=False))


def _digest(kind: str, what: str) -> str:
    said = what.encode("utf-8", "surrogateescape")
    return f"{kind} {hashlib.blake2b(said, digest_size=10).hexdigest()}"

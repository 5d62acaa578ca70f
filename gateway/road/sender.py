"""Sender: which firm a letter comes from, and whether that is proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway.letter import Envelope, Proof
from gateway.road.package import Package, Trouble
from portal.directory import Firm


@dataclass(frozen=True)
class Sender:
    """A firm that is known and proven, or why there is none."""

    firm: Firm | None
    trouble: Trouble | None


def sender_of(package: Package, firm_of: Callable[[str], Firm | None]) -> Sender:
    """Return the firm of the one address in header From, where it is known and proven.

    Proven means that the transport's proof holds and that the envelope's sender is of the same
    domain (RFC 7489, 3.1, strict alignment): a proven host may still write any From. An operator
    who imports mail vouches for the message, whatever its envelope was. A firm that is not proven
    is not named: a forged From ties no letter to a firm.
    """
    address = package.sender
    firm = firm_of(address) if address is not None else None
    if address is None or firm is None:
        return Sender(None, Trouble("sender_not_known", {"address": address or "this sender"}))
    if not _is_proven(address, package.letter.envelope):
        return Sender(None, Trouble("sender_not_proven", {"domain": _domain(address)}))
    return Sender(firm, None)


def _is_proven(address: str, envelope: Envelope) -> bool:
    if envelope.proof is Proof.OPERATOR:
        return True
    aligned = envelope.sender != "" and _domain(envelope.sender) == _domain(address)
    return envelope.proof.holds and aligned


def _domain(address: str) -> str:
    return address.rpartition("@")[2]

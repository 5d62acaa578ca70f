"""The proof of senders, as `casebridge check` finds it: who is proven, and what is not on."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from config.settings import Settings
from gateway.assembly import needs_gate
from gateway.finding import Finding
from gateway.gate.names import Unanswered, resolver_of

_OWN = ipaddress.ip_address("127.0.0.1")


def proving(settings: Settings) -> Iterator[Finding]:
    """Say who proves a sender, without asking any name server."""
    proof, on_loopback = settings.proof, settings.trust.loopback_is_proven
    if on_loopback:
        yield Finding("ok", "senders: mail from this machine is proven (trust.loopback_is_proven)")
    for relay in proof.relays:
        where = ", ".join((*relay.networks, *(["LMTP"] if relay.is_lmtp else [])))
        said = f"senders: {relay.authserv_id} vouches for mail from {where}, and we refuse none"
        yield Finding("ok", said)
    if proof.mode == "off":
        if not on_loopback or proof.relays:
            yield Finding.of("warn", "proof_off")
        return
    if not needs_gate(settings):
        return
    does = "refused where its domain asks for that" if proof.mode == "enforce" else "marked"
    asked = ", ".join(proof.nameservers) or "this machine's name servers"
    yield Finding("ok", f"senders: by SPF, DKIM and DMARC; what fails is {does}; asking {asked}")
    try:
        resolver_of(proof.nameservers)
    except Unanswered:
        yield Finding.of("error", "proof_without_names")
    if proof.mode == "enforce" and not on_loopback and not _is_relayed(settings):
        yield Finding.of("warn", "proof_of_own_machine")


def _is_relayed(settings: Settings) -> bool:
    """Say whether a mail server on this machine is a trusted relay."""
    networks = (one for relay in settings.proof.relays for one in relay.networks)
    return any(_OWN in ipaddress.ip_network(one) for one in networks)

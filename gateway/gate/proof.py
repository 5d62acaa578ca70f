"""The proof: a message's From against SPF, DKIM and DMARC, or against a trusted relay's word."""

from __future__ import annotations

import time
from dataclasses import dataclass

from config.settings import ProofRelay
from gateway.gate.dmarc import Policy, is_aligned, policy_of
from gateway.gate.glance import Glance, Glass, Signed
from gateway.gate.names import Names, Unanswered
from gateway.gate.spf import spf_of
from gateway.gate.verdict import Handed, Verdict
from gateway.letter import Proof

_MOST_SIGNATURES = 5
_NO_POLICY = Policy("none", strict_spf=False, strict_dkim=False)


class Late(Exception):
    """The time for a proof is over."""


@dataclass(frozen=True)
class Prover:
    """Proves the sender of one message, until a deadline of the monotonic clock."""

    names: Names
    glass: Glass
    size: int  # of the message
    max_bytes: int  # up to which its signatures are looked at

    def of(self, handed: Handed, relay: ProofRelay | None) -> Verdict:
        """Say how the sender is proven. What no answer came to is unproven, never failed.

        Raises Late, gateway.gate.glance.HeaderTooLarge and what its sandbox raises.
        """
        glance = self.glass.header(relay, self._seconds())
        if relay is not None:
            return _relayed(glance)
        if glance.sender is None:
            return Verdict(Proof.NONE, "from_undecided", handed.client)
        return self._by_ourselves(glance.sender, glance.signatures, handed)

    def _by_ourselves(self, author: str, signatures: tuple[Signed, ...], handed: Handed) -> Verdict:
        """Ask SPF and DKIM, but only where what they prove would be aligned with From."""
        domain = author.rpartition("@")[2]
        unknown: list[str] = []
        try:
            published = policy_of(self.names, domain)
        except Unanswered:
            # A pass under strict alignment is one whatever the policy is.
            published = Policy("none", strict_spf=True, strict_dkim=True)
            unknown.append("no_answer")
        policy = published or _NO_POLICY
        if self._spf(domain, policy, handed, unknown):
            return Verdict(Proof.ALIGNED, "spf", handed.client, author=author)
        if self._dkim(domain, policy, signatures, unknown):
            return Verdict(Proof.ALIGNED, "dkim", handed.client, author=author)
        if unknown:
            return Verdict(Proof.NONE, unknown[0], handed.client)
        if published is None:
            return Verdict(Proof.NONE, "no_policy", handed.client)
        if policy.asks_for == "none":
            return Verdict(Proof.NONE, "policy_none", handed.client)
        refused_for = domain if policy.asks_for == "reject" else None
        rule = f"policy_{policy.asks_for}"
        return Verdict(Proof.FAILED, rule, handed.client, refused_for=refused_for)

    def _spf(self, domain: str, policy: Policy, handed: Handed, unknown: list[str]) -> bool:
        its_domain = handed.sender.rpartition("@")[2] or handed.helo
        if handed.client is None or "." not in its_domain or its_domain.startswith("["):
            return False
        if not is_aligned(its_domain, domain, strict=policy.strict_spf):
            return False
        result = spf_of(self.names, client=handed.client, sender=handed.sender, helo=handed.helo)
        if result == "temperror":
            unknown.append("no_answer")
        return result == "pass"

    def _dkim(
        self, domain: str, policy: Policy, signatures: tuple[Signed, ...], unknown: list[str]
    ) -> bool:
        aligned = [
            one for one in signatures if is_aligned(one.domain, domain, strict=policy.strict_dkim)
        ]
        keys: list[tuple[Signed, bytes]] = []
        for one in aligned[:_MOST_SIGNATURES]:
            try:
                records = self.names.texts(f"{one.selector}._domainkey.{one.domain}")
            except Unanswered:
                unknown.append("no_answer")
            else:
                # More than one record is undefined (RFC 6376, 3.6.2.2): none is taken.
                keys += [(one, records[0])] if len(records) == 1 else []
        if not keys:
            return False
        if self.size > self.max_bytes:
            unknown.append("too_large")
            return False
        return self.glass.first_that_holds(keys, self._seconds()) is not None

    def _seconds(self) -> float:
        seconds = self.names.deadline - time.monotonic()
        if seconds <= 0:
            raise Late
        return seconds


def _relayed(glance: Glance) -> Verdict:
    """Return what the relay says. It has let the message through, so nothing is refused here."""
    said = glance.relay
    if said is None:
        return Verdict(Proof.NONE, "relay_silent")
    author = None
    domain = (glance.sender or "").rpartition("@")[2]
    if said.dmarc == "fail":
        proof, rule = Proof.FAILED, "relay_fail"
    elif said.dmarc == "pass" and domain and said.domain == domain:
        proof, rule, author = Proof.RELAY, "relay_pass", glance.sender
    else:
        proof, rule = Proof.NONE, "relay_silent"
    return Verdict(proof, rule, said.client, said.moment, author=author)

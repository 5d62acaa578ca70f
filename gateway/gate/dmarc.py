"""DMARC: what a domain asks for where neither SPF nor DKIM speak for it, and what aligned means.

RFC 7489. The percentage (pct) is not heeded, as in its successor: a policy is for every message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

from gateway.gate.names import Names

_POLICIES = {"none", "quarantine", "reject"}
_RECORD = re.compile(rb"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")


@dataclass(frozen=True)
class Policy:
    """What a domain has published for its mail."""

    asks_for: str  # none, quarantine or reject, for this domain
    strict_spf: bool
    strict_dkim: bool


def organisational_domain(domain: str) -> str:
    """Return the domain that was registered; a public suffix is one by itself (RFC 7489, 3.2).

    By the list that the library brings along: nothing is fetched. Its private part counts, since
    the customers of one host are not one organisation.
    """
    return _suffixes().privatesuffix(domain) or domain


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def is_aligned(domain: str, with_domain: str, *, strict: bool) -> bool:
    """Say whether what proves `domain` speaks for `with_domain` too (RFC 7489, 3.1)."""
    one, other = domain.lower().rstrip("."), with_domain.lower().rstrip(".")
    if strict or one == other:
        return one == other
    return organisational_domain(one) == organisational_domain(other)


def policy_of(names: Names, domain: str) -> Policy | None:
    """Return what a domain asks for, or the domain above it for its subdomains; None for nothing.

    Two records are none (RFC 7489, 6.6.3). Raises gateway.gate.names.Unanswered.
    """
    records = _records(names, domain)
    organisation = organisational_domain(domain)
    is_below = not records and organisation != domain
    if is_below:
        records = _records(names, organisation)
    return _parsed(records[0], is_below=is_below) if len(records) == 1 else None


def _records(names: Names, domain: str) -> list[bytes]:
    return [text for text in names.texts(f"_dmarc.{domain}") if _RECORD.match(text)]


def _parsed(record: bytes, *, is_below: bool) -> Policy | None:
    tags: dict[str, str] = {}
    for piece in record.decode("latin-1").split(";"):
        name, _, value = piece.partition("=")
        tags.setdefault(name.strip().lower(), value.strip().lower())
    asks_for = tags.get("p", "")
    if is_below:
        asks_for = tags.get("sp", asks_for)
    if asks_for not in _POLICIES:
        if "rua" not in tags:
            return None
        asks_for = "none"  # RFC 7489, 6.6.3: it only wants to be told
    return Policy(asks_for, tags.get("aspf") == "s", tags.get("adkim") == "s")

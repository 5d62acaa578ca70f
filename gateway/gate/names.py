"""Names: questions to the name servers, kept in memory as long as their answers say, never longer
asked than a proof may take.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.nameserver
import dns.rdtypes.ANY.TXT
import dns.resolver

from config.settings import nameserver

_MOST_KEPT = 20_000
_TRY_SECONDS = 1.5  # for one try at one server: another one, or another try, still fits in


class Unanswered(Exception):
    """No server gave an answer in time: neither yes nor no is known. Time mends it."""


def resolver_of(nameservers: tuple[str, ...]) -> dns.resolver.Resolver:
    """Return a resolver that keeps answers; of this machine's servers where none are named.

    Raises Unanswered where this machine has none either.
    """
    try:
        resolver = dns.resolver.Resolver(configure=not nameservers)
    except dns.resolver.NoResolverConfiguration as fault:
        raise Unanswered from fault
    if nameservers:
        resolver.nameservers = [
            dns.nameserver.Do53Nameserver(*nameserver(one)) for one in nameservers
        ]
    resolver.cache = dns.resolver.LRUCache(_MOST_KEPT)
    resolver.timeout = _TRY_SECONDS
    return resolver


@dataclass(frozen=True)
class Names:
    """The questions of one proof. After `deadline`, of the monotonic clock, none is answered."""

    resolver: dns.resolver.Resolver
    deadline: float

    def records(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        """Return the records of a name, none where there are none. Raises Unanswered."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise Unanswered
        try:
            asked = dns.name.from_text(name)
            answer = self.resolver.resolve(
                asked, kind, lifetime=seconds, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.YXDOMAIN:  # a DNAME that makes it too long: there is no such name
            return []
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return []
        except dns.exception.DNSException as fault:
            raise Unanswered(type(fault).__name__) from fault
        return list(answer.rrset or ())

    def texts(self, name: str) -> list[bytes]:
        """Return the TXT records of a name, each with its strings joined. Raises Unanswered."""
        return [
            b"".join(one.strings)
            for one in self.records(name, "TXT")
            if isinstance(one, dns.rdtypes.ANY.TXT.TXT)
        ]

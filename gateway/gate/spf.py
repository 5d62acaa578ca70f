"""SPF: whether a domain lets a client send for it (RFC 7208), by pyspf over our own names."""

from __future__ import annotations

import warnings
from typing import Any

from gateway.gate.names import Names, Unanswered

with warnings.catch_warnings():
    # Where nobody has compiled it yet, an old escape in one of its docstrings is told of.
    warnings.simplefilter("ignore")
    import spf

_MOST_EMPTY = 2  # RFC 7208, 4.6.4


class _Query(spf.query):
    """A query that asks through `Names`.

    pyspf's own way takes dnspython's default resolver, one for the whole process and without a
    cache. The limits of 10 terms, 10 hosts and two empty answers are pyspf's, and stay.
    """

    def __init__(self, names: Names, *, client: str, sender: str, helo: str) -> None:
        super().__init__(i=client, s=sender, h=helo)
        self._names = names

    def dns(
        self,
        name: Any,
        qtype: str,
        cnames: object = None,
        ignore_void: bool = False,  # as pyspf calls it
    ) -> list[Any]:
        """Return the values of a name in the form that pyspf has them in."""
        del cnames  # the resolver follows them
        text = str(name).rstrip(".")
        if not all(0 < len(label) < 64 for label in text.split(".")):
            return []
        try:
            found = self._names.records(text, qtype)
        except Unanswered as fault:
            raise spf.TempError("no answer") from fault
        values = [value for one in found if (value := _value(one, qtype)) is not None]
        if not values and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > _MOST_EMPTY:
                raise spf.PermError("too many empty answers")
        return values


def _value(record: Any, qtype: str) -> Any:
    if qtype in {"A", "AAAA"}:
        return record.address
    if qtype == "MX":
        return record.preference, record.exchange.to_text(omit_final_dot=True)
    if qtype == "PTR":
        return record.target.to_text(omit_final_dot=True)
    return record.strings if qtype == "TXT" else None


def spf_of(names: Names, *, client: str, sender: str, helo: str) -> str:
    """Return SPF's word: pass, fail, softfail, neutral, none, permerror or temperror.

    `client` is an IP address. Without a `sender`, as in a bounce, the HELO name is asked about
    (RFC 7208, 2.4).
    """
    result: str = _Query(names, client=client, sender=sender, helo=helo).check()[0]
    return result

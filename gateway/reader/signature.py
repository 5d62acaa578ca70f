"""DKIM signatures of one message: which there are, and which of them hold (RFC 6376, by dkimpy).

A signature is believed only where it covers what we go by. Without the whole body (l=), with a
field twice that may be there once, or with a Subject that is not signed, somebody could take a
firm's signed message and put other words, or another case, into it.
"""

from __future__ import annotations

import binascii
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

import dkim

from gateway.reader.header import Header

# dkimpy logs what it has parsed, addresses and all.
logging.getLogger("dkimpy").setLevel(logging.CRITICAL + 1)

MOST_LOOKED_AT = 20
_MOST_FIELD_BYTES = 1 << 14
_MOST_KEY_BYTES = 1200  # of a record; a key of 4096 bits, the most that RFC 8301 asks for, has 740
_LEAST_KEY_BITS = 1024
_ONCE = (
    *("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id"),
    *("in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding"),
)
_TAG = re.compile(rb"(?:\A|;)[ \t]*([dsil])[ \t]*=[ \t]*([^;]*?)[ \t]*(?=;|\Z)")
_NAME = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_KEY_TAG = re.compile(rb"(?:\A|;)\s*([a-z])\s*=\s*([^;]*)")


@dataclass(frozen=True)
class Signature:
    """A signature as it stands in a message: its place among the others, and where its key is."""

    index: int
    domain: str
    selector: str

    @property
    def key_name(self) -> str:
        """The name that its key is published under."""
        return f"{self.selector}._domainkey.{self.domain}"


def signatures(header: Header) -> list[Signature]:
    """Return the first signatures that name a domain and a selector; nothing is verified yet."""
    found = []
    for index, value in enumerate(header.all("dkim-signature")[:MOST_LOOKED_AT]):
        tags = dict(_TAG.findall(value[:_MOST_FIELD_BYTES]))
        names = [tags.get(name, b"") for name in (b"d", b"s")]
        if all(len(name) <= 253 and _NAME.fullmatch(name) for name in names):
            domain, selector = (name.decode("ascii").lower() for name in names)
            found.append(Signature(index, domain, selector))
    return found


def holding(
    message: bytes, header: Header, keys: Mapping[int, tuple[Signature, bytes]]
) -> Signature | None:
    """Return the first of these signatures that holds and covers enough, or None.

    `keys` has the signatures to try, by their place, with the record of the key of each. `header`
    is the message's, as everything else here reads it, and is plain (plain_header.py): where dkimpy
    reads another From out of the bytes all the same, none holds.
    """
    if any(len(header.all(name)) > 1 for name in _ONCE):
        return None
    return next((one for one, key in keys.values() if _holds(message, header, one, key)), None)


def _holds(message: bytes, header: Header, signature: Signature, key: bytes) -> bool:
    if len(key) > _MOST_KEY_BYTES:
        return False
    tags = {name: value.strip() for name, value in _KEY_TAG.findall(key)}
    flags = {flag.strip() for flag in tags.get(b"t", b"").split(b":")}
    services = {one.strip() for one in tags.get(b"s", b"*").split(b":")}
    if b"y" in flags or services.isdisjoint({b"*", b"email"}):
        return False  # a key on trial is as good as none (RFC 6376, 3.6.1)
    asked = f"{signature.key_name}.".encode("ascii")
    try:
        verifier = dkim.DKIM(message, minkey=_LEAST_KEY_BITS)
        holds = verifier.verify(
            signature.index, lambda name, **_: key if name.lower() == asked else None
        )
    except (
        dkim.DKIMException,
        binascii.Error,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
    ):
        return False  # dkimpy has no one fault for what it cannot parse
    return holds and _covers(verifier, header, strictly=b"s" in flags)


def _covers(verifier: dkim.DKIM, header: Header, *, strictly: bool) -> bool:
    fields = verifier.signature_fields
    seen = [
        value.replace(b"\r\n", b"").strip(b" \t")
        for name, value in verifier.headers
        if name.lower() == b"from"
    ]
    signed = {name.strip() for name in verifier.include_headers}
    identity = fields.get(b"i", b"@" + fields[b"d"]).rpartition(b"@")[2].lower()
    return (
        seen == header.all("from")
        and fields[b"a"] != b"rsa-sha1"  # RFC 8301
        and b"l" not in fields
        and b"from" in signed
        and (b"subject" in signed or header.first("subject") is None)
        and (not strictly or identity == fields[b"d"].lower())
    )

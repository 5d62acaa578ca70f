"""Beside: what a mail program adds to each mail, and what is no document that anybody asked for."""

from __future__ import annotations

SIGNATURES = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-keys",  # with which a signature is checked
    }
)
CARDS = frozenset({"text/vcard", "text/calendar"})

_MOST_BYTES = 1 << 17  # a signature with its whole chain of certificates has some ten thousand
_OPAQUE = frozenset({"application/octet-stream", "text/plain"})


def is_signature(declared_type: str, detected_type: str, size: int) -> bool:
    """Say whether a part only signs the message that it stands in (RFC 1847, 2.1).

    Its type is what its sender declares, and believed where its bytes are nothing else: a PDF that
    is declared to be a signature is a PDF. What holds a signed message itself is none.
    """
    is_nothing_else = detected_type in SIGNATURES | _OPAQUE
    return declared_type in SIGNATURES and is_nothing_else and size <= _MOST_BYTES

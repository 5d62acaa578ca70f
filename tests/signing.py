"""Real DKIM signatures, made in the test with keys of the test's own."""

from __future__ import annotations

import base64
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.name_server import NameServer

SELECTOR = "s1"
FIELDS = (b"from", b"to", b"subject", b"date")


@cache
def key(bits: int) -> tuple[bytes, str]:
    """Return a private key as PEM and its public one as a record has it."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    secret = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return secret, base64.b64encode(public).decode("ascii")


def publish(server: NameServer, domain: str, *, bits: int = 2048, tags: str = "") -> None:
    server.text(f"{SELECTOR}._domainkey.{domain}", f"v=DKIM1; k=rsa; {tags}p={key(bits)[1]}")


def signed(
    message: bytes,
    domain: str,
    *,
    bits: int = 2048,
    fields: tuple[bytes, ...] = FIELDS,
    length: bool = False,
    algorithm: bytes = b"rsa-sha256",
) -> bytes:
    """Return the message with a signature of this domain on top."""
    field = dkim.sign(
        message,
        SELECTOR.encode(),
        domain.encode(),
        key(bits)[0],
        canonicalize=(b"relaxed", b"relaxed"),
        signature_algorithm=algorithm,
        include_headers=list(fields),
        length=length,
    )
    return field + message

"""Beside: what signs a mail is no document, and only where its bytes are nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from converters.detect import detect
from gateway.road.package import Package, Part
from gateway.telling.tally import Tally
from tests.packages import PDF, narrative_part, package, part

P7S = "application/pkcs7-signature"


@pytest.mark.parametrize(
    ("declared", "detected"),
    [
        (P7S, P7S),
        ("application/x-pkcs7-signature", "application/octet-stream"),
        ("application/pgp-signature", "text/plain"),
        ("application/pgp-keys", "application/pgp-keys"),
    ],
)
def test_a_letter_with_words_and_a_signature_does_not_stand_alone(
    declared: str, detected: str
) -> None:
    assert not signed(declared, detected).stands_alone


@pytest.mark.parametrize(
    ("declared", "detected", "size"),
    [
        (P7S, PDF, 1000),  # a document, whatever it is declared to be
        ("application/pkcs7-mime", "application/pkcs7-mime", 1000),  # it has content of its own
        ("application/octet-stream", P7S, 1000),  # a file that somebody attached
        (P7S, P7S, 1 << 20),
    ],
)
def test_what_may_hold_a_document_stands_alone(declared: str, detected: str, size: int) -> None:
    assert signed(declared, detected, bytes=size).stands_alone


def test_signatures_and_cards_are_not_counted_as_brought() -> None:
    card = part("3", "pat.vcf", "text/vcard", filed_name="pat.vcf")
    report = part("4", "report.pdf", filed_name="report.pdf")
    assert Tally(signed(P7S, P7S, card, report)).brought == 1


def test_what_mail_programs_write_is_told_by_its_bytes(tmp_path: Path) -> None:
    written = {
        "smime.p7s": (b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"\x31" * 900, P7S),
        "signature.asc": (
            b"-----BEGIN PGP SIGNATURE-----\n\niQIz\n-----END PGP SIGNATURE-----\n",
            "application/pgp-signature",
        ),
        "key.asc": (
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQIN\n-----END PGP PUBLIC KEY BLOCK-----\n",
            "application/pgp-keys",
        ),
    }
    for name, (content, declared) in written.items():
        (tmp_path / name).write_bytes(content)
        found = detect(tmp_path / name, declared, name)
        assert not signed(declared, found.media_type).stands_alone, name


def signed(declared: str, detected: str, *others: Part, **changes: Any) -> Package:
    named = {"declared_type": declared, "filed_name": "smime.p7s"} | changes
    return package(narrative_part(), part("2", "smime.p7s", detected, **named), *others)

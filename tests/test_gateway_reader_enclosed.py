"""Parts inside of parts: the files in a text, the message in a signature, and what stays shut."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_gateway_reader_cms import ber, der, in_pieces, signed
from tests.test_gateway_reader_job import LIMITS, PDF, Answer, Read, mail, paths, run
from tests.test_gateway_reader_uuencoded import uuencoded

__all__ = ["read"]

ENVELOPED = bytes.fromhex("06092a864886f70d010703")
INNER = mail(
    'Content-Type: multipart/mixed; boundary="i"',
    "",
    "--i",
    "",
    "The statement is attached.",
    "--i",
    "Content-Type: application/pdf; name=report.pdf",
    "Content-Transfer-Encoding: base64",
    "",
    base64.encodebytes(PDF),
    "--i--",
)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda raw: run(raw, tmp_path / "job")


def smime(raw: bytes, name: str = "smime.p7m", kind: str = "pkcs7-mime") -> bytes:
    return mail(
        f"Content-Type: application/{kind}; smime-type=signed-data; name={name}",
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(raw),
    )


def flags(answer: Answer, path: str) -> list[str]:
    return next(part["flags"] for part in answer["parts"] if part["path"] == path)


@pytest.mark.parametrize("kind", ["pkcs7-mime", "x-pkcs7-mime", "octet-stream"])
def test_an_opaque_signed_message_is_the_message(read: Read, kind: str) -> None:
    answer = read(smime(signed(in_pieces(INNER, 1000), ber), kind=kind))
    assert answer["words"][0]["text"] == "The statement is attached."
    assert answer["words"][0]["subject"] == "Report"
    assert paths(answer) == {"1.1": "words", "1.2": "application/pdf", "2": "opened"}


def test_a_signature_around_a_signature_is_opened_too(read: Read) -> None:
    answer = read(smime(signed(der(0x04, smime(signed(der(0x04, INNER)))))))
    assert paths(answer) == {
        "1.1.1": "words",
        "1.1.2": "application/pdf",
        "1.2": "opened",
        "2": "opened",
    }


def test_signatures_without_end_are_too_deep(read: Read) -> None:
    raw = INNER
    for _ in range(20):
        raw = smime(signed(der(0x04, raw)))
    assert read(raw) == {"stopped": "too_deep"}


@pytest.mark.parametrize("again", [lambda raw: raw, base64.encodebytes])
def test_a_signed_file_comes_out_of_its_signature(read: Read, again: object) -> None:
    assert callable(again)
    raw = again(signed(der(0x04, PDF)))
    answer = read(smime(raw, name="contract.pdf.p7m", kind="octet-stream"))
    assert paths(answer) == {"1": "application/pdf", "2": "opened"}
    assert answer["parts"][0]["name"] == "contract.pdf"


def test_a_signed_file_of_one_endless_line_comes_out_too(read: Read) -> None:
    answer = read(smime(signed(der(0x04, b"a" * 50_000)), name="one.txt.p7m"))
    assert paths(answer) == {"1": "text/plain", "2": "opened"}


@pytest.mark.parametrize(
    "raw", [signed(b""), b"", b"no CMS at all", signed(in_pieces(INNER, 50), ber)[:200]]
)
def test_what_holds_no_message_stays_the_file_that_it_is(read: Read, raw: bytes) -> None:
    (part,) = read(smime(raw))["parts"]
    assert part["name"] == "smime.p7m"
    assert "opened" not in part["flags"]
    assert part["bytes"] == len(raw)


def test_an_encrypted_message_is_said_to_be_one(read: Read) -> None:
    answer = read(smime(ber(0x30, ENVELOPED, ber(0xA0, b"\x02\x01\x00"))))
    assert flags(answer, "1") == ["encrypted"]


def test_pgp_is_known_by_its_armour_in_words_and_files(read: Read) -> None:
    armour = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQIMA8\r\n-----END PGP MESSAGE-----"
    answer = read(mail("Content-Type: text/plain", "", "Dear Dana,", armour))
    assert flags(answer, "1") == ["encrypted", "words"]


def test_a_quoted_armour_is_a_quotation(read: Read) -> None:
    answer = read(mail("Content-Type: text/plain", "", "Hm:", "> -----BEGIN PGP MESSAGE-----", "?"))
    assert flags(answer, "1") == ["words"]


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
def test_a_uuencoded_file_is_a_document_and_no_words(
    read: Read, tmp_path: Path, encoding: str
) -> None:
    text = b"See below.\n" + uuencoded(PDF) + b"Pat\n"
    encoded = {
        "7bit": text,
        "quoted-printable": text.replace(b"=", b"=3D"),
        "base64": base64.encodebytes(text),
    }[encoding]
    lines = ("Content-Type: text/plain", f"Content-Transfer-Encoding: {encoding}", "", encoded)
    answer = read(mail(*lines))
    assert answer["words"][0]["text"] == "See below.\n\nPat"
    assert paths(answer) == {"1": "words", "2": "application/pdf", "3": "words"}
    document = answer["parts"][1]
    assert document["name"] == "report.pdf"
    assert (tmp_path / "job" / document["file"]).read_bytes() == PDF


def test_a_text_file_with_a_uuencoded_one_stays_whole(read: Read) -> None:
    answer = read(
        mail(
            "Content-Type: text/plain; name=old.txt",
            "Content-Disposition: attachment",
            "",
            uuencoded(PDF),
        )
    )
    assert paths(answer) == {"1": "text/plain"}


def test_many_uuencoded_files_count_as_parts(read: Read) -> None:
    assert read(mail("", uuencoded(b"x") * 150)) == {"stopped": "too_many_parts"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        ["-nodetach"],
        ["-nodetach", "-stream", "-binary"],
        ["-nodetach", "-nocerts", "-noattr"],
        ["-nodetach", "-md", "sha1", "-keyid"],
    ],
)
def test_what_openssl_signs_is_read(read: Read, tmp_path: Path, options: list[str]) -> None:
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl is not installed (bin/set-up test)"
    key, certificate, inner = tmp_path / "key", tmp_path / "certificate", tmp_path / "inner"
    inner.write_bytes(INNER)
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Pat"]
    subprocess.run(
        [openssl, *request, "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    made = subprocess.run(
        [openssl, "cms", "-sign", *options, "-signer", certificate, "-inkey", key, "-in", inner],
        check=True,
        capture_output=True,
    )
    answer = read(b"From: Pat <pat@baker.example>\n" + made.stdout)
    assert answer["words"][0]["text"] == "The statement is attached."
    assert paths(answer) == {"1.1": "words", "1.2": "application/pdf", "2": "opened"}


@pytest.mark.parametrize("outer", [False, True])
def test_a_multipart_that_was_encoded_as_a_whole_is_divided(read: Read, outer: bool) -> None:
    header, _, body = INNER.partition(b"\r\n\r\n")
    assert b"multipart/mixed" in header
    encoded: list[str | bytes] = [
        'Content-Type: multipart/mixed;\r\n boundary="i"',
        "Content-Transfer-Encoding: base64",
        "",
        base64.encodebytes(body),
    ]
    group: list[str | bytes] = ['Content-Type: multipart/mixed; boundary="o"', "", "--o"]
    answer = read(mail(*group, *encoded, "--o--") if outer else mail(*encoded))
    assert answer["words"][0]["text"] == "The statement is attached."
    prefix = "1." if outer else ""
    assert paths(answer) == {f"{prefix}1": "words", f"{prefix}2": "application/pdf"}
    assert answer["ambiguous"]


def encoded(body: bytes, times: int) -> bytes:
    """Encode a divided body as a whole, again and again."""
    head = 'Content-Type: multipart/mixed; boundary="i"', "Content-Transfer-Encoding: base64"
    for _ in range(times - 1):
        inner = "\r\n".join(head).encode() + b"\r\n\r\n" + base64.encodebytes(body)
        body = b"--i\r\n" + inner + b"\r\n--i--\r\n"
    return mail(*head, "", base64.encodebytes(body))


def test_multiparts_encoded_in_each_other_are_divided(read: Read) -> None:
    answer = read(encoded(INNER.partition(b"\r\n\r\n")[2], 4))
    assert paths(answer) == {"1.1.1.1": "words", "1.1.1.2": "application/pdf"}


def test_multiparts_encoded_in_each_other_without_end_are_too_deep(read: Read) -> None:
    body = INNER.partition(b"\r\n\r\n")[2]
    assert read(encoded(body, LIMITS["max_depth"] + 2)) == {"stopped": "too_deep"}

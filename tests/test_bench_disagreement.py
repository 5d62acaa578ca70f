"""The rules that say why another reader has a part that ours has not: none of them hides a loss."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from bench.disagreement import Ours, Why, why
from bench.readers import Found

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4
TEXT = b"Please find the signed statement attached.\r\n\r\nPat Smith\r\n"


def ours(*parts: bytes, raw: bytes = b"", is_flagged: bool = False) -> Ours:
    return Ours(
        raw=raw,
        parts=parts,
        sha256=frozenset(hashlib.sha256(part).hexdigest() for part in parts),
        is_flagged=is_flagged,
        stopped=None,
    )


def said(data: bytes, known: Ours, media_type: str = "application/pdf") -> Why:
    return why(Found("a.pdf", media_type, data), known, lambda _: ours(data))


@pytest.mark.parametrize(
    ("data", "known", "expected"),
    [
        (TEXT.replace(b"\r\n", b"\n"), ours(TEXT), Why.WHITE_SPACE),
        (b64encode(PDF), ours(PDF), Why.NOT_DECODED),
        (TEXT[:20], ours(TEXT), Why.STRETCH),
        (TEXT, ours(b64encode(TEXT)), Why.LABEL),
        (b"Subject: one\nFrom: two\n\n" + TEXT, ours(TEXT), Why.HEADER_AS_TEXT),
        (TEXT.replace(b"signed", b"sign\xffd"), ours(TEXT), Why.ENCODING_ERRORS),
        (PDF, ours(TEXT, is_flagged=True), Why.FLAGGED),
    ],
)
def test_what_can_be_explained_is(data: bytes, known: Ours, expected: Why) -> None:
    assert said(data, known) is expected


def test_a_part_left_in_one_piece_is_explained_by_all_of_its_parts_alone() -> None:
    whole = (
        b"To be ignored.\n--b\nContent-Type: text/plain\n\n%s\n"
        b"--b\nContent-Transfer-Encoding: base64\n\n%s\n--b--\n" % (TEXT, b64encode(PDF))
    )
    assert said(whole, ours(TEXT, PDF), "multipart/mixed") is Why.DIVIDED
    assert said(whole, ours(TEXT), "multipart/mixed") is Why.UNEXPLAINED


def test_a_lost_document_is_never_explained() -> None:
    for known in (ours(), ours(TEXT), ours(PDF[:200]), ours(TEXT, b"%PDF-1.4\n another")):
        assert said(PDF, known) is Why.UNEXPLAINED


def test_a_message_is_opened_only_where_everything_in_it_is_ours() -> None:
    message = b"Subject: inner\n\n" + TEXT

    def again(_: bytes) -> Ours:
        return ours(TEXT, PDF)

    found = Found("inner.eml", "message/rfc822", b"no " + message)
    assert why(found, ours(TEXT, PDF), again) is Why.OPENED
    assert why(found, ours(b"Something else"), again) is Why.UNEXPLAINED

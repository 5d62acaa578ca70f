"""Header text: encoded words as mail really has them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.encoded_word import read_text, without_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain text", "plain text"),
        (b"=?utf-8?q?a_b?= c", "a b c"),
        (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        (b"=?utf-8?q?a?=\t =?iso-8859-1?q?=E9?=", "aé"),
        (b"=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b"),
        (b"=?utf-8?B?w6k=?=", "é"),
        (b"=?utf-8?B?w6k?=", "é"),
        (b"=?utf-8?b?w?==?utf-8?b?w6k=?=", "é"),
        (b"=?utf-8*en?q?a?=", "a"),
        (b"=?utf-8?q?spaces in it?=", "spaces in it"),
        (b"=?utf-8?q?bad=ZZ?=", "bad=ZZ"),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?q?a", "=?utf-8?q?a"),
        (b"=?x-made-up?q?abc?=", "abc"),
        ("Übersicht".encode(), "Übersicht"),
        ("Übersicht der Behandlung".encode("latin-1"), "Übersicht der Behandlung"),
        (b"=?utf-8?q?a=0D=0ABcc:_x=00?=", "a Bcc: x\ufffd"),
        ("a\u2028b\x85c".encode(), "a b c"),
    ],
)
def test_a_field_reads_as_a_person_sees_it(raw: bytes, text: str) -> None:
    assert read_text(raw) == text


def test_a_character_cut_in_two_words_is_joined() -> None:
    assert read_text(b"=?utf-8?B?5pel5pw=?= =?utf-8?B?rA==?=") == "日本"


def test_what_an_encoded_word_hides_is_no_syntax() -> None:
    assert without_words(b"=?utf-8?q?a@b.example,?= <c@d.example>") == b"x <c@d.example>"


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert len(read_text(raw).splitlines()) <= 1

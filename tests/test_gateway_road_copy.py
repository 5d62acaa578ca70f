"""Copies: what the same message is, whatever its line ends."""

from __future__ import annotations

import hashlib
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.road import copy
from gateway.road.copy import likeness_of, normal_sha256


class Piecemeal(io.BytesIO):
    """A file that gives fewer bytes than it is asked for, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3 if size is None or size < 0 else min(3, size))


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


@given(st.lists(st.sampled_from([b"\r", b"\n", b"a", b"\0", b"b" * 5])).map(b"".join))
def test_every_line_end_is_one(text: bytes) -> None:
    normal = re.sub(rb"\r\n|\r|\n", b"\r\n", text)
    normal += b"" if normal.endswith(b"\r\n") else b"\r\n"
    assert normal_sha256(io.BytesIO(text)) == sha256(normal)
    assert normal_sha256(Piecemeal(text)) == sha256(normal)


@pytest.mark.parametrize("behind", [0, 1, 2])
def test_a_line_end_is_one_where_a_chunk_ends_in_it(behind: int) -> None:
    text = b"x" * (copy._CHUNK_BYTES - behind) + b"\r\nend\r\n"
    assert normal_sha256(io.BytesIO(text)) == sha256(text)
    assert normal_sha256(io.BytesIO(text.replace(b"\r\n", b"\n"))) == sha256(text)


def test_what_smtp_carries_is_its_own_normal_form() -> None:
    text = b"Subject: x\r\n\r\nwords\r\n"
    assert normal_sha256(io.BytesIO(text)) == sha256(text)


def test_an_outlook_file_has_no_body_below_a_header() -> None:
    assert likeness_of(io.BytesIO(b"\xd0\xcf\x11\xe0 a\n\nb")).body is None
    assert likeness_of(io.BytesIO(b"a: b\n\nb")).body == sha256(b"b")
    assert likeness_of(io.BytesIO(b"a: b\n\n\n")).body is None

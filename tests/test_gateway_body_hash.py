"""The hash of a body: blank lines, however they are cut and however many there are."""

from __future__ import annotations

import hashlib
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import body_hash
from gateway.body_hash import body_sha256

_HEADER = b"Subject: x\r\n\r\n"


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_hash, "_CHUNK_BYTES", 3)
    monkeypatch.setattr(body_hash, "_MOST_HEADER_BYTES", len(_HEADER) + 2)


@pytest.mark.usefixtures("small_chunks")
@given(st.lists(st.sampled_from([b"\r", b"\n", b"x"]), max_size=20).map(b"".join))
def test_wherever_a_line_end_is_cut_the_hash_is_that_of_the_whole(body: bytes) -> None:
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n")
    whole = hashlib.sha256(lines.replace(b"\n", b"\r\n")).hexdigest()
    assert body_sha256(io.BytesIO(_HEADER + body)) == whole


def test_a_body_of_nothing_but_line_ends_is_held_nowhere() -> None:
    raw = io.BytesIO(_HEADER + b"\r\n" * (8 << 20) + b"x")
    tracemalloc.start()
    try:
        body_sha256(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 << 20, "some chunks of it, and not the 16 MB"


@given(
    st.lists(st.sampled_from([b"a", b"", b"\xff" * 9, b"x" * 70_000]), max_size=9),
    st.sampled_from([b"\n", b"\r\n"]),
    st.integers(0, 3),
)
@pytest.mark.slow
def test_line_ends_and_blank_lines_at_the_end_make_no_other_body(
    lines: list[bytes], end: bytes, blank: int
) -> None:
    plain = b"".join(line + b"\n" for line in lines)
    body = b"".join(line + end for line in lines) + end * blank
    expected = hashlib.sha256(plain.rstrip(b"\n").replace(b"\n", b"\r\n")).hexdigest()
    for header in (b"Subject: x", b"Received: y" + end + b"Subject: z"):
        assert body_sha256(io.BytesIO(header + end + end + body)) == expected


@pytest.mark.parametrize("extra", range(-3, 4))
def test_a_line_end_over_the_edge_of_a_chunk_is_one(extra: int) -> None:
    header = b"Subject: x\r\n\r\n"
    body = b"x" * ((1 << 20) - len(header) + extra) + b"\r\n" + b"y"
    assert body_sha256(io.BytesIO(header + body)) == hashlib.sha256(body).hexdigest()


def test_a_message_without_a_body_has_that_of_nothing() -> None:
    nothing = hashlib.sha256(b"").hexdigest()
    assert body_sha256(io.BytesIO(b"Subject: x\n")) == nothing
    assert body_sha256(io.BytesIO(b"Subject: x\n\n\n\n")) == nothing

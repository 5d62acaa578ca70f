"""The end of data and the transparency dots, whatever way packets split them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.data import DataDecoder

# Pieces of which every look-alike of the end of data is made.
PIECES = [b"\r\n", b"\r", b"\n", b".", b"..", b"\0", b"x", b"\r\n.\r\n", b"\r\n..", b"line"]
STREAMS = st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)


def reference(stream: bytes) -> tuple[bytes, bytes | None]:
    """RFC 5321, 4.1.1.4 and 4.5.2, line by line; content held back at the end left out."""
    content = b""
    lines = stream.split(b"\r\n")
    for number, line in enumerate(lines[:-1]):
        if line == b".":
            return content, b"\r\n".join(lines[number + 1 :])
        content += line.removeprefix(b".") + b"\r\n"
    return content + lines[-1].removeprefix(b"."), None


def decode(chunks: list[bytes]) -> tuple[bytes, bytes | None]:
    decoder, content = DataDecoder(), b""
    for number, chunk in enumerate(chunks):
        piece, rest = decoder.feed(chunk)
        content += piece
        if rest is not None:
            return content, rest + b"".join(chunks[number + 1 :])
    return content, None


@given(stream=STREAMS, cuts=st.lists(st.integers(0, 200), max_size=12))
def test_any_split_gives_what_the_reference_gives(stream: bytes, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[a:b] for a, b in itertools.pairwise(bounds)]
    # An x behind the stream brings out what may be held back, and ends nothing by itself.
    content, rest = decode([*chunks, b"x"])
    expected, expected_rest = reference(stream + b"x")
    assert (content, rest) == (expected, expected_rest)


@given(stream=STREAMS)
def test_byte_by_byte_gives_what_one_chunk_gives(stream: bytes) -> None:
    assert decode([bytes([byte]) for byte in stream + b"x"]) == decode([stream + b"x"])


@given(content=st.binary(max_size=300))
def test_content_that_a_client_stuffed_comes_out_as_it_was(content: bytes) -> None:
    lines = (content + b"\r\n").split(b"\r\n")[:-1]
    wire = b"".join((b"." if line[:1] == b"." else b"") + line + b"\r\n" for line in lines)
    assert decode([wire + b".\r\nQUIT\r\n"]) == (b"".join(x + b"\r\n" for x in lines), b"QUIT\r\n")


@pytest.mark.parametrize(
    "look_alike",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\n\r.\r\n",
        b"\r\n\0.\r\n",
        b"\r\n.\0\r\n",
        b"\r\n.\r\0\n",
        b"\r\r\n.\n",
        b"\r\n.\r\r\n",
        b"\r\n. \r\n",
        b"\r\n.\t\r\n",
    ],
)
def test_only_crlf_dot_crlf_ends_a_message(look_alike: bytes) -> None:
    content, rest = decode(
        [b"Subject: a\r\n\r\nbody" + look_alike + b"MAIL FROM:<x@y.example>\r\n"]
    )
    assert rest is None
    assert content.endswith(b"MAIL FROM:<x@y.example>")  # its CRLF is held back, it may be the end


def test_an_empty_message_ends_at_once() -> None:
    assert decode([b".\r\nRSET\r\n"]) == (b"", b"RSET\r\n")


def test_what_is_held_back_never_grows() -> None:
    decoder = DataDecoder()
    for _ in range(1000):
        content, rest = decoder.feed(b"\r\n.\r")
        assert rest is None
        assert len(content) <= 8

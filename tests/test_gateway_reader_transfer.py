"""Transfer encodings undone chunk by chunk: the same bytes, wherever the chunks are cut."""

from __future__ import annotations

import base64
import binascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.transfer import Decoder, encoding


def decoded(name: str, raw: bytes, size: int = 1 << 18) -> tuple[bytes, bool]:
    decoder = Decoder(name)
    pieces = (raw[at : at + size] for at in range(0, len(raw), size))
    return b"".join(decoder.decode(pieces)), decoder.doubtful


@pytest.mark.parametrize(
    ("written", "name", "known"),
    [
        ("base64", "base64", True),
        ("BASE64 (binary)", "base64", True),
        ("(by a scanner; v2) base64 (binary)", "base64", True),
        ("Base-64;", "base64", True),
        ("quoted/printable", "quoted-printable", True),
        ("x-uuencode", "uuencode", True),
        ("8bit", "", True),
        ("7-bit", "", True),
        ("", "", True),
        ("x-gzip64", "", False),
        ("none of these", "", True),
    ],
)
def test_encodings_are_known_however_they_are_spelt(written: str, name: str, known: bool) -> None:
    assert encoding(written) == (name, known)


@given(st.binary(max_size=600), st.integers(1, 700), st.sampled_from([b"\n", b"\r\n", b"", b"\r"]))
@settings(deadline=None)
def test_base64_is_the_same_wherever_it_is_cut(content: bytes, size: int, ending: bytes) -> None:
    raw = base64.encodebytes(content).replace(b"\n", ending)
    assert decoded("base64", raw, size) == (content, False)
    assert decoded("base64", raw.rstrip(b"=\r\n"), size) == (content, False)


@given(st.binary(max_size=600), st.integers(4, 700), st.sampled_from([b"\n", b"\r\n", b"\r"]))
@settings(deadline=None)
def test_quoted_printable_is_the_same_wherever_it_is_cut(
    content: bytes, size: int, ending: bytes
) -> None:
    raw = binascii.b2a_qp(content, istext=False).replace(b"\n", ending)
    assert decoded("quoted-printable", raw, size)[0] == content


@given(st.binary(max_size=600), st.integers(1, 700))
@settings(deadline=None)
def test_uuencode_is_the_same_wherever_it_is_cut(content: bytes, size: int) -> None:
    lines = [binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45)]
    raw = b"begin 644 name\n" + b"".join(lines) + b"`\nend\n"
    assert decoded("uuencode", raw, size)[0] == content


@pytest.mark.parametrize("junk", [b"!", b" ", b"\0", b"\xff", b"*\r\n*"])
def test_junk_in_base64_is_passed_over(junk: bytes) -> None:
    raw = base64.b64encode(b"the content of a file, long enough")
    assert decoded("base64", raw[:21] + junk + raw[21:]) == (
        b"the content of a file, long enough",
        False,
    )


def test_a_footer_behind_base64_is_no_part_of_the_file() -> None:
    raw = base64.encodebytes(b"hello world") + b"_______\nSent to the list\nby a robot\n"
    assert decoded("base64", raw) == (b"hello world", False)


@pytest.mark.parametrize("size", [3, 50, 1 << 18])
def test_base64_encoded_piece_by_piece_is_read_on_and_flagged(size: int) -> None:
    piece = b"ten bytes."
    raw = b"".join(base64.encodebytes(piece) for _ in range(2000))
    assert decoded("base64", raw, size) == (piece * 2000, True)


@pytest.mark.parametrize(
    "raw",
    [
        b"Dear Sir, the report is attached, as agreed.\r\nYours, Pat\r\n",
        b"preoperative  electrocardiogram interpretation\r\nanaesthesia  administered\r\n",
    ],
)
def test_text_that_calls_itself_base64_is_kept_as_it_is_and_flagged(raw: bytes) -> None:
    assert decoded("base64", raw, 10) == (raw, True)


@pytest.mark.parametrize("group", [4, 8, 20])
def test_base64_in_groups_with_spaces_between_is_base64(group: int) -> None:
    raw = base64.b64encode(bytes(range(256)))
    spaced = b" ".join(raw[at : at + group] for at in range(0, len(raw), group))
    assert decoded("base64", b"\n" + spaced)[0] == bytes(range(256))


def test_white_space_behind_a_soft_break_is_dropped() -> None:
    # RFC 2045, 6.7, rule 3
    assert decoded("quoted-printable", b"one =  \r\nline=20\r\n")[0] == b"one line \r\n"


def test_errors_in_quoted_printable_stay_readable() -> None:
    assert decoded("quoted-printable", b"50=% of =ZZ, a")[0] == b"50=% of =ZZ, a"


def test_one_endless_line_does_not_gather_in_memory() -> None:
    longest = 0

    def chunks() -> object:
        for _ in range(50):
            yield b"QUJD" * 1000

    for piece in Decoder("base64").decode(chunks()):  # type: ignore[arg-type]
        longest = max(longest, len(piece))
    assert longest <= 3 * 4000


@given(st.binary(max_size=400), st.integers(1, 100))
@settings(deadline=None)
def test_no_bytes_make_it_raise(raw: bytes, size: int) -> None:
    for name in ("base64", "quoted-printable", "uuencode", ""):
        assert len(decoded(name, raw, size)[0]) <= max(len(raw), 45 * (raw.count(b"\n") + 1))

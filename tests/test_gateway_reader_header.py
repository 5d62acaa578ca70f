"""Header blocks as the world writes them: where they start, where they end, what is in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.reader.fault import ReadingStopped, Reason
from gateway.reader.header import Header, message_start, read_header
from gateway.reader.source import Extent

LIMIT = 10_000


def parsed(
    tmp_path: Path, raw: bytes, lines: frozenset[bytes] = frozenset()
) -> tuple[Header, bytes]:
    file = tmp_path / "raw"
    file.write_bytes(raw)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        extent = message_start(Extent(descriptor, 0, len(raw)))
        header, body = read_header(extent, extent.start, lines, LIMIT)
        return header, extent.read(body, 1000)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_every_line_end_in_use(tmp_path: Path, ending: bytes) -> None:
    raw = ending.join([b"From: a", b"Subject: one", b" two", b"", b"body"])
    header, body = parsed(tmp_path, raw)
    assert header.fields == (("from", b"a"), ("subject", b"one two"))
    assert body == b"body"


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf",
        b"\r\n\r\n",
        b"  \n",
        b"From someone@somewhere.example Mon Jan  1 00:00:00 2024\n",
        b">From someone@somewhere.example Mon Jan  1 00:00:00 2024\r\n",
        b"\nFrom someone@somewhere.example Mon Jan  1 00:00:00 2024\n",
    ],
)
def test_what_programs_put_before_the_first_field(tmp_path: Path, before: bytes) -> None:
    header, body = parsed(tmp_path, before + b"Subject: x\n\nbody")
    assert (header.first("subject"), body) == (b"x", b"body")


def test_emlx_has_a_length_line_and_a_tail_that_is_no_mail(tmp_path: Path) -> None:
    mail = b"Subject: x\n\nbody"
    header, body = parsed(tmp_path, b"%d      \n" % len(mail) + mail + b"<?xml version='1.0'?>")
    assert (header.first("subject"), body) == (b"x", b"body")


def test_a_forgotten_empty_line_ends_the_header_at_the_text(tmp_path: Path) -> None:
    header, body = parsed(tmp_path, b"Subject: x\nDear Sir or Madam\nSecond line\n")
    assert (len(header.fields), body) == (1, b"Dear Sir or Madam\nSecond line\n")


def test_a_scrap_between_fields_does_not_hide_those_behind_it(tmp_path: Path) -> None:
    header, _ = parsed(tmp_path, b"Subject: x\nquite broken\nContent-Type: text/html\n\nbody")
    assert header.first("content-type") == b"text/html"


def test_a_boundary_ends_a_header_without_an_empty_line(tmp_path: Path) -> None:
    raw = b"Content-Type: text/plain\n--b\nContent-Type: text/html\n"
    header, body = parsed(tmp_path, raw, frozenset({b"--b"}))
    assert (len(header.fields), body[:3]) == (1, b"--b")


def test_a_boundary_with_a_colon_in_it_is_no_field(tmp_path: Path) -> None:
    # The line of white space is no empty line, but some senders mean it as one.
    raw = b'Content-Type: multipart/mixed; boundary="-b:c"\n \n---b:c\nContent-Type: text/html\n'
    header, body = parsed(tmp_path, raw)
    assert (len(header.fields), body[:6]) == (1, b"---b:c")


def test_the_first_of_several_fields_and_all_of_them(tmp_path: Path) -> None:
    header, _ = parsed(tmp_path, b"From: a\nFROM: b\nFrom : c\n\n")
    assert (header.first("from"), header.all("from")) == (b"a", [b"a", b"b", b"c"])


def test_a_header_over_the_limit_is_named_before_it_is_parsed(tmp_path: Path) -> None:
    with pytest.raises(ReadingStopped) as stopped:
        parsed(tmp_path, b"X: " + b"a" * LIMIT + b"\n\nbody")
    assert stopped.value.reason is Reason.HEADER_TOO_LARGE


def test_a_header_of_any_length_below_the_limit_is_whole(tmp_path: Path) -> None:
    for length in (*range(4000, 4200), LIMIT - 20):
        header, body = parsed(tmp_path, b"X: " + b"a" * length + b"\nY: b\n\nbody")
        assert (len(header.first("x") or b""), header.first("y"), body) == (length, b"b", b"body")


def test_a_from_with_a_space_before_its_colon_is_a_field_in_the_first_line_too(
    tmp_path: Path,
) -> None:
    header, _ = parsed(tmp_path, b"From : eve@evil.example\nFrom: pat@baker.example\n\nx")
    assert [one.strip() for one in header.all("from")] == [
        b"eve@evil.example",
        b"pat@baker.example",
    ]
    header, _ = parsed(tmp_path, b"From pat@baker.example Mon May 5 10:00:00 2025\nTo: x\n\nx")
    assert [name for name, _ in header.fields] == ["to"]

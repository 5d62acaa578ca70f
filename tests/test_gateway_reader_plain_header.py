"""A header that every program reads alike, and those that can be read in two ways."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest

from gateway.reader.header import message_start, read_header
from gateway.reader.plain_header import begins_plainly, is_plain
from gateway.reader.source import Extent

FIELDS = b"From: pat@firm.example\r\nSubject: a\r\n b\r\nX-Empty:\r\n"

PLAIN = [
    FIELDS + b"\r\nWords.\r\n",
    FIELDS + b"\r\n",
    FIELDS,  # nothing but a header
    FIELDS.replace(b"\r\n", b"\n") + b"\nWords.\n",
    FIELDS + b"\r\n\r\n\r\nWords, and a \r alone.\r\n",
    b"Subject : blank\r\n\r\n",
    b"Subject:" + b" folded\r\n" * 3000 + b"\r\nWords.\r\n",
]
TWO_WAYS = [
    FIELDS + b"X-A: x\rSubject: another\r\n\r\nWords.\r\n",
    FIELDS + b"X-A: x\r\rOther words.\r\n\r\nWords.\r\n",
    FIELDS + b"X-A: x\r\r\n\r\nWords.\r\n",
    FIELDS + b"From now on these are the words.\r\n\r\nWords.\r\n",
    FIELDS + b"From now on these are\r\nThe: words\r\n\r\nWords.\r\n",
    FIELDS + b"--these: are the words\r\n\r\nWords.\r\n",
    FIELDS + b"No field at all\r\n\r\nWords.\r\n",
    b"No field at all\r\n" + FIELDS + b"\r\nWords.\r\n",
    b"From pat Sat Jan  1 00:00:00 2026\r\n" + FIELDS + b"\r\nWords.\r\n",
    b"\r\n" + FIELDS + b"\r\nWords.\r\n",
    b"\xef\xbb\xbf" + FIELDS + b"\r\nWords.\r\n",
    b"24\r\n" + FIELDS + b"\r\nWords.\r\n",
    FIELDS + b"X-Cut: at its end",
]


def plain(message: bytes) -> bool:
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        with Path(file.name).open("rb") as raw:
            start = message_start(Extent(raw.fileno(), 0, len(message)))
            header, body = read_header(start, start.start, (), 1 << 18)
    return is_plain(message[:body], header, is_all=body == len(message))


@pytest.mark.parametrize("message", PLAIN)
def test_one_way(message: bytes) -> None:
    assert plain(message)


@pytest.mark.parametrize("message", TWO_WAYS)
def test_two_ways(message: bytes) -> None:
    assert not plain(message)


def test_by_its_bytes_alone_it_is_plain_where_it_has_an_end() -> None:
    ends = [message for message in PLAIN if b"\n\n" in message or b"\r\n\r\n" in message]
    assert len(ends) == len(PLAIN) - 1
    assert all(begins_plainly(message) for message in ends)
    assert not any(begins_plainly(message) for message in TWO_WAYS)


def test_a_block_of_nothing_but_lines_is_looked_through_once() -> None:
    begun = time.monotonic()
    assert not begins_plainly(b"a: b\r\n" * 40_000 + b"a\r\n")
    assert not begins_plainly(b"a" * 262_144)
    assert time.monotonic() - begun < 2

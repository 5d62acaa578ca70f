"""Uuencoded files in a text: found where they are, and words stay words."""

from __future__ import annotations

import binascii
import os
from pathlib import Path

import pytest

from gateway.reader.source import Extent
from gateway.reader.transfer import Decoder
from gateway.reader.uuencoded import Block, blocks, may_hold

FILE = bytes(range(256)) * 3 + b"\0" * 50 + b"the end"


def uuencoded(
    data: bytes, name: str = "report.pdf", *, end: str = "`\nend\n", backtick: bool = True
) -> bytes:
    lines = (
        binascii.b2a_uu(data[at : at + 45], backtick=backtick) for at in range(0, len(data), 45)
    )
    return f"begin 644 {name}\n".encode() + b"".join(lines) + end.encode()


def found(tmp_path: Path, raw: bytes) -> list[tuple[Block, bytes]]:
    file = tmp_path / "text"
    file.write_bytes(raw)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        text = Extent(descriptor, 0, len(raw))
        return [
            (
                block,
                b"".join(Decoder("uuencode").decode(text.cut(block.start, block.end).chunks())),
            )
            for block in blocks(text)
        ]
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r\r\n"])
def test_files_between_words_are_found_byte_for_byte(tmp_path: Path, ending: bytes) -> None:
    raw = b"Two files.\n" + uuencoded(FILE) + b"and\n" + uuencoded(FILE[:7], "b c.txt") + b"Pat\n"
    one, other = found(tmp_path, raw.replace(b"\n", ending))
    assert [(block.name, data) for block, data in (one, other)] == [
        (b"report.pdf", FILE),
        (b"b c.txt", FILE[:7]),
    ]
    assert one[0].is_whole
    assert may_hold([raw])


@pytest.mark.parametrize("backtick", [True, False])
def test_blanks_that_were_lost_at_the_ends_of_lines_are_zeros(
    tmp_path: Path, *, backtick: bool
) -> None:
    data = b"A" + b"\0" * 44 + b"B" * 45 + b"\0" * 45
    raw = uuencoded(data, backtick=backtick)
    stripped = b"\n".join(line.rstrip() for line in raw.split(b"\n"))
    ((_, read),) = found(tmp_path, stripped)
    assert read == data


def test_one_that_is_cut_off_is_found_and_doubtful(tmp_path: Path) -> None:
    ((block, data),) = found(tmp_path, uuencoded(FILE, end=""))
    assert data == FILE
    assert not block.is_whole


@pytest.mark.parametrize(
    "text",
    [
        b"begin 644 nothing",
        b"begin 644 the chapter\nand go on to the end\nend\n",
        b"begin with 644 words\nend\n",
        b"> " + uuencoded(FILE).replace(b"\n", b"\n> "),
        b"begin 644 x\nend\n",
    ],
)
def test_words_are_words(tmp_path: Path, text: bytes) -> None:
    assert found(tmp_path, text) == []


@pytest.mark.parametrize("before", [0, 1, 262_100, 262_130, 262_143, 262_144, 300_000])
def test_the_windows_do_not_show(tmp_path: Path, before: int) -> None:
    text = (b"words of a letter\n" * (before // 18 + 1))[:before]
    text = text[:-1] + b"\n" if text else text
    data = FILE * 400
    ((block, read),) = found(tmp_path, text + uuencoded(data) + b"Pat")
    assert (block.start, read) == (before, data)
    assert may_hold(text[at : at + 1000] for at in range(0, len(text), 1000)) is False

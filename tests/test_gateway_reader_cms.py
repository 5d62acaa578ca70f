"""CMS frames: what was signed is found in DER and in BER with open lengths, and junk is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.reader.cms import Kind, NotCms, kind_of, signed_content
from gateway.reader.source import Extent

SIGNED = bytes.fromhex("06092a864886f70d010702")
ENVELOPED = bytes.fromhex("06092a864886f70d010703")
DATA = bytes.fromhex("06092a864886f70d010701")
SHA256 = bytes.fromhex("300d06096086480165030402010500")
CONTENT = b"Content-Type: text/plain\r\n\r\nThe statement is signed.\r\n" * 40


def der(tag: int, *values: bytes) -> bytes:
    body = b"".join(values)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def ber(tag: int, *values: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(values) + b"\0\0"


def in_pieces(content: bytes, size: int) -> bytes:
    return ber(0x24, *(der(0x04, content[at : at + size]) for at in range(0, len(content), size)))


def signed(octets: bytes, build: object = der) -> bytes:
    build = der if build is der else ber
    held = build(0x30, DATA, build(0xA0, octets)) if octets else build(0x30, DATA)
    return build(
        0x30,
        SIGNED,
        build(0xA0, build(0x30, b"\x02\x01\x01", build(0x31, SHA256), held, der(0x31, b"x" * 99))),
    )


@pytest.fixture
def extent(tmp_path: Path) -> Iterator[object]:
    descriptors: list[int] = []

    def write(raw: bytes) -> Extent:
        file = tmp_path / f"cms{len(descriptors)}"
        file.write_bytes(raw)
        descriptors.append(os.open(file, os.O_RDONLY))
        return Extent(descriptors[-1], 0, len(raw))

    yield write
    for descriptor in descriptors:
        os.close(descriptor)


def content(found: Extent) -> bytes:
    return b"".join(each.read(each.start, each.size) for each in signed_content(found))


@pytest.mark.parametrize(
    "raw",
    [
        signed(der(0x04, CONTENT)),
        signed(der(0x04, CONTENT), ber),
        signed(in_pieces(CONTENT, 7), ber),
        signed(in_pieces(CONTENT, 1000)),
        signed(der(0x24, in_pieces(CONTENT[:100], 9), der(0x04, CONTENT[100:]))),
    ],
)
def test_what_was_signed_is_found_however_it_is_written(extent: object, raw: bytes) -> None:
    assert callable(extent)
    found = extent(raw)
    assert kind_of(found) is Kind.SIGNED
    assert content(found) == CONTENT


def test_a_signature_that_stands_alone_holds_nothing(extent: object) -> None:
    assert callable(extent)
    assert content(extent(signed(b""))) == b""


def test_what_is_encrypted_says_so_and_other_kinds_are_none(extent: object) -> None:
    assert callable(extent)
    assert kind_of(extent(ber(0x30, ENVELOPED, ber(0xA0, b"\x02\x01\x00")))) is Kind.ENCRYPTED
    assert kind_of(extent(der(0x30, DATA, der(0xA0, der(0x04, b"x"))))) is None


@pytest.mark.parametrize(
    "raw", [b"", b"0", b"MIAGCSq", b"\x30\xff" + b"\xff" * 20, b"\x30\x80" * 99]
)
def test_what_is_no_cms_is_told(extent: object, raw: bytes) -> None:
    assert callable(extent)
    with pytest.raises(NotCms):
        kind_of(extent(raw))


def test_a_frame_cut_anywhere_gives_a_beginning_or_is_told(extent: object) -> None:
    assert callable(extent)
    whole = signed(in_pieces(CONTENT, 300), ber)
    for end in range(0, len(whole), 7):
        try:
            assert CONTENT.startswith(content(extent(whole[:end])))
        except NotCms:
            continue


@settings(deadline=None)
@given(st.data())
def test_any_change_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    raw = bytearray(signed(in_pieces(CONTENT[:400], 50), ber))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.mktemp("cms") / "raw"
    file.write_bytes(raw)
    with file.open("rb") as stream:
        found = Extent(stream.fileno(), 0, len(raw))
        try:
            if kind_of(found) is Kind.SIGNED:
                content(found)
        except NotCms:
            pass

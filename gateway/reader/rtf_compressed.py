"""Compressed RTF ([MS-OXRTFCP]): the form in which Outlook keeps the rich text of a message."""

from __future__ import annotations

import struct
import zlib

_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
# What the dictionary holds before the first byte (2.1.2.1).
_FIRST = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_DICTIONARY = 4096
# The longest reference is 17 bytes in 17 bits.
_MOST_RATIO = 9


class NotCompressedRtf(Exception):
    """The bytes are no compressed RTF, or are not whole."""


def decompress(raw: bytes) -> bytes:
    """Return the RTF. Raises NotCompressedRtf."""
    if len(raw) < _HEADER.size:
        raise NotCompressedRtf("header")
    _, size, kind, check = _HEADER.unpack_from(raw)
    data = raw[_HEADER.size :]
    if kind == _PLAIN:
        if len(data) < size:
            raise NotCompressedRtf("cut short")
        return data[:size]
    if kind != _COMPRESSED or size > len(data) * _MOST_RATIO:
        raise NotCompressedRtf("kind")
    found, used = _decompressed(data)
    # A checksum without its usual inversions (2.1.3.2). Some writers get it wrong, and some the
    # size: one of them has to be right.
    if len(found) < size and zlib.crc32(data[:used], 0xFFFFFFFF) ^ 0xFFFFFFFF != check:
        raise NotCompressedRtf("cut short")
    return found[:size]


def _decompressed(data: bytes) -> tuple[bytes, int]:
    """Return what the references and bytes make, and how many bytes of `data` that took."""
    # A place in the dictionary is told by how far it lies behind the end of what is written.
    found = bytearray(_DICTIONARY - len(_FIRST)) + _FIRST
    start, place, end = len(found), 0, len(data)
    while place < end:
        control = data[place]
        place += 1
        if not control:
            found += data[place : place + 8]
            place += 8
            continue
        for _ in range(8):
            if control & 1:
                if place + 2 > end:
                    return bytes(found[start:]), end
                word = data[place] << 8 | data[place + 1]
                place += 2
                written = (len(_FIRST) + len(found) - start) % _DICTIONARY
                distance = (written - (word >> 4)) % _DICTIONARY
                if not distance:
                    return bytes(found[start:]), place
                length = (word & 15) + 2
                at = len(found) - distance
                piece = found[at : at + length]
                while len(piece) < length:  # it goes on in what it writes
                    piece += piece[: length - len(piece)]
                found += piece
            elif place < end:
                found.append(data[place])
                place += 1
            control >>= 1
    return bytes(found[start:]), min(place, end)

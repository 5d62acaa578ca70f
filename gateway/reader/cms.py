"""CMS (RFC 5652), which S/MIME wraps messages in: what a thing is, and what was signed in it.

Only the frame is read, by place: the content may be as long as a message. Nothing is verified, and
certificates are not looked at. Both DER and BER with open lengths are in use: programs that stream
write the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from gateway.reader.source import Extent

_SEQUENCE, _OID, _OCTETS, _OCTETS_IN_PIECES, _EXPLICIT = 0x30, 0x06, 0x04, 0x24, 0xA0
_MOST_DEEP = 16
_LONGEST_HEADER = 2 + 6  # lengths of more than six bytes are nobody's
_LONG_TAG = 0x1F


class Kind(Enum):
    """What a thing is."""

    SIGNED = "signed"
    ENCRYPTED = "encrypted"


# RFC 5652, 4 to 8; RFC 5083; as they are encoded.
_KINDS = {
    bytes.fromhex("2a864886f70d010702"): Kind.SIGNED,
    bytes.fromhex("2a864886f70d010703"): Kind.ENCRYPTED,  # enveloped
    bytes.fromhex("2a864886f70d010704"): Kind.ENCRYPTED,  # signed and enveloped (PKCS #7)
    bytes.fromhex("2a864886f70d010706"): Kind.ENCRYPTED,
    bytes.fromhex("2a864886f70d0109100117"): Kind.ENCRYPTED,  # enveloped and authenticated
}


class NotCms(Exception):
    """The bytes are no CMS, or are cut off where they would say what they are."""


@dataclass(frozen=True)
class _Value:
    """A tag, and where its content stands: open-ended where the length is not said."""

    tag: int
    start: int
    end: int | None


def kind_of(extent: Extent) -> Kind | None:
    """Return what a thing is, None for a kind that holds no message. Raises NotCms."""
    return _KINDS.get(_oid(extent, _expect(extent, extent.start, _SEQUENCE).start)[0])


def signed_content(extent: Extent) -> Iterator[Extent]:
    """Give the stretches of what was signed, in order; none where the signature stands alone.

    `extent` is of Kind.SIGNED. Raises NotCms where its frame is broken or cut off.
    """
    outer = _expect(extent, extent.start, _SEQUENCE)
    _, behind = _oid(extent, outer.start)
    data = _expect(extent, _expect(extent, behind, _EXPLICIT).start, _SEQUENCE)
    place = _behind(extent, _value(extent, data.start))  # version
    place = _behind(extent, _value(extent, place))  # the digests' algorithms
    content = _expect(extent, place, _SEQUENCE)
    _, place = _oid(extent, content.start)
    if content.end is not None and place >= content.end:
        return
    held = _value(extent, place)
    if held.tag == _EXPLICIT:
        yield from _octets(extent, _value(extent, held.start), 0)


def _octets(extent: Extent, value: _Value, depth: int) -> Iterator[Extent]:
    if value.tag == _OCTETS and value.end is not None:
        if value.end > extent.end:
            raise NotCms
        yield extent.cut(value.start, value.end)
        return
    if value.tag != _OCTETS_IN_PIECES or depth > _MOST_DEEP:
        raise NotCms
    for piece in _children(extent, value):
        yield from _octets(extent, piece, depth + 1)


def _children(extent: Extent, value: _Value) -> Iterator[_Value]:
    place = value.start
    while value.end is None or place < value.end:
        child = _value(extent, place)
        if child.tag == 0 and value.end is None:
            return
        yield child
        place = _behind(extent, child)


def _behind(extent: Extent, value: _Value, depth: int = 0) -> int:
    """Return the place behind a value, and behind what ends it where its length is not said."""
    if value.end is not None:
        return value.end
    if depth > _MOST_DEEP:
        raise NotCms
    place = value.start
    while (child := _value(extent, place)).tag != 0:
        place = _behind(extent, child, depth + 1)
    return child.start


def _oid(extent: Extent, place: int) -> tuple[bytes, int]:
    value = _expect(extent, place, _OID)
    if value.end is None:
        raise NotCms
    return extent.read(value.start, min(value.end - value.start, 32)), value.end


def _expect(extent: Extent, place: int, tag: int) -> _Value:
    value = _value(extent, place)
    if value.tag != tag:
        raise NotCms
    return value


def _value(extent: Extent, place: int) -> _Value:
    """Read the tag and the length at `place` (X.690, 8.1). Raises NotCms where there are none."""
    head = extent.read(place, _LONGEST_HEADER)
    if len(head) < 2 or head[0] & _LONG_TAG == _LONG_TAG:
        raise NotCms
    tag, length = head[0], head[1]
    if length == 0x80:
        return _Value(tag, place + 2, None)
    if length < 0x80:
        return _Value(tag, place + 2, place + 2 + length)
    count = length & 0x7F
    if count > _LONGEST_HEADER - 2 or len(head) < 2 + count:
        raise NotCms
    start = place + 2 + count
    return _Value(tag, start, start + int.from_bytes(head[2 : 2 + count], "big"))

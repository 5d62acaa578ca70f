"""The body of an Outlook item, in the forms that it is kept in: text, HTML, or rich text."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.reader.mapi import BINARY, UNICODE, DamagedContainer, Item, Pieces, Value
from gateway.reader.rtf import NotRtf, RtfBody, Wrapped, read_rtf
from gateway.reader.rtf_compressed import NotCompressedRtf, decompress
from gateway.reader.scratch import Scratch
from gateway.reader.source import Extent

_TEXT, _HTML, _RICH = 0x1000, 0x1013, 0x1009
_MOST_RICH_BYTES = 8 << 20  # compressed
_UTF8 = "utf-8"


@dataclass(frozen=True)
class Form:
    """One form of the body: its media type, its bytes, and their charset."""

    media_type: str
    extent: Extent
    charset: str | None = None
    name: str | None = None  # where it is no words, but a document of its own


def item_body(item: Item, scratch: Scratch) -> list[Form]:
    """Return the forms, plain text first. Raises DamagedContainer where the only one is broken."""
    properties = item.properties
    forms = []
    if (text := properties.get(_TEXT)) is not None and text.size:
        forms.append(_form("text/plain", text, properties.label, scratch))
    if (page := properties.get(_HTML)) is not None and page.size:
        label = properties.internet_label if page.kind == BINARY else properties.label
        forms.append(_form("text/html", page, label, scratch))
        return forms
    try:
        rich, raw = _rich(properties.get(_RICH))
    except (NotCompressedRtf, NotRtf) as fault:
        if not forms:
            raise DamagedContainer("rich text") from fault
        return forms
    if rich is not None:
        forms += _unwrapped(rich, raw, scratch, has_text=bool(forms))
    return forms


def _rich(value: Value | None) -> tuple[RtfBody | None, bytes]:
    if value is None or not value.size:
        return None, b""
    if value.size > _MOST_RICH_BYTES:
        raise NotCompressedRtf("too long")
    raw = decompress(value.head(_MOST_RICH_BYTES))
    return (read_rtf(raw), raw) if raw.strip(b"\0\r\n ") else (None, b"")


def _unwrapped(rich: RtfBody, raw: bytes, scratch: Scratch, *, has_text: bool) -> Iterator[Form]:
    if rich.wrapped is Wrapped.HTML:
        yield Form("text/html", scratch.write([rich.text.encode()]), _UTF8)
        return
    if not has_text and rich.text.strip():
        yield Form("text/plain", scratch.write([rich.text.encode()]), _UTF8)
    if rich.has_pictures:
        # They are in the rich text alone: it is a document.
        yield Form("text/rtf", scratch.write([raw]), name="Message.rtf")


def _form(media_type: str, value: Value, label: str | None, scratch: Scratch) -> Form:
    if isinstance(value.data, bytes):
        return Form(media_type, scratch.write([value.data]), label)
    if value.kind == UNICODE:
        # Without a byte order mark UTF-16 passes for no text.
        return Form(media_type, scratch.write(_as_utf8(value.data)), _UTF8)
    return Form(media_type, scratch.extent(value.data), label)


def _as_utf8(pieces: Pieces) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16-le")("replace")
    for chunk in pieces.chunks():
        yield decoder.decode(chunk).replace("\0", "").encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")

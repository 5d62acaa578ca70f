"""Enclosed: parts in the content of a part, which no boundary divides.

A file uuencoded in a text, the message in an opaque S/MIME signature, and the parts of a multipart
that was encoded as a whole: each is shown by mail programs as if it had come as a part of its own,
so the tree gets the parts that they show.
"""

from __future__ import annotations

import binascii
import itertools
from collections.abc import Iterator

from gateway.reader import cms, uuencoded
from gateway.reader.entity import Count, Entity, Kind, read_tree
from gateway.reader.fault import ReadingStopped
from gateway.reader.header import Header, message_start, read_header
from gateway.reader.parameters import Value
from gateway.reader.scratch import Scratch
from gateway.reader.source import Extent
from gateway.reader.transfer import Decoder

_SMIME_TYPES = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_ENDING = ".p7m"
_LEAST_FIELDS = {"content-type", "mime-version"}
_ARMOUR = b"-----BEGIN "
_FRAME_BYTES = 1 << 16  # what a thing is stands in its first bytes


def disclose(root: Entity, count: Count, scratch: Scratch) -> None:
    """Give the parts of one message that enclose others the parts that they enclose.

    A group in the place of a part holds them in their order; the wrapper of a signature is its
    last, `opened`. Attached messages are left for when they are read. Raises ReadingStopped.
    """
    for group in list(_encoded_groups(root)):
        _divided(group, count, scratch)
    for leaf in list(_leaves(root)):
        if (
            leaf.encoding != "uuencode"
            and leaf.media_type == "text/plain"
            and _is_shown(leaf, root)
        ):
            _uuencoded(leaf, count, scratch)
        elif is_smime(leaf):
            _signed(leaf, count, scratch)


def is_smime(leaf: Entity) -> bool:
    """Say whether a part calls itself a message in S/MIME's wrapping, by its type or its name."""
    return leaf.media_type in _SMIME_TYPES or (leaf.name or "").lower().endswith(_ENDING)


def _leaves(entity: Entity) -> Iterator[Entity]:
    if entity.kind is Kind.LEAF:
        yield entity
    elif entity.kind is Kind.MULTIPART:
        for child in entity.children:
            yield from _leaves(child)


def _encoded_groups(entity: Entity) -> Iterator[Entity]:
    if entity.kind is not Kind.MULTIPART:
        return
    if entity.encoding and not entity.children:
        yield entity
    for child in entity.children:
        yield from _encoded_groups(child)


def _divided(group: Entity, count: Count, scratch: Scratch) -> None:
    """Divide a multipart that was encoded as a whole, which RFC 2045, 6.4, forbids."""
    field = b"Content-Type: " + b" ".join((group.header.first("content-type") or b"").split())
    content = scratch.write(itertools.chain([field, b"\r\n\r\n"], _decoded(group)))
    inner = read_tree(content, count, group.depth)
    if inner.children:
        _become_group(group, group.media_type, inner.children)
        group.ambiguous = True
        for deeper in list(_encoded_groups(group)):
            _divided(deeper, count, scratch)


def _is_shown(leaf: Entity, root: Entity) -> bool:
    """Say whether a text stands in the message itself: a file of text stays as it is."""
    return leaf.disposition.value != "attachment" and (leaf is root or leaf.name is None)


def _uuencoded(leaf: Entity, count: Count, scratch: Scratch) -> None:
    if not uuencoded.may_hold(_decoded(leaf)):
        return
    text = scratch.write(_decoded(leaf)) if leaf.encoding else leaf.body
    children: list[Entity] = []
    place = text.start
    for block in uuencoded.blocks(text):
        children += _words(leaf, text.cut(place, block.start))
        count.part(leaf.depth + 1)
        children.append(
            Entity(
                header=Header(),
                kind=Kind.LEAF,
                media_type="application/octet-stream",
                disposition=Value("attachment", {"filename": block.name}),
                content_type=Value(),
                encoding="uuencode",
                depth=leaf.depth + 1,
                body=text.cut(block.start, block.end),
                ambiguous=not block.is_whole,
            )
        )
        place = block.end
    if children:
        children += _words(leaf, text.cut(place, text.end))
        _become_group(leaf, "multipart/mixed", children)


def _words(leaf: Entity, stretch: Extent) -> list[Entity]:
    """Return a stretch of a text as a part, none where nothing is in it."""
    if not any(chunk.strip() for chunk in stretch.chunks()):
        return []
    written = leaf.content_type
    plain = {key: raw for key, raw in written.parameters.items() if not key.startswith("name")}
    return [
        Entity(
            header=Header(),
            kind=Kind.LEAF,
            media_type="text/plain",
            disposition=Value(),
            content_type=Value(written.value, plain),
            encoding="",
            depth=leaf.depth + 1,
            body=stretch,
        )
    ]


def _signed(leaf: Entity, count: Count, scratch: Scratch) -> None:
    frame = scratch.write(_up_to(_FRAME_BYTES, _binary(leaf)))
    try:
        if cms.kind_of(frame) is not cms.Kind.SIGNED:
            return
        whole = scratch.write(_binary(leaf))
        stretches = cms.signed_content(whole)
        content = scratch.write(chunk for each in stretches for chunk in each.chunks())
    except cms.NotCms:
        return  # it stays the file that it is
    if not content.size:
        return
    wrapper = Entity(
        header=Header(),
        kind=Kind.LEAF,
        media_type=leaf.media_type,
        disposition=leaf.disposition,
        content_type=leaf.content_type,
        encoding=leaf.encoding,
        depth=leaf.depth + 1,
        body=leaf.body,
        opened=True,
    )
    inner = _inner(leaf, content, count, scratch)
    count.part(leaf.depth + 1)
    _become_group(leaf, "multipart/signed", [inner, wrapper])


def _inner(leaf: Entity, content: Extent, count: Count, scratch: Scratch) -> Entity:
    """Return what was signed: a MIME entity as S/MIME has it (RFC 8551, 3.1), or a file."""
    if _is_mime(content, count.limits.max_header_bytes):
        inner = read_tree(content, count, leaf.depth + 1)
        disclose(inner, count, scratch)
        return inner
    count.part(leaf.depth + 1)
    name = (leaf.name or "")[: -len(_ENDING)] if leaf.name else ""
    return Entity(
        header=Header(),
        kind=Kind.LEAF,
        media_type="application/octet-stream",
        disposition=Value("attachment", {"filename": name.encode("utf-8", "replace")}),
        content_type=Value(),
        encoding="",
        depth=leaf.depth + 1,
        body=content,
    )


def _is_mime(content: Extent, max_header_bytes: int) -> bool:
    start = message_start(content)
    try:
        header, _ = read_header(start, start.start, (), max_header_bytes)
    except ReadingStopped:  # a file of one endless line
        return False
    return not _LEAST_FIELDS.isdisjoint(name for name, _ in header.fields)


def _become_group(leaf: Entity, media_type: str, children: list[Entity]) -> None:
    leaf.kind = Kind.MULTIPART
    leaf.media_type = media_type
    leaf.encoding = ""
    leaf.children = children


def _decoded(leaf: Entity) -> Iterator[bytes]:
    return Decoder(leaf.encoding).decode(leaf.body.chunks())


def _binary(leaf: Entity) -> Iterator[bytes]:
    """Give a part's bytes, decoded once more where they are still base64 or armoured."""
    chunks = _decoded(leaf)
    head = next(chunks, b"")
    while len(head) < len(_ARMOUR) * 4 and (more := next(chunks, b"")):
        head += more
    rest = itertools.chain([head], chunks)
    if head.startswith(_ARMOUR):
        first = head.find(b"\n") + 1
        return Decoder("base64").decode(itertools.chain([head[first:]], chunks))
    if head[:2] == b"MI" and _is_base64(head[:256]):
        return Decoder("base64").decode(rest)
    return rest


def _is_base64(text: bytes) -> bool:
    try:
        binascii.a2b_base64(b"".join(text.split())[: 4 * 32], strict_mode=True)
    except binascii.Error:
        return False
    return True


def _up_to(size: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return

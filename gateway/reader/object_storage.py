"""An OLE object that is kept as a storage, made a file of its own."""

from __future__ import annotations

from converters.compound import CompoundFile, Entry
from converters.compound_write import Node, compound_chunks
from gateway.reader.charset import decode
from gateway.reader.mapi import DamagedContainer, Pieces
from gateway.reader.scratch import Scratch

_MOST_DEEP = 30
_NATIVE = "\x01Ole10Native"
# Streams that are the whole file that somebody put into a message: an OOXML document, a PDF.
_WHOLE = ("Package", "CONTENTS", "EmbeddedOdf")
_MOST_HEAD = 4096
# A PDF, a document in a ZIP file, and pictures: of Windows, of the web.
_SIGNATURES = (
    b"%PDF-", b"PK\x03\x04", b"BM", b"\x01\x00\x00\x00l\x00\x00\x00", b"\xd7\xcd\xc6\x9a",
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8",
)  # fmt: skip


def storage_file(file: CompoundFile, storage: Entry, descriptor: int, scratch: Scratch) -> Pieces:
    """Write a storage as a compound file, as its own program would save it. Raises NotCompound."""
    return scratch.pieces(
        scratch.write(compound_chunks(_node(file, storage, descriptor, _MOST_DEEP)))
    )


def _node(file: CompoundFile, entry: Entry, descriptor: int, room: int) -> Node:
    if not room:
        raise DamagedContainer("storages too deep")
    if not entry.is_storage:
        pieces = Pieces(descriptor, tuple(file.runs(entry)))
        return Node(entry.name, None, pieces.size, pieces.chunks)
    children = [_node(file, child, descriptor, room - 1) for child in file.children(entry).values()]
    return Node(entry.name, children, class_id=entry.class_id)


def unpacked(data: Pieces) -> tuple[Pieces, str | None]:
    """Return the file that an OLE object is a wrapper of, with its name where it has one.

    An object that is a document itself comes back as it is. `data` lies in one run. Raises
    NotCompound.
    """
    (start, end) = data.runs[0]
    file = CompoundFile(data.descriptor, start, end)
    top = file.children(file.root)
    for name in _WHOLE:
        if name in top and file.head(top[name], 8).startswith(_SIGNATURES):
            return Pieces(data.descriptor, tuple(file.runs(top[name]))), None
    native = next((top[name] for name in top if name.upper() == _NATIVE.upper()), None)
    if native is not None:
        found = _package(Pieces(data.descriptor, tuple(file.runs(native))))
        if found is not None:
            return found
    return data, None


def _package(native: Pieces) -> tuple[Pieces, str] | None:
    """Take a file out of what the Object Packager wrote: label, path, path again, bytes."""
    head = native.head(_MOST_HEAD)
    if head[4:6] != b"\x02\x00":
        return None
    label_end = head.find(b"\0", 6)
    path_end = head.find(b"\0", label_end + 1)
    if label_end < 0 or path_end < 0:
        return None
    at = path_end + 1 + 4
    at += 4 + int.from_bytes(head[at : at + 4], "little")
    size = int.from_bytes(head[at : at + 4], "little")
    inner = native.cut(at + 4)
    if at + 4 > len(head) or not 0 < size <= inner.size:
        return None
    rest = inner.size - size
    runs = list(inner.runs)
    while rest:
        first, last = runs.pop()
        cut = min(rest, last - first)
        rest -= cut
        if first < last - cut:
            runs.append((first, last - cut))
    name, _ = decode(head[6:label_end], None)
    return Pieces(native.descriptor, tuple(runs)), name

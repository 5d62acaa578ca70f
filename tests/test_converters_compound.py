"""Compound files: written and read, by us and by another reader, and what damaged ones cost."""

from __future__ import annotations

import io
import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import olefile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.compound import CompoundFile, Entry, NotCompound
from converters.compound_write import Node, compound_chunks

SMALL = {"a": b"", "b": b"x" * 64, "c": b"y" * 4095}
LARGE = random.Random(1).randbytes(9_000_000)  # its table needs a list of its own


@contextmanager
def opened(content: bytes, folder: Path, before: bytes = b"") -> Iterator[CompoundFile]:
    file = folder / "file"
    file.write_bytes(before + content)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        yield CompoundFile(descriptor, len(before), len(before) + len(content))
    finally:
        os.close(descriptor)


def stream(name: str, content: bytes) -> Node:
    return Node(name, None, len(content), lambda: [content])


def written(*children: Node) -> bytes:
    return b"".join(compound_chunks(Node("Root Entry", children)))


def content(file: CompoundFile, entry: Entry, folder: Path) -> bytes:
    raw = (folder / "file").read_bytes()
    return b"".join(raw[start:end] for start, end in file.runs(entry))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    inner = Node("inner", [stream("deep", b"words"), stream("large", LARGE)], class_id=b"c" * 16)
    raw = written(*(stream(*each) for each in SMALL.items()), inner)
    with opened(raw, tmp_path, before=b"something else") as file:
        top = file.children(file.root)
        assert {name: content(file, top[name], tmp_path) for name in SMALL} == SMALL
        assert (top["inner"].is_storage, top["inner"].class_id) == (True, b"c" * 16)
        deep = file.children(top["inner"])
        assert content(file, deep["deep"], tmp_path) == b"words"
        assert content(file, deep["large"], tmp_path) == LARGE
        assert len(file.runs(deep["large"])) == 1
        assert file.head(deep["large"], 700) == LARGE[:700]


def test_another_reader_reads_what_was_written() -> None:
    raw = written(*(stream(*each) for each in SMALL.items()), Node("in", [stream("d", LARGE)]))
    with olefile.OleFileIO(io.BytesIO(raw)) as other:
        assert {name: other.openstream(name).read() for name in SMALL} == SMALL
        assert other.openstream(["in", "d"]).read() == LARGE


@pytest.mark.slow
@given(st.dictionaries(st.text("abcXYZ\u00e4", min_size=1, max_size=9), st.integers(0, 9000),
                       max_size=40))  # fmt: skip
def test_any_names_and_sizes(
    tmp_path_factory: pytest.TempPathFactory, sizes: dict[str, int]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    parts = {name: os.urandom(size) for name, size in sizes.items()}
    with opened(written(*(stream(*each) for each in parts.items())), folder) as file:
        top = file.children(file.root)
        assert {name: content(file, entry, folder) for name, entry in top.items()} == parts


def directory(raw: bytes) -> int:
    """Return where the entries begin."""
    return (int.from_bytes(raw[48:52], "little") + 1) * 512


def every_stream(file: CompoundFile, times: int = 1) -> None:
    for entry in [*file.children(file.root).values()] * times:
        file.runs(entry)


def changed(raw: bytes, at: int, value: int, size: int = 4) -> bytes:
    return raw[:at] + value.to_bytes(size, "little") + raw[at + size :]


def test_what_is_damaged_is_refused(tmp_path: Path) -> None:
    raw = written(stream("a", LARGE[:20_000]), stream("b", LARGE[:20_000]))
    first = directory(raw) + 128
    table = (struct.unpack_from("<I", raw, 76)[0] + 1) * 512
    start = int.from_bytes(raw[first + 116 : first + 120], "little")
    broken = (
        changed(raw, first + 120, 90_000_000, 8),  # longer than the file
        changed(raw, table + 4 * (start + 3), 0xFFFFFFFE),  # a chain that ends early
        changed(raw, table + 4 * (start + 3), 0x00FFFFFF),  # a sector that is not there
        changed(raw, first + 68, 1),  # an entry beside itself
    )
    for noisy in broken:
        with opened(noisy, tmp_path) as file, pytest.raises(NotCompound):
            every_stream(file)
    for noise in (b"", b"words", raw[:400], changed(raw, 30, 77, 2)):
        with pytest.raises(NotCompound), opened(noise, tmp_path):
            pytest.fail("no compound file")


def test_a_hundred_streams_in_the_same_sectors_are_no_bomb(tmp_path: Path) -> None:
    raw = written(*(stream(f"s{number:03}", LARGE[:5000]) for number in range(100)))
    first = directory(raw)
    start = raw[first + 128 + 116 : first + 128 + 120]
    for number in range(1, 101):
        at = first + number * 128 + 116
        raw = raw[:at] + start + (5000).to_bytes(8, "little") + raw[at + 12 :]
    # Each names the same long chain, of as many bytes as the file has.
    with opened(raw, tmp_path) as file:
        entries = [*file.children(file.root).values()]
        longest = entries[0].size
        assert longest == 5000
        most = 2 * len(raw) // longest
        for entry in entries * 2 * (most // len(entries) // 4):
            file.runs(entry)
        with pytest.raises(NotCompound, match="overlap"):
            every_stream(file, times=1 + most)


def test_a_chain_in_a_ring_ends(tmp_path: Path) -> None:
    raw = written(stream("a", LARGE[:20_000]))
    table = (struct.unpack_from("<I", raw, 76)[0] + 1) * 512
    start = struct.unpack_from("<I", raw, 48)[0]
    with pytest.raises(NotCompound), opened(changed(raw, table + 4 * start, start), tmp_path):
        pytest.fail("a directory without an end")

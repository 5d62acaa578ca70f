"""Scratch: what has to be written anew before it can be read as one run of bytes."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway.reader.mapi import Pieces
from gateway.reader.source import Extent


class Scratch:
    """A file without a name in the job's folder. It goes when its context ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._end = 0

    def extent(self, pieces: Pieces) -> Extent:
        """Return the bytes as one run: where they lie, or copied."""
        if len(pieces.runs) == 1:
            return Extent(pieces.descriptor, *pieces.runs[0])
        return self.write(pieces.chunks())

    def write(self, chunks: Iterable[bytes]) -> Extent:
        """Write bytes, and return where they are."""
        start = self._end
        for chunk in chunks:
            view = memoryview(chunk)
            while view:
                written = os.pwrite(self._descriptor, view, self._end)
                self._end += written
                view = view[written:]
        return Extent(self._descriptor, start, self._end)

    def pieces(self, extent: Extent) -> Pieces:
        """Return the same as pieces."""
        return Pieces(extent.descriptor, ((extent.start, extent.end),))


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Scratch]:
    """Open one in a folder."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        yield Scratch(file.fileno())

"""An XML part as events, in the memory of one chunk: what looks at it says what it waits for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import IO
from xml.parsers import expat

from converters.fault import NotTheType

_CHUNK_BYTES = 64 * 1024


class Watch:
    """Sees each element by its local name: prefixes and namespaces differ between editions."""

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """See an element begin, with its attributes by their local names."""

    def end(self, name: str, /) -> None:
        """See an element end."""

    def text(self, data: str, /) -> None:
        """See text, or a piece of it."""


def follow(opened: IO[bytes], watch: Watch) -> None:
    """Show a part to a watch, whole. It was admitted, so it declares nothing. Raises NotTheType."""

    def start(name: str, attributes: dict[str, str]) -> None:
        watch.start(_local(name), {_local(each): attributes[each] for each in attributes})

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: watch.end(_local(name))
    parser.CharacterDataHandler = watch.text
    try:
        while chunk := opened.read(_CHUNK_BYTES):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotTheType("XML") from error


@functools.lru_cache(1024)  # a document has some hundred names, ten thousand times
def _local(name: str) -> str:
    return name.rpartition(":")[2]

"""XML that declares things of its own: entities make a flood of few bytes, or name other files."""

from __future__ import annotations

from typing import IO
from xml.parsers import expat

from converters.fault import NotTheType

_CHUNK_BYTES = 64 * 1024


class _Entities(Exception):
    """A declaration that no document of ours has."""


class _RootReached(Exception):
    """Nothing can be declared any more."""


def refuse_entities(opened: IO[bytes]) -> None:
    """Raise NotTheType for XML with declarations of its own before its root, however far that is.

    And for what cannot be followed that far: an engine might read it in another way.
    """

    def begin(_name: str, _system: str | None, _public: str | None, own: int) -> None:
        if own:
            raise _Entities

    def root(_name: str, _attributes: object) -> None:
        raise _RootReached

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = begin
    parser.StartElementHandler = root
    try:
        while chunk := opened.read(_CHUNK_BYTES):
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except _RootReached:
        return
    except _Entities as error:
        raise NotTheType("entities") from error
    except (expat.ExpatError, ValueError, LookupError) as error:  # the last two: its encoding
        raise NotTheType("XML") from error

"""The catalogue of media types: what is done with a file, by the type found in its bytes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

_FILE = Path(__file__).parent / "media.toml"
_KEYS = frozenset({"treat", "engine", "extension", "label", "named"})

Treat = Literal["keep", "convert", "refuse", "open"]
Engine = Literal["office", "html", "text", "image", "card", "drawing", "markdown", "bundle"]


class MediaFault(Exception):
    """A row of media.toml cannot be used; the text names the row and what is wrong with it."""


@dataclass(frozen=True)
class Treatment:
    """What is done with one type of file."""

    treat: Treat
    engine: Engine | None  # where treat is "convert"
    extension: str | None  # the preferred one, with its dot
    label: str  # what people call it


@dataclass(frozen=True)
class MediaCatalogue:
    """The whole table."""

    types: Mapping[str, Treatment]
    extensions: Mapping[str, str]  # from an extension to the type of bytes that cannot tell

    def treatment(self, detected_type: str) -> Treatment:
        """Return the row of a type, else that of its kind ("audio/*"), else that of the rest."""
        kind = detected_type.partition("/")[0]
        for key in (detected_type, f"{kind}/*"):
            if key in self.types:
                return self.types[key]
        return self.rest

    @property
    def rest(self) -> Treatment:
        """The row of what no other names."""
        return self.types["*"]

    def named(self, extension: str) -> str | None:
        """Return the type that an extension stands for where the bytes alone cannot tell."""
        return self.extensions.get(extension.lower())

    def is_program(self, media_type: str) -> bool:
        """Say whether a type is refused."""
        return self.treatment(media_type).treat == "refuse"


@cache
def catalogue() -> MediaCatalogue:
    """Return the catalogue of media.toml. Raises MediaFault where it cannot be used."""
    return read(_FILE.read_text(encoding="utf-8"))


def read(text: str) -> MediaCatalogue:
    """Read a catalogue. Raises MediaFault."""
    types: dict[str, Treatment] = {}
    extensions: dict[str, str] = {}
    for name, row in tomllib.loads(text).items():
        if row.keys() - _KEYS:
            raise MediaFault(f"{name}: no such key: {', '.join(sorted(row.keys() - _KEYS))}")
        treat, engine = row.get("treat"), row.get("engine")
        if treat not in get_args(Treat) or "label" not in row:
            raise MediaFault(f"{name}: treat is keep, convert, refuse or open, and label a word")
        if (treat == "convert") != (engine in get_args(Engine)):
            raise MediaFault(f"{name}: convert, and nothing else, names one of {get_args(Engine)}")
        extension = row.get("extension")
        types[name] = Treatment(treat, engine, extension, row["label"])
        for each in (*row.get("named", ()), *([extension] if extension else ())):
            if not each.startswith(".") or each != each.lower():
                raise MediaFault(f"{name}: write {each} in lower case with its dot")
        for each in row.get("named", ()):
            if each in extensions:
                raise MediaFault(f"{name}: {each} stands for {extensions[each]} already")
            extensions[each] = name
    if "*" not in types:
        raise MediaFault('a row "*" must speak for the types without one')
    return MediaCatalogue(types, extensions)

"""A hostile file, and the lure: the places of ours that it names, and that nothing may touch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

_FILES: Final = {"png": "planted.png", "txt": "planted.txt", "csv": "planted.csv", "html": "p.html"}


@dataclass(frozen=True)
class HostileFile:
    """One file that a stranger may send. Its content is made when it is asked for: some are large.

    `lasts` says that it is built to reach a limit of seconds: the ordinary run leaves it out.
    """

    kind: str  # the row it has in the table of results
    name: str
    media_type: str
    make: Callable[[], bytes]
    lasts: bool = False


@dataclass(frozen=True)
class Lure:
    """A port of loopback where a canary listens, and a folder of planted files."""

    port: int
    folder: Path

    def planted(self, what: str) -> Path:
        """Return the planted file of a kind: png, txt, csv or html."""
        return self.folder / _FILES[what]

    def places(self, what: str) -> dict[str, str]:
        """Return where something of a kind is to be had, by the way there."""
        planted = self.planted(what)
        return {
            "web": f"http://127.0.0.1:{self.port}/bait.{what}",
            "file": planted.as_uri(),
            "name": f"http://bait.canary.invalid:{self.port}/bait.{what}",
            "six": f"http://[::1]:{self.port}/bait.{what}",
            "ftp": f"ftp://127.0.0.1:{self.port}/bait.{what}",
            "share": f"file://127.0.0.1{planted}",
            "path": str(planted),
        }


def filled(
    kind: str,
    media_type: str,
    ways: Mapping[str, tuple[str, str]],
    write: Callable[[str], bytes],
    lure: Lure,
    places: tuple[str, ...] = ("web", "file", "name"),
    *,
    in_turn: bool = False,
) -> Iterator[HostileFile]:
    """Yield a file for each way to name something and each place, or with one place `in_turn`.

    A way is its kind and its words, with URL where the place goes; `write` makes a file of them.
    """
    extension = EXTENSIONS[media_type]
    for number, (way, (what, words)) in enumerate(ways.items()):
        for place in (places[number % len(places)],) if in_turn else places:
            url = lure.places(what)[place]
            make = partial(_written, write, words, url)
            yield HostileFile(kind, f"{way}-{place}{extension}", media_type, make)


def _written(write: Callable[[str], bytes], words: str, url: str) -> bytes:
    return write(words.replace("URL", url))


WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIDES: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT: Final = "application/vnd.oasis.opendocument.text"
ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
ODP: Final = "application/vnd.oasis.opendocument.presentation"
ODG: Final = "application/vnd.oasis.opendocument.graphics"
EXTENSIONS: Final = {
    WORD: ".docx",
    SHEET: ".xlsx",
    SLIDES: ".pptx",
    ODT: ".odt",
    ODS: ".ods",
    ODP: ".odp",
    ODG: ".odg",
    "application/rtf": ".rtf",
    "application/msword": ".doc",
    "text/html": ".html",
    "image/svg+xml": ".svg",
    "text/markdown": ".md",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "multipart/related": ".mht",
    "application/epub+zip": ".epub",
    "application/pdf": ".pdf",
}

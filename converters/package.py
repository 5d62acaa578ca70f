"""A document that is a ZIP archive of parts, or one piece of XML, opened to be read."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO

from converters.fault import Damaged
from converters.xml_watch import Watch


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    """Open the archive. Raises Damaged."""
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        raise Damaged(type(error).__name__) from error


@contextlib.contextmanager
def content(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Open what an OpenDocument file says, in an archive or as it is. Raises Damaged."""
    archived = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    if not archived:
        yield file
        return
    with opened(file) as archive, archive.open("content.xml") as part:
        yield part


class Relations(Watch):
    """Where the parts of an Office document lead (ECMA-376 Part 2, 9.3), by their identifiers."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """See a relation."""
        if name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")

"""A document that is a ZIP archive of parts, or one piece of XML, opened to be read."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from typing import IO

from converters.fault import Damaged


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

"""A document that is a ZIP archive of parts, opened to be read."""

from __future__ import annotations

import zipfile
from typing import IO

from converters.fault import Damaged


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    """Open the archive. Raises Damaged."""
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError) as error:
        raise Damaged(type(error).__name__) from error

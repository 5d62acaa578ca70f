"""A mailbox file (mbox, RFC 4155), split into its messages."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

_FROM_LINE = re.compile(rb"From \S+.*\d{2}:\d{2}.*\d{4}")  # RFC 4155, appendix A, read kindly
_QUOTED = re.compile(rb">+From ")
_LONGEST_LINE = 1 << 20


def is_mailbox(file: Path, stream: BinaryIO) -> bool:
    """Say whether a file is a mailbox: by its name, or by its first line where it has no ending."""
    if file.suffix.lower() in {".mbox", ".mbx"}:
        return True
    return not file.suffix and _FROM_LINE.match(stream.readline(1000)) is not None


def split(stream: BinaryIO, folder: Path) -> Iterator[Path]:
    """Copy each message of an mbox into a file of its own. One line is in memory at a time."""
    copy: IO[bytes] | None = None
    after_blank = True
    try:
        while line := stream.readline(_LONGEST_LINE):
            begins = after_blank and _FROM_LINE.match(line) is not None
            if begins or copy is None:
                if copy is not None:
                    copy.close()
                    yield Path(copy.name)
                copy = tempfile.NamedTemporaryFile(  # noqa: SIM115  # closed before it is yielded
                    dir=folder, suffix=".eml", delete=False
                )
            if not begins:
                copy.write(line[1:] if _QUOTED.match(line) else line)
            after_blank = line in {b"\n", b"\r\n"}
        if copy is not None:
            copy.close()
            yield Path(copy.name)
    finally:
        if copy is not None:
            copy.close()

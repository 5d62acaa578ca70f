"""The content of a mail that has come whole, as a file open for reading."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from portal.vault import Blob, Vault


@contextlib.contextmanager
def descriptor_of(vault: Vault, raw: Blob, content: bytearray | None) -> Iterator[int]:
    """Open the bytes, which are in the vault, or in memory where they are small.

    A file of memory has no place on the disk. Opened anew for reading only, it can be handed to a
    sandbox like any other.
    """
    if content is None:
        with vault.open(raw.sha256) as blob:
            yield blob.fileno()
        return
    made = os.memfd_create("mail", os.MFD_CLOEXEC)
    try:
        written = 0
        while written < len(content):
            written += os.write(made, memoryview(content)[written:])
        descriptor = os.open(f"/proc/self/fd/{made}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(made)
    try:
        yield descriptor
    finally:
        os.close(descriptor)

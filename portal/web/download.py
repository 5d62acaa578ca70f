"""Downloads: bytes of the vault on their way to a browser, a chunk at a time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import BinaryIO
from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse

from portal.handout import Handout, safe_name
from portal.vault import CHUNK_BYTES, BlobMissing, Vault

# No `sandbox`: older Chromes show an empty page where their viewer is sandboxed. Chromium 156 shows
# the viewer with and without it. None is needed: a PDF's scripts never run in our origin, and
# nosniff keeps a file with two faces from being read as a page; nothing that the file names loads.
PDF_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def attachment(vault: Vault, handout: Handout) -> Response:
    """Hand out a file to be saved. Raises BlobMissing."""
    # Never the type that a stranger declared: only a PDF is called what it is.
    return _blob(vault, handout, "attachment")


def inline(vault: Vault, handout: Handout) -> Response:
    """Hand out a PDF to be shown by the browser's viewer. Raises BlobMissing."""
    response = _blob(vault, handout, "inline")
    response.headers["Content-Security-Policy"] = PDF_POLICY
    return response


def archive(vault: Vault, handouts: Iterable[Handout], name: str, at: datetime) -> Response:
    """Hand out several files as one zip. Raises BlobMissing before anything is sent."""
    members = tuple(handouts)
    for member in members:
        if not vault.holds(member.sha256):
            raise BlobMissing(member.sha256)
    return StreamingResponse(
        zipped(vault, members, at),
        media_type="application/zip",
        headers={"Content-Disposition": disposition("attachment", name)},
    )


def zipped(vault: Vault, members: Iterable[Handout], at: datetime) -> Iterator[bytes]:
    """Write a zip as it is sent: one chunk is in memory at a time, however large the files are.

    Stored, not deflated: PDFs and pictures are compressed already.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as writer:
        for member in members:
            info = zipfile.ZipInfo(member.name, at.timetuple()[:6])
            info.file_size = member.bytes  # decides on zip64 before the first byte is written
            info.external_attr = 0o644 << 16
            with vault.open(member.sha256) as source, writer.open(info, "w") as entry:
                while chunk := source.read(CHUNK_BYTES):
                    entry.write(chunk)
                    yield pipe.taken()
    yield pipe.taken()


def disposition(kind: str, name: str) -> str:
    """Write Content-Disposition for any name (RFC 6266, 4; RFC 8187 for what is not ASCII)."""
    name = safe_name(name)
    # A browser that knows no filename* reads this one; some decode % in it (RFC 6266, appendix D).
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%;' else "_" for char in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _blob(vault: Vault, handout: Handout, kind: str) -> Response:
    return StreamingResponse(
        _chunks(vault.open(handout.sha256)),
        media_type=handout.media_type,
        headers={
            "Content-Length": str(handout.bytes),
            "Content-Disposition": disposition(kind, handout.name),
        },
    )


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    with source:
        while chunk := source.read(CHUNK_BYTES):
            yield chunk


class _Pipe(io.RawIOBase):
    """What zipfile writes to and cannot seek in: it keeps only what was not taken yet."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's ReadableBuffer is not ours to name
        """Keep bytes until they are taken."""
        self._kept += data
        return len(data)

    def taken(self) -> bytes:
        """Take what was written since the last time."""
        data = bytes(self._kept)
        self._kept.clear()
        return data

"""Archives for the tests: made here, sent as an attachment, and read by the reader's own job."""

from __future__ import annotations

import base64
import io
import os
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.settings import Reading
from gateway.reader import job
from gateway.road.read import job_of

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

# As 7-Zip 26 makes them: of a/b/report.txt, a/note.txt and a/Ärztlicher Befund 病历.txt; of
# a/note.txt with a password; and of the same with its listing encrypted too.
SEVEN = base64.b64decode(
    "N3q8ryccAATNmsn+uQAAAAAAAAAiAAAAAAAAAId9lpsBABpSZXBvcnQgb2YgdGhlIGRheQp4CkJlZnVuZAoAAACBMw"
    "euD8/88GwP6+qcvzY9/noN/jZVNrtTpBqLTKqwfQP0MvJd17A40bqCCw4ZA07iUKQQ83Fmez5UhEjJ3kg+QGHdtUvB"
    "aRdx+cnaRbI9+ot7v3ahFKgwnmdCCDPrsipbgLWn/7tgKX4b5bOiL3VJXGTA/1CSj8NvgUrio25gEVGR4gIf70NNjn"
    "7BNW7/ULmo3uBJxAAAABcGHwEJgJoABwsBAAEjAwEBBV0AEAAADIECCgHzbPCcAAA="
)
SEVEN_LOCKED = base64.b64decode(
    "N3q8ryccAAR6U2sLEAAAAAAAAAByAAAAAAAAAL7dumQwd9CM4HAUF85rrDjaG6nQAQQGAAEJEAAHCwEAAiQG8QcBEl"
    "MPyTASuxelRafSCpAnnqbGEiEhAQABAAwGAgAICgEfCOpGAAAFARkBABEXAGEALwBuAG8AdABlAC4AdAB4AHQAAAAZ"
    "BAAAAAAUCgEAb1brf+p83QEVBgEAIICkgQAA"
)
SEVEN_HIDDEN = base64.b64decode(
    "N3q8ryccAASGh9rhkAAAAAAAAAAvAAAAAAAAABQ/7RxcX5XXFxj7mokFbByPhdSwXH0GKzx754fkOLyJmLAd3Wnhqf"
    "nZb+T3XTev5PUXPE/sG5vXElY07QNa+nH1dwgJo2K9wjzemga1QeMrz4CESC+uUvIi/BWzYhir1Wp1lWo9YnosbC7H"
    "H2h9AqtWSAk/MDW3I6OOoSv6vtUSoiHhUop0N1pdBOx+b8BiNPYc7AAXBhABCYCAAAcLAQABJAbxBwESUw/oxmO87o"
    "VpAQikO8p2WPPVDHIKAS4PofoAAA=="
)

Part = dict[str, Any]


def zipped(
    members: Mapping[str, bytes] | list[tuple[str, bytes]],
    method: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    """Make a ZIP file; a name that ends in a slash is a folder."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(name, content)
    return made.getvalue()


def tarred(*members: tuple[tarfile.TarInfo | str, bytes], packed: str = "") -> bytes:
    """Make a tar archive, `packed` as "gz", "bz2" or "xz"."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=f"w:{packed}") as archive:  # type: ignore[call-overload]
        for entry, content in members:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            if info.isreg():
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def sent(content: bytes, name: str = "records.zip") -> bytes:
    """Return a message with one attachment."""
    return b"\r\n".join(
        [
            b"From: Pat Lee <pat@baker.example>",
            b"To: claims@casebridge.example",
            b"Subject: Records, case 24-001234",
            b"MIME-Version: 1.0",
            b"Content-Type: multipart/mixed; boundary=q",
            b"",
            b"--q",
            b"Content-Type: text/plain",
            b"",
            b"Here they are.",
            b"--q",
            b"Content-Type: application/octet-stream",
            f'Content-Disposition: attachment; filename="{name}"'.encode(),
            b"Content-Transfer-Encoding: base64",
            b"",
            base64.encodebytes(content).replace(b"\n", b"\r\n") + b"--q--",
            b"",
        ]
    )


def read(raw: bytes, folder: Path, reading: Reading | None = None) -> list[Part]:
    """Take a message apart in this process; return its parts behind the words, in their order."""
    folder.mkdir()
    file = folder.parent / f"{folder.name}.eml"
    file.write_bytes(raw)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        answer = job.run(job_of(reading or Reading()), [descriptor], folder)
    finally:
        os.close(descriptor)
    parts: list[Part] = answer["parts"][1:]
    return parts

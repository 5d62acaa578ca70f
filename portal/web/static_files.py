"""Static files: the style sheet, the scripts and the icon, packed for whoever can unpack them.

Only these are ever compressed: they hold no secret, and nothing that a stranger sent. A page holds
both, and its compressed length would give the secret away piece by piece (BREACH).
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_ENCODING = "gzip"


class Static(StaticFiles):
    """The same for everybody, so they may be kept, and are asked for again by their hash.

    A range is not served: the whole file is, which RFC 9110, 14.2, allows.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answer with a file as whoever asks can take it."""
        asked = Headers(scope=scope)
        plain, packed = _forms(Path(full_path), stat_result.st_mtime_ns)
        is_packed = len(packed) < len(plain) and takes_gzip(asked.get("accept-encoding", ""))
        content = packed if is_packed else plain
        answer = Response(
            b"" if scope["method"] == "HEAD" else content,
            status_code,
            {
                "Content-Length": str(len(content)),
                "Cache-Control": "no-cache",
                "Vary": "Accept-Encoding",
                # Two forms of a file are two representations (RFC 9110, 8.8.1): each has its own.
                "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
                **({"Content-Encoding": _ENCODING} if is_packed else {}),
            },
            _TYPES.get(Path(full_path).suffix, "application/octet-stream"),
        )
        if self.is_not_modified(answer.headers, asked):
            return NotModifiedResponse(answer.headers)
        return answer


def takes_gzip(accepted: str) -> bool:
    """Say whether an Accept-Encoding names gzip, and not with a weight of 0."""
    for one in accepted.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        if name in {_ENCODING, f"x-{_ENCODING}"}:
            return not any(
                key.strip() == "q" and not value.strip().strip("0.")
                for key, _, value in (parameter.partition("=") for parameter in parameters)
            )
    return False


@functools.cache
def _forms(file: Path, changed_ns: int) -> tuple[bytes, bytes]:
    """Return a file as it is and packed. Both stay in memory, 150 KB for all of them."""
    del changed_ns  # a file that was put in the place of another is read anew
    plain = file.read_bytes()
    return plain, gzip.compress(plain, 9, mtime=0)

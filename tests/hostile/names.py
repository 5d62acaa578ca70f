"""Files whose names are hostile to shells, paths and terminals; and archives whose members are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile.hostile_file import HostileFile, Lure
from tests.hostile.office_packages import zipped

# No slash and no NUL: a file system has neither. What a mail calls a file never reaches an engine.
_NAMES: Final = (
    "$(touch CANARY).txt",
    "`touch CANARY`.txt",
    "; touch CANARY ;.txt",
    "| touch CANARY.txt",
    "-o CANARY.txt",
    "--outdir=CANARY.txt",
    "--convert-to pdf.txt",
    "two\nlines.txt",
    "\x1b]0;title\x07.txt",
    "\u202etxt.exe.txt",
    "..\\..\\CANARY.txt",
    "%2e%2e%2fCANARY.txt",
    "~root.txt",
    "*?[a-z].txt",
    "'\"\\.txt",
    "&& touch CANARY &&.txt",
    "<script>alert(1)<script>.txt",
    "%s%n%x.txt",
    "a" * 240 + ".txt",
    "e\u0301\ud83d\ude00.txt".encode("utf-16", "surrogatepass").decode("utf-16"),
)


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield a plain text under each name, and archives that lead outside or unpack to floods."""
    for number, name in enumerate(_NAMES):
        words = f"words {number} of {lure.folder}\n".encode()
        told = name.replace("CANARY", "touched")
        yield HostileFile("Names", told, "text/plain", partial(bytes, words))
    for name, (media_type, make) in _ARCHIVES.items():
        yield HostileFile("Archives", name, media_type, make)


def _zip_of_links() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, target in enumerate(
            ("/etc/passwd", "../../x", "/proc/self/environ", "/dev/zero")
        ):
            info = zipfile.ZipInfo(f"link-{number}.txt")
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, target)
    return buffer.getvalue()


def _tar_of(kind: bytes, target: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("member")
        info.type, info.linkname, info.devmajor, info.devminor = kind, target, 8, 0
        archive.addfile(info)
        below = tarfile.TarInfo("member/below")
        below.size = 5
        archive.addfile(below, io.BytesIO(b"words"))
    return buffer.getvalue()


def _in_itself(levels: int) -> bytes:
    content = b"words"
    for _ in range(levels):
        content = zipped({f"{number}.zip": content for number in range(3)})
    return content


_ZIP: Final = "application/zip"
_TAR: Final = "application/x-tar"
_ARCHIVES: Final[dict[str, tuple[str, Callable[[], bytes]]]] = {
    "links.zip": (_ZIP, _zip_of_links),
    "outside.zip": (_ZIP, lambda: zipped({"../../../../tmp/touched": b"x", "/tmp/touched": b"x"})),
    "names.zip": (_ZIP, lambda: zipped({"$(touch x)": b"", "a\nb": b"", "-rf": b"", "C:\\x": b""})),
    "flood.zip": (_ZIP, lambda: zipped({"flood": bytes(200_000_000)})),
    "in-itself.zip": (_ZIP, partial(_in_itself, 8)),
    "many.zip": (_ZIP, lambda: zipped({f"{number}": b"" for number in range(60_000)})),
    "link.tar": (_TAR, partial(_tar_of, tarfile.SYMTYPE, "/etc")),
    "hard-link.tar": (_TAR, partial(_tar_of, tarfile.LNKTYPE, "/etc/passwd")),
    "device.tar": (_TAR, partial(_tar_of, tarfile.BLKTYPE, "")),
    "pipe.tar": (_TAR, partial(_tar_of, tarfile.FIFOTYPE, "")),
    "flood.gz": ("application/gzip", lambda: gzip.compress(bytes(200_000_000))),
    "flood.bz2": ("application/x-bzip2", lambda: bz2.compress(bytes(200_000_000))),
    "flood.xz": ("application/x-xz", lambda: lzma.compress(bytes(200_000_000), preset=0)),
}

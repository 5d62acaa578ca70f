"""Copies of a document that was filed: without its lock, with words to look for, in small."""

from __future__ import annotations

import importlib.metadata
import shutil
from pathlib import Path

from converters import ocr, poppler
from converters.fault import EngineFailed
from converters.rendition import COPY, RESULT, THUMBNAIL, WORDS, Rendition, Scan, Source
from converters.workroom import Workroom

_PDF = "application/pdf"
_MOST_PICTURE_BYTES = 1 << 20
_MOST_WORDS = 100_000  # characters of a scan's first page


class Copies(Workroom):
    """The engines that make them."""

    def unlock(self, file: Path, password: str, into: Path) -> Rendition:
        """Make the copy of a locked PDF that needs no password, in the folder `into`.

        The password is handed to the sandbox and kept nowhere. Raises PasswordNeeded where it is
        another one, Damaged, EngineFailed for a copy that does something or has no pages,
        JobStopped and SandboxMissing.
        """
        with self._room() as room:
            self._ask({"do": "unlock", "password": password}, (file,), room, None)
            pdf = room / RESULT
            pages = self._check(Source(file, _PDF), pdf, room).pages
            size = pdf.stat().st_size
            target = into / RESULT
            shutil.move(pdf, target)
        version = importlib.metadata.version("pikepdf")
        return Rendition(target, pages, size, f"pikepdf {version}", "unlock", ())

    def unlock_office(self, file: Path, password: str, into: Path) -> Path:
        """Write the copy of a locked Office document that needs no password into a folder.

        What is in it nobody has looked at. The faults are those of `unlock`.
        """
        self.job({"do": "unlock_office", "password": password}, (file,), into)
        return into / COPY

    def thumbnail(self, pdf: Path, page: int, into: Path, *, seconds: int) -> Path:
        """Make the thumbnail of a page, counted from 1, in the folder `into`.

        Raises PasswordNeeded, Damaged, EngineFailed, JobStopped and SandboxMissing.
        """
        self.job({"do": "thumbnail", "page": page}, (pdf,), into, seconds)
        picture = into / THUMBNAIL
        if not picture.exists() or picture.stat().st_size > _MOST_PICTURE_BYTES:
            raise EngineFailed("no thumbnail")
        return picture

    def read_scan(self, pdf: Path, into: Path) -> Scan | None:
        """Make the copy of a scan whose words can be looked for, in the folder `into`.

        None where the PDF has words of its own. Raises EngineFailed, JobStopped and
        SandboxMissing.
        """
        with self._room() as room:
            printed = room / "printed.txt"
            poppler.text(pdf, printed, programs=self._programs, limits=self._limits)
            if _has_words(printed):
                return None
            ocr.read(pdf, room, programs=self._programs, limits=self._limits)
            self._check(Source(pdf, _PDF), room / RESULT, room)
            with (room / WORDS).open(encoding="utf-8", errors="replace") as words:
                first_page = words.read(_MOST_WORDS).partition("\f")[0]
            target = into / RESULT
            shutil.move(room / RESULT, target)
        return Scan(target, first_page)


def _has_words(printed: Path) -> bool:
    """Say whether there is any letter or digit in a text: a scan has none."""
    with printed.open(encoding="utf-8", errors="replace") as words:
        return any(any(map(str.isalnum, chunk)) for chunk in iter(lambda: words.read(1 << 16), ""))

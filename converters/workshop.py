"""The workshop: a file of a type that we convert goes in, a checked PDF comes out, or a fault."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from config.media import catalogue
from config.settings import Conversion
from converters import fault, harvest, ocr, office, poppler
from converters.fault import (
    BadOutput,
    ConversionFault,
    EngineFailed,
    JobDied,
    JobRefused,
    JobTimedOut,
    JobUncertain,
    Shortened,
)
from converters.office import Office
from converters.pool import Pool
from converters.program import Programs
from converters.rendition import (
    CHECKED,
    COPY,
    RESULT,
    TABLE,
    THUMBNAIL,
    WORDS,
    Rendition,
    Scan,
    Source,
)
from converters.sandbox import Limits

_PDF = "application/pdf"  # kept by the catalogue; who asks for one wants it mended
_MOST_WORDS = 100_000  # characters of a scan's first page
_OFFICE_PROCESSES = 256  # threads count: LibreOffice has some twenty
_LIBRARIES = {
    "html": ("weasyprint", "nh3"),
    "text": ("weasyprint", "charset-normalizer", "pypdf"),
    "image": ("img2pdf", "pillow", "pillow-heif"),
    "card": ("weasyprint", "nh3", "charset-normalizer"),
    "drawing": ("weasyprint",),
    "markdown": ("weasyprint", "nh3", "markdown-it-py", "charset-normalizer"),
    "bundle": ("weasyprint", "nh3"),
    "mend": ("pikepdf",),
    "thumbnail": ("pypdfium2", "pillow"),
}
# What of our own code shapes an engine's output: a change of it makes a new one.
_SHAPED_BY = {
    "html": ("html", "page"),
    "text": ("text", "page"),
    "image": ("image",),
    "drawing": ("drawing", "page"),
    "markdown": ("markdown", "html", "text", "page"),
    "bundle": ("bundle", "book", "web_archive", "html", "page"),
    "card": (
        *("card", "content_lines", "sheet_of_facts", "contact_page", "event_page", "recurrence"),
        *("html", "page"),
    ),
    "office": (
        *("office", "office_driver", "table", "unseen"),
        *("unseen_office_xml", "unseen_open_document", "unseen_compound"),
        *("source_words", "binary_word", "binary_sheet", "binary_slides", "rich_text"),
    ),
    "mend": ("mend",),
    "thumbnail": ("thumbnail",),
}


class Workshop:
    """The engines, behind their limits. Safe to use from several threads.

    `folder` belongs to this workshop alone: what an earlier process left there is removed.
    """

    def __init__(self, limits: Conversion, folder: Path) -> None:
        self._folder = folder
        self._limits = Limits(
            seconds=limits.max_seconds,
            memory_bytes=limits.max_memory_bytes,
            output_bytes=limits.max_output_bytes,
        )
        self._pool = Pool(
            "converters.render:run",
            processes=limits.render_processes,
            folder=folder / "render",
            limits=self._limits,
        )
        self._work = folder / "work"
        many = Limits(
            self._limits.seconds,
            self._limits.memory_bytes,
            self._limits.output_bytes,
            processes=_OFFICE_PROCESSES,
        )
        self._programs = Programs(self._work)
        self._office = Office(self._programs, limits, folder / "office", many)
        self._keys: dict[str, tuple[str, str]] = {}
        self._change = threading.Condition()
        self._in_hand = 0

    def start(self, *, spare: bool = False) -> None:
        """Start the processes in the background. Raises SandboxMissing.

        LibreOffice is started by the first office file; with `spare` one stands ready from now on.
        """
        self._work.mkdir(parents=True, exist_ok=True, mode=0o700)
        harvest.empty(self._work)
        self._pool.start()
        self._office.start(spare=spare)

    def close(self) -> None:
        """End every process and wait for it. A conversion that runs ends in JobStopped."""
        self._programs.close()
        self._office.close()
        self._pool.close()
        with self._change:
            self._change.wait_for(lambda: not self._in_hand)
        if self._work.exists():
            harvest.empty(self._work)

    def key(self, media_type: str, *, last_chance: bool = True) -> tuple[str, str]:
        """Return engine and settings of a type's rendition: equal ones make equal PDFs.

        Raises EngineFailed for a type without an engine, or one whose program is not installed or
        does not say its version; `last_chance` and the other faults are those of `convert`.
        """
        return self._key(self._engine(media_type), last_chance=last_chance)

    def _key(self, engine: str, *, last_chance: bool = True) -> tuple[str, str]:
        if engine not in self._keys:
            if engine == "office":
                with self._at_work(last_chance=last_chance):
                    name = f"LibreOffice {self._office.version}"
                shape = office.settings()
            else:
                versions = [
                    f"{each} {importlib.metadata.version(each)}" for each in _LIBRARIES[engine]
                ]
                name, shape = versions[0], " ".join(versions)
            digest = hashlib.sha256(f"{name} {shape}".encode())
            for module in _SHAPED_BY[engine]:
                digest.update((Path(__file__).parent / f"{module}.py").read_bytes())
            self._keys[engine] = name, digest.hexdigest()[:16]
        return self._keys[engine]

    def detect(self, file: Path) -> tuple[str, frozenset[str]]:
        """Return the type of a file and the flags of converters.detect, told in the sandbox.

        Of its name only the extension goes in. Raises EngineFailed, JobStopped, SandboxMissing.
        """
        job = {"do": "detect", "name": f"file{file.suffix}"}
        with (
            self._at_work(last_chance=True),
            tempfile.TemporaryDirectory(dir=self._work) as folder,
        ):
            found = self._ask(job, (file,), Path(folder), None)
        return str(found["media_type"]), frozenset(map(str, found["flags"]))

    def convert(
        self,
        source: Source,
        into: Path,
        *,
        last_chance: bool = True,
        owner: str | None = None,
    ) -> Rendition:
        """Make the PDF of a source in the folder `into`, and check it.

        `owner` is any word for whose file it is: one LibreOffice takes several files of an owner,
        and never of two. Without one, it is a LibreOffice for this file alone.

        Raises a ConversionFault: EngineFailed, NotTheType, Shortened, TooLarge, Damaged or
        PasswordNeeded; JobStopped and SandboxMissing, which are no fault of the file; and
        JobUncertain, which may be one or not. On the `last_chance` that is an EngineFailed.
        """
        engine = self._engine(source.media_type)
        name, settings = self.key(source.media_type, last_chance=last_chance)
        with (
            self._at_work(last_chance=last_chance),
            tempfile.TemporaryDirectory(dir=self._work) as folder,
        ):
            room = Path(folder)
            pdf = room / RESULT
            if engine == "office":
                warnings = self._convert_office(source, room, pdf, owner)
            else:
                job = {
                    "do": engine,
                    "media_type": source.media_type,
                    "title": source.title,
                    "heading": source.heading,
                    "images": list(source.images),
                    "language": source.language,
                }
                files = (source.file, *source.images.values())
                warnings = self._ask(job, files, room, source.seconds)["warnings"]
            try:
                pages, compared = self._check(source, pdf, room)
            except JobRefused as fault:
                if fault.fault != Shortened.__name__ or not office.is_sheet(source.media_type):
                    raise
                pdf.unlink()
                warnings = [
                    *self._convert_office(source, room, pdf, owner, grown=True),
                    "rows_grown",
                ]
                pages, compared = self._check(source, pdf, room)
            if engine == "office" and not compared and not source.media_type.startswith("image/"):
                warnings = [*warnings, "unchecked"]
            size = pdf.stat().st_size
            target = into / RESULT
            shutil.move(pdf, target)
        return Rendition(target, pages, size, name, settings, tuple(warnings))

    def unlock(self, file: Path, password: str, into: Path) -> Rendition:
        """Make the copy of a locked PDF that needs no password, in the folder `into`.

        The password is handed to the sandbox and kept nowhere. Raises PasswordNeeded where it is
        another one, Damaged, EngineFailed for a copy that does something or has no pages,
        JobStopped and SandboxMissing.
        """
        with (
            self._at_work(last_chance=True),
            tempfile.TemporaryDirectory(dir=self._work) as folder,
        ):
            room = Path(folder)
            self._ask({"do": "unlock", "password": password}, (file,), room, None)
            pdf = room / RESULT
            pages, _ = self._check(Source(file, _PDF), pdf, room)
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

    def forget(self, owner: str) -> None:
        """Say that no file of an owner comes any more: what is kept for them ends."""
        self._office.forget(owner)

    def job(
        self, job: dict[str, Any], files: Sequence[Path], into: Path, seconds: int | None = None
    ) -> dict[str, Any]:
        """Run a job of converters.render on files; what it leaves is in the folder `into` then.

        Raises a ConversionFault, JobStopped and SandboxMissing.
        """
        with self._at_work(last_chance=True):
            return self._ask(job, files, into, seconds)

    def thumbnail_settings(self) -> str:
        """Return the settings of thumbnails: equal ones make equal pictures."""
        return self._key("thumbnail")[1]

    def thumbnail(self, pdf: Path, page: int, into: Path, *, seconds: int) -> Path:
        """Make the thumbnail of a page, counted from 1, in the folder `into`.

        Raises PasswordNeeded, Damaged, EngineFailed, JobStopped and SandboxMissing.
        """
        self.job({"do": "thumbnail", "page": page}, (pdf,), into, seconds)
        return into / THUMBNAIL

    def read_scan(self, pdf: Path, into: Path) -> Scan | None:
        """Make the copy of a scan whose words can be looked for, in the folder `into`.

        None where the PDF has words of its own. Raises EngineFailed, JobStopped and
        SandboxMissing.
        """
        with (
            self._at_work(last_chance=True),
            tempfile.TemporaryDirectory(dir=self._work) as folder,
        ):
            room = Path(folder)
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

    def _convert_office(
        self, source: Source, room: Path, pdf: Path, owner: str | None, *, grown: bool = False
    ) -> list[str]:
        job = {"do": "admit", "media_type": source.media_type}
        admitted = self._ask(job, (source.file,), room, source.seconds)
        table = room / TABLE
        file = table if table.exists() else source.file
        self._office.convert(file, source.media_type, pdf, source.seconds, owner, grown=grown)
        return list(map(str, admitted["warnings"]))

    def _check(self, source: Source, pdf: Path, room: Path) -> tuple[int, bool]:
        files = [source.file, pdf]
        if source.media_type in CHECKED:
            printed = room / "printed.txt"
            limits = self._limits.within(source.seconds)
            poppler.text(pdf, printed, programs=self._programs, limits=limits)
            files.append(printed)
        job = {"do": "check", "media_type": source.media_type}
        said = self._ask(job, files, room, source.seconds)
        pages = said["pages"]
        if not isinstance(pages, int) or pages < 1:
            raise BadOutput("no number of pages")
        return pages, said["compared"] is True

    @contextlib.contextmanager
    def _at_work(self, *, last_chance: bool) -> Iterator[None]:
        """Hold back the end of `close`, and speak of faults as conversions do."""
        with self._change:
            self._in_hand += 1
        try:
            with _as_conversion_faults(last_chance=last_chance):
                yield
        finally:
            with self._change:
                self._in_hand -= 1
                self._change.notify_all()

    def _ask(
        self, job: dict[str, Any], files: Sequence[Path], into: Path, seconds: int | None
    ) -> dict[str, Any]:
        with contextlib.ExitStack() as opened:
            inputs = []
            for file in files:
                inputs.append(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
                opened.callback(os.close, inputs[-1])
            return self._pool.run(job, inputs=inputs, into=into, seconds=seconds)

    @staticmethod
    def _engine(media_type: str) -> str:
        if media_type == _PDF:
            return "mend"
        engine = catalogue().treatment(media_type).engine
        if engine is None:
            raise EngineFailed("no engine for this type")
        return engine


def _has_words(printed: Path) -> bool:
    """Say whether there is any letter or digit in a text: a scan has none."""
    with printed.open(encoding="utf-8", errors="replace") as words:
        return any(any(map(str.isalnum, chunk)) for chunk in iter(lambda: words.read(1 << 16), ""))


@contextlib.contextmanager
def _as_conversion_faults(*, last_chance: bool) -> Iterator[None]:
    try:
        yield
    except JobRefused as error:
        named = getattr(fault, error.fault, EngineFailed)
        known = isinstance(named, type) and issubclass(named, ConversionFault)
        raise (named if known else EngineFailed)(error.detail) from error
    except JobUncertain as error:
        if not last_chance:
            raise
        late = isinstance(error, JobTimedOut)
        raise EngineFailed("time limit" if late else str(error)) from error
    except (JobDied, BadOutput) as error:
        raise EngineFailed(str(error)) from error


__all__ = ["Rendition", "Scan", "Source", "Workshop"]

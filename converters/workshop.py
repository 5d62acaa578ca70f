"""The workshop: a file of a type that we convert goes in, a checked PDF comes out, or a fault."""

from __future__ import annotations

import shutil
from pathlib import Path

from config.media import catalogue
from config.settings import Conversion
from converters import fingerprint, office
from converters.copies import Copies
from converters.fault import EngineFailed, JobRefused, Shortened
from converters.office import Office
from converters.rendition import RESULT, TABLE, Rendition, Scan, Source
from converters.sandbox import Limits
from converters.workroom import Checked

_PDF = "application/pdf"  # kept by the catalogue; who asks for one wants it mended
_OFFICE_PROCESSES = 256  # threads count: LibreOffice has some twenty


class Workshop(Copies):
    """The engines, behind their limits. Safe to use from several threads.

    `folder` belongs to this workshop alone: what an earlier process left there is removed.
    """

    def __init__(self, limits: Conversion, folder: Path) -> None:
        super().__init__(limits, folder)
        many = Limits(
            self._limits.seconds,
            self._limits.memory_bytes,
            self._limits.output_bytes,
            processes=_OFFICE_PROCESSES,
        )
        self._office = Office(self._programs, limits, folder / "office", many)
        self._keys: dict[str, tuple[str, str]] = {}

    def start(self, *, spare: bool = False) -> None:
        """Start the processes in the background. Raises SandboxMissing.

        LibreOffice is started by the first office file; with `spare` one stands ready from now on.
        """
        self._open()
        self._office.start(spare=spare)

    def close(self) -> None:
        """End every process and wait for it. A conversion that runs ends in JobStopped."""
        self._programs.close()
        self._office.close()
        self._shut()

    def key(self, media_type: str, *, last_chance: bool = True) -> tuple[str, str]:
        """Return engine and settings of a type's rendition: equal ones make equal PDFs.

        Raises EngineFailed for a type without an engine, or one whose program is not installed or
        does not say its version; `last_chance` and the other faults are those of `convert`.
        """
        return self._key(self._engine(media_type), last_chance=last_chance)

    def _key(self, engine: str, *, last_chance: bool = True) -> tuple[str, str]:
        if engine not in self._keys:
            version = None
            if engine == "office":
                with self._at_work(last_chance=last_chance):
                    version = self._office.version, office.settings()
            self._keys[engine] = fingerprint.of(engine, version)
        return self._keys[engine]

    def detect(self, file: Path) -> tuple[str, frozenset[str]]:
        """Return the type of a file and the flags of converters.detect, told in the sandbox.

        Of its name only the extension goes in. Raises EngineFailed, JobStopped, SandboxMissing.
        """
        job = {"do": "detect", "name": f"file{file.suffix}"}
        with self._room() as room:
            found = self._ask(job, (file,), room, None)
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
        with self._room(last_chance=last_chance) as room:
            pdf = room / RESULT
            if engine == "office":
                file, warnings = self._admitted(source, room, owner)
                self._office.convert(file, source.media_type, pdf, source.seconds, owner)
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
                warnings = self._ask(job, files, room, source.seconds, owner)["warnings"]
            try:
                checked = self._check(source, pdf, room, owner)
            except JobRefused as refused:
                if refused.fault != Shortened.__name__ or not office.is_sheet(source.media_type):
                    raise
                pdf.unlink()
                self._office.convert(
                    source.file, source.media_type, pdf, source.seconds, owner, grown=True
                )
                warnings.append("rows_grown")
                checked = self._check(source, pdf, room, owner)
            if engine == "office":
                warnings += _unsure(checked, source.media_type)
            size = pdf.stat().st_size
            target = into / RESULT
            shutil.move(pdf, target)
        return Rendition(target, checked.pages, size, name, settings, tuple(warnings))

    def thumbnail_settings(self) -> str:
        """Return the settings of thumbnails: equal ones make equal pictures."""
        return self._key("thumbnail")[1]

    def forget(self, owner: str) -> None:
        """Say that no file of an owner comes any more: what is kept for them ends."""
        self._office.forget(owner)

    def _admitted(self, source: Source, room: Path, owner: str | None) -> tuple[Path, list[str]]:
        """Return the file that LibreOffice may see, and what its PDF will not show."""
        job = {"do": "admit", "media_type": source.media_type}
        admitted = self._ask(job, (source.file,), room, source.seconds, owner)
        table = room / TABLE
        file = table if table.exists() else source.file
        return file, list(map(str, admitted["warnings"]))

    @staticmethod
    def _engine(media_type: str) -> str:
        if media_type == _PDF:
            return "mend"
        engine = catalogue().treatment(media_type).engine
        if engine is None:
            raise EngineFailed("no engine for this type")
        return engine


def _unsure(checked: Checked, media_type: str) -> list[str]:
    """Name what a person has to compare."""
    unsure = ["pictures_missing"] if checked.lacks_pictures else []
    unsure += ["shows_nothing"] if checked.shows_nothing else []
    # A metafile is a picture: it has no words that could be lost.
    return unsure if checked.compared or media_type.startswith("image/") else [*unsure, "unchecked"]


__all__ = ["Rendition", "Scan", "Source", "Workshop"]

"""The program LibreOffice, kept warm: what it is asked, and where it is found."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Final

from config.media import catalogue
from config.settings import Conversion
from converters import harvest
from converters.engine import PROFILE, SETTINGS, Engine
from converters.engines import Engines
from converters.fault import EngineFailed
from converters.program import Programs, Run
from converters.rendition import TABLE
from converters.sandbox import Limits

INSTALL: Final = (
    "Install it: sudo apt-get install libreoffice-writer-nogui libreoffice-calc-nogui "
    "libreoffice-impress-nogui libreoffice-draw-nogui python3-uno."
)
_SYSTEM = (Path("/etc/libreoffice"), Path("/var/lib/libreoffice"), Path("/var/spool/libreoffice"))
_RESTART = 81  # what a first start with an empty profile ends with
# What LibreOffice makes in its profile at the first document of a kind, all of it empty folders.
_PARTS = "swriter sweb sglobal scalc simpress sdraw smath"
_BARS = "menubar popupmenu statusbar toolbar images/Bitmaps"

_WRITER = ".doc .docx .dotx .docm .dotm .odt .ott .fodt .sxw .rtf .wpd .wps .pages"
_CALC = ".xls .xlsx .xltx .xlsm .xltm .xlsb .ods .ots .fods .sxc .numbers"
_IMPRESS = ".ppt .pptx .ppsx .potx .pptm .ppsm .odp .otp .fodp .sxi .key"
_DRAW = ".odg .otg .fodg .sxd .vsd .vsdx .vstx .vsdm .emf .wmf"
_FILTERS: Final = {
    **dict.fromkeys(_WRITER.split(), "writer_pdf_Export"),
    **dict.fromkeys(_CALC.split(), "calc_pdf_Export"),
    **dict.fromkeys(_IMPRESS.split(), "impress_pdf_Export"),
    **dict.fromkeys(_DRAW.split(), "draw_pdf_Export"),
}
_EXPORT: Final = {
    "UseTaggedPDF": True,
    "ExportFormFields": False,
    "ExportBookmarks": True,
    "ExportNotes": False,
    "UseLosslessCompression": False,
    "Quality": 90,
    "ReduceImageResolution": False,
    "ConvertOOoTargetToPDFTarget": False,
    "ExportLinksRelativeFsys": False,
}

# Nothing is run, nothing is fetched, nothing is updated. The sandbox would not let it happen
# anyhow; asked first, LibreOffice does not try, and so does not wait.
_PROFILE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" \
xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">\
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">\
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">\
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc">\
<prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""


class Office:
    """LibreOffice in engines of its owners. Safe to use from several threads."""

    def __init__(
        self, programs: Programs, chosen: Conversion, folder: Path, limits: Limits
    ) -> None:
        self._programs = programs
        self._folder = folder
        self._limits = limits
        self._engines = Engines(
            self._engine,
            at_once=chosen.office_processes or len(os.sched_getaffinity(0)),
            kept=chosen.office_kept,
            idle_seconds=chosen.office_idle_seconds,
            most_files=chosen.office_files,
        )
        self._kinds: tuple[str, ...] = ("swriter",)
        self._has_profile = False

    def start(self, *, spare: bool) -> None:
        """Begin; what an earlier process left is removed. With `spare` one engine stands ready.

        One that is started ahead prints a text, a table and a presentation before any file comes.
        One that somebody waits for prints a text alone: what is kept for all of them is made then.
        """
        if spare:
            self._kinds = ("swriter", "scalc", "simpress")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        harvest.empty(self._folder)
        self._engines.start(spare=spare)

    def close(self) -> None:
        """End every engine and wait for it. A conversion that runs ends in JobStopped."""
        self._engines.close()
        if self._folder.exists():
            harvest.empty(self._folder)

    @cached_property
    def version(self) -> str:
        """The version as LibreOffice says it.

        Raises EngineFailed where it is not installed, and what Programs.run raises.
        """
        line = ["/bin/sh", "-c", '"$0" --version > /job/version', str(_binary())]
        with self._run(line) as done:
            if done.status:
                raise EngineFailed(f"LibreOffice ended with {done.status} at --version")
            said = done.folder / "said"
            harvest.take_one(done.folder, "version", said, most_bytes=200)
            words = said.read_text(encoding="utf-8", errors="replace").split()
        return words[1] if len(words) > 1 else "unknown"

    def convert(
        self,
        file: Path,
        media_type: str,
        target: Path,
        seconds: int | None,
        owner: str | None,
        *,
        grown: bool = False,
    ) -> None:
        """Write the PDF of a file that was admitted (converters.admission).

        It meets no other owner's files; without an owner, no file at all. `grown` makes the rows of
        a sheet as high as their texts. Raises EngineFailed, and what Engines.lent and
        Engine.convert raise.
        """
        extension = catalogue().treatment(media_type).extension or ""
        if file.name == TABLE:
            extension = ".fods"
        job = {"filter": _filter(extension), "options": _EXPORT, "grown": grown}
        with self._engines.lent(owner) as engine:
            engine.convert(file, extension, job, target, self._limits.within(seconds))

    def forget(self, owner: str) -> None:
        """End what an owner has: no file of theirs comes any more."""
        self._engines.forget(owner)

    def _engine(self, number: int) -> Engine:
        return Engine.start(
            number,
            _line(f"-env:UserInstallation=file://{PROFILE}"),
            folder=self._folder / f"{number}",
            profile=self._profile(),
            system=_system(),
            limits=self._limits,
            kinds=self._kinds,
        )

    def _run(self, line: list[str]) -> AbstractContextManager[Run]:
        return self._programs.run(line, sources={}, limits=self._limits, system=_system())

    def _profile(self) -> Path:
        """Return a profile as a first start makes it, with our settings: it saves half a second."""
        template = self._folder / "profile"
        if not self._has_profile:  # the keeper of the engines alone asks
            place = "-env:UserInstallation=file:///job/profile"
            with self._run(_line(place, "--terminate_after_init")) as done:
                if done.status not in {0, _RESTART}:
                    raise EngineFailed(f"LibreOffice's first start ended with {done.status}")
                made = done.folder / "profile"
                (made / SETTINGS).write_text(_PROFILE, encoding="utf-8")
                (made / "user" / "autocorr").mkdir()
                (made / "user" / "store").mkdir(mode=0o500)  # or it keeps a list of templates there
                for part, bar in itertools.product(_PARTS.split(), _BARS.split()):
                    modules = made / "user" / "config" / "soffice.cfg" / "modules"
                    (modules / part / bar).mkdir(parents=True)
                shutil.copytree(made, template, dirs_exist_ok=True)
            self._has_profile = True
        return template


def is_sheet(media_type: str) -> bool:
    """Say whether a type is a spreadsheet; a table of values is none: we wrote its rows."""
    extension = catalogue().treatment(media_type).extension or ""
    return _FILTERS.get(extension) == "calc_pdf_Export"


def settings() -> str:
    """Return all that shapes the output, for the fingerprint."""
    return json.dumps([_EXPORT, _PROFILE], sort_keys=True)


def _binary() -> Path:
    found = shutil.which("soffice")
    binary = Path(found).resolve().with_name("soffice.bin") if found else None
    if binary is None or not binary.exists():
        raise EngineFailed(f"LibreOffice is not installed. {INSTALL}")
    return binary


def _system() -> tuple[Path, ...]:
    return (*_SYSTEM, _binary().parent.parent)


def _line(*options: str) -> list[str]:
    return [
        str(_binary()),
        *("--headless", "--invisible", "--norestore", "--nologo", "--nodefault"),
        *("--nofirststartwizard", "--nolockcheck"),
        *options,
    ]


def _filter(extension: str) -> str:
    name = _FILTERS.get(extension)
    if name is None:
        raise EngineFailed("no filter for this type")
    return name

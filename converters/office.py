"""The program LibreOffice: one cold process, profile and sandbox for each document."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Final

from config.media import catalogue
from converters import harvest
from converters.fault import BadOutput, EngineFailed
from converters.program import Programs, Run
from converters.rendition import TABLE
from converters.sandbox import Limits

INSTALL: Final = (
    "Install it: sudo apt-get install libreoffice-writer-nogui libreoffice-calc-nogui "
    "libreoffice-impress-nogui libreoffice-draw-nogui."
)
_SYSTEM = (Path("/etc/libreoffice"), Path("/var/lib/libreoffice"), Path("/var/spool/libreoffice"))
_RESTART = 81  # what a first start with an empty profile ends with

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
    """LibreOffice, as many at a time as it is allowed."""

    def __init__(self, programs: Programs, *, processes: int, work: Path, limits: Limits) -> None:
        self._programs = programs
        self._free = threading.BoundedSemaphore(processes)
        self._work = work
        self._limits = limits
        self._making = threading.Lock()

    @cached_property
    def version(self) -> str:
        """The version as LibreOffice says it.

        Raises EngineFailed where it is not installed, and what Programs.run raises.
        """
        line = ["/bin/sh", "-c", '"$0" --version > /job/version', str(_binary())]
        with self._run(line, {}, self._limits) as done:
            if done.status:
                raise EngineFailed(f"LibreOffice ended with {done.status} at --version")
            target = self._work / "libreoffice-version"
            harvest.take_one(done.folder, "version", target, most_bytes=200)
        words = target.read_text(encoding="utf-8", errors="replace").split()
        return words[1] if len(words) > 1 else "unknown"

    def convert(self, file: Path, media_type: str, target: Path, seconds: int | None) -> None:
        """Write the PDF of a file that was admitted (converters.admission).

        Raises EngineFailed and what Programs.run raises.
        """
        extension = catalogue().treatment(media_type).extension or ""
        if file.name == TABLE:
            extension = ".fods"
        with self._free:
            profile = self._profile()
            name = f"source{extension}"
            line = _line("--convert-to", _export(extension), "--outdir", "/job", f"/source/{name}")
            with self._run(line, {name: file}, self._limits.within(seconds), profile) as done:
                if done.status:
                    raise EngineFailed(f"LibreOffice ended with {done.status}")
                try:
                    harvest.take_one(
                        done.folder, "source.pdf", target, most_bytes=self._limits.output_bytes
                    )
                except BadOutput as error:
                    raise EngineFailed(str(error)) from error

    def _run(
        self,
        line: list[str],
        sources: dict[str, Path],
        limits: Limits,
        profile: Path | None = None,
    ) -> AbstractContextManager[Run]:
        system = (*_SYSTEM, _binary().parent.parent)
        return self._programs.run(
            line, sources=sources, limits=limits, profile=profile, system=system
        )

    def _profile(self) -> Path:
        """Return a profile as a first start makes it, with our settings: it saves half a second."""
        template = self._work / "libreoffice-profile"
        with self._making:
            if not template.exists():
                with self._run(_line("--terminate_after_init"), {}, self._limits) as done:
                    if done.status not in {0, _RESTART}:
                        raise EngineFailed(f"LibreOffice's first start ended with {done.status}")
                    made = done.folder / "profile"
                    settings = made / "user" / "registrymodifications.xcu"
                    settings.write_text(_PROFILE, encoding="utf-8")
                    shutil.copytree(made, template.with_suffix(".new"))
                template.with_suffix(".new").rename(template)
        return template


def settings() -> str:
    """Return all that shapes the output, for the fingerprint."""
    return json.dumps([_EXPORT, _PROFILE], sort_keys=True)


def _binary() -> Path:
    found = shutil.which("soffice")
    binary = Path(found).resolve().with_name("soffice.bin") if found else None
    if binary is None or not binary.exists():
        raise EngineFailed(f"LibreOffice is not installed. {INSTALL}")
    return binary


def _line(*task: str) -> list[str]:
    return [
        str(_binary()),
        *("--headless", "--invisible", "--norestore", "--nologo", "--nodefault"),
        *("--nofirststartwizard", "--nolockcheck", "-env:UserInstallation=file:///job/profile"),
        *task,
    ]


def _export(extension: str) -> str:
    name = _FILTERS.get(extension)
    if name is None:
        raise EngineFailed("no filter for this type")
    options = {
        key: {"type": "boolean" if isinstance(value, bool) else "long", "value": str(value).lower()}
        for key, value in _EXPORT.items()
    }
    return f"pdf:{name}:{json.dumps(options)}"

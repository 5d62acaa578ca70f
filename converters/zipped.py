"""ZIP files that are documents or programs: what their members say they are."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

from converters.handed import File

_MOST_BYTES = 1024 * 1024
_MOST_NAMES = 100_000
_MAIN_PART = re.compile(rb'ContentType\s*=\s*["\']([^"\']+)["\']')
_OVERRIDE = re.compile(rb"<Override\b[^>]*?ContentType\s*=\s*[\"']([^\"'>]+)[\"']")
_OPEN_DOCUMENT = re.compile(
    r"application/(vnd\.(oasis\.opendocument|sun\.xml)\.[a-z.-]+|epub\+zip)"
)

# ECMA-376 Part 1, chapter 9 and [MS-OFFMACRO2]: the content type of the main part, and the type of
# the file that has it.
_OOXML: Final = {
    f"application/{part}+xml": f"application/{file}"
    for part, file in (
        ("vnd.openxmlformats-officedocument.wordprocessingml.document.main",
         "vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("vnd.openxmlformats-officedocument.wordprocessingml.template.main",
         "vnd.openxmlformats-officedocument.wordprocessingml.template"),
        ("vnd.ms-word.document.macroEnabled.main", "vnd.ms-word.document.macroEnabled.12"),
        ("vnd.ms-word.template.macroEnabledTemplate.main",
         "vnd.ms-word.template.macroEnabled.12"),
        ("vnd.openxmlformats-officedocument.spreadsheetml.sheet.main",
         "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("vnd.openxmlformats-officedocument.spreadsheetml.template.main",
         "vnd.openxmlformats-officedocument.spreadsheetml.template"),
        ("vnd.ms-excel.sheet.macroEnabled.main", "vnd.ms-excel.sheet.macroEnabled.12"),
        ("vnd.ms-excel.template.macroEnabled.main", "vnd.ms-excel.template.macroEnabled.12"),
        ("vnd.openxmlformats-officedocument.presentationml.presentation.main",
         "vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("vnd.openxmlformats-officedocument.presentationml.slideshow.main",
         "vnd.openxmlformats-officedocument.presentationml.slideshow"),
        ("vnd.openxmlformats-officedocument.presentationml.template.main",
         "vnd.openxmlformats-officedocument.presentationml.template"),
        ("vnd.ms-powerpoint.presentation.macroEnabled.main",
         "vnd.ms-powerpoint.presentation.macroEnabled.12"),
        ("vnd.ms-powerpoint.slideshow.macroEnabled.main",
         "vnd.ms-powerpoint.slideshow.macroEnabled.12"),
        ("vnd.ms-visio.drawing.main", "vnd.ms-visio.drawing"),
        ("vnd.ms-visio.template.main", "vnd.ms-visio.template"),
        ("vnd.ms-visio.drawing.macroEnabled.main", "vnd.ms-visio.drawing.macroEnabled.12"),
        ("vnd.ms-package.xps-fixeddocumentsequence", "vnd.ms-xpsdocument"),
    )
} | {
    "application/vnd.ms-excel.sheet.binary.macroEnabled.main":
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
}  # fmt: skip

_PROGRAMS = (
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
    ("AppxManifest.xml", "application/x-msi"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
)


@dataclass(frozen=True)
class Zipped:
    """What was found in a ZIP file."""

    media_type: str
    password: bool = False


class NotZip(Exception):
    """The file has no directory of a ZIP file that can be read."""


def inspect(path: File) -> Zipped:
    """Say what a ZIP file is by its members. Raises NotZip."""
    try:
        with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            return _inspect(archive)
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError,
            NotImplementedError, EOFError, UnicodeError) as error:  # fmt: skip
        # zipfile raises any of these on bytes it cannot follow.
        raise NotZip(type(error).__name__) from error


def _inspect(archive: zipfile.ZipFile) -> Zipped:
    names = set(archive.namelist()[:_MOST_NAMES])
    if "[Content_Types].xml" in names:
        listed = _member(archive, "[Content_Types].xml")
        # What is said of a part goes before what is said of an extension, used or not.
        for each in (*_OVERRIDE.findall(listed), *_MAIN_PART.findall(listed)):
            found = _OOXML.get(each.decode("ascii", "replace").strip())
            if found:
                return Zipped(found)
    if "mimetype" in names:
        said = _member(archive, "mimetype").decode("ascii", "replace").strip()
        if _OPEN_DOCUMENT.fullmatch(said):
            manifest = "META-INF/manifest.xml"
            locked = manifest in names and b"encryption-data" in _member(archive, manifest)
            return Zipped(said, locked)
    if (iwork := _iwork(names)) is not None:
        return Zipped(iwork, bool({".iwpv2", ".iwph"} & names) or _is_sealed(archive, "index.xml"))
    program = next((media for member, media in _PROGRAMS if member in names), None)
    return Zipped(program or "application/zip")


def _iwork(names: set[str]) -> str | None:
    """Tell what Apple's programs write: a document of theirs is no archive of files."""
    if "index.apxl" in names or any(name.startswith("Index/Slide") for name in names):
        return "application/vnd.apple.keynote"
    new = bool({"Index/Document.iwa", "Index.zip"} & names)
    new &= any(name.startswith("Metadata/") for name in names)
    old = "index.xml" in names and "buildVersionHistory.plist" in names
    return "application/vnd.apple.iwork" if new or old else None


def _is_sealed(archive: zipfile.ZipFile, name: str) -> bool:
    """Say whether a member is packed in no way that ZIP has: so Pages wrote what it encrypted."""
    member = archive.NameToInfo.get(name)
    return member is not None and member.compress_type not in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    )


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as member:
        return member.read(_MOST_BYTES)


def has_directory(path: File) -> bool:
    """Say whether a file, whatever it starts with, can be opened as a ZIP file."""
    with path.open("rb") as stream:
        return zipfile.is_zipfile(stream)

"""What a file is, by its bytes first, then its structure, the declared type and the extension.

This parses what strangers sent: call it in a sandboxed process only.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import magic

from config.media import MediaCatalogue, catalogue
from converters import facts, ole, zipped

_HEAD_BYTES = 64 * 1024
_PDF_HEADER_WITHIN = 1024  # where viewers look for %PDF- (ISO 32000-1, Annex H, note 13)
_UNKNOWN = frozenset({"application/octet-stream", "application/x-data", "application/CDFV2"})
_COMPOUND = frozenset({"application/x-ole-storage", "application/vnd.ms-office"})
_BOXES = frozenset(
    f"application/{each}"
    for each in ("x-tar", "x-7z-compressed", "x-rar", "gzip", "x-bzip2", "x-xz", "zstd")
)

# Names that libmagic 5.44 has for what the catalogue calls otherwise.
_ALSO_CALLED = {
    "application/x-dosexec": "application/vnd.microsoft.portable-executable",
    "application/x-pie-executable": "application/x-executable",
    "application/x-sharedlib": "application/x-executable",
    "application/x-object": "application/x-executable",
    "application/x-bytecode.python": "application/x-script",
    "text/x-msdos-batch": "application/x-msdos-batch",
    "text/rtf": "application/rtf",
    "image/x-ms-bmp": "image/bmp",
    "image/heif-sequence": "image/heif",
    "image/heic-sequence": "image/heic",
    "application/vnd.adobe.flash.movie": "application/x-shockwave-flash",
    "application/x-zip-compressed": "application/zip",
    "application/vnd.rar": "application/x-rar",
    "application/x-gzip": "application/gzip",
    "application/ms-tnef": "application/vnd.ms-tnef",
    "message/news": "message/rfc822",
}
_BY_DESCRIPTION = (
    ("Windows Enhanced Metafile", "image/emf"),
    ("Windows metafile", "image/wmf"),
    ("MS Windows shortcut", "application/x-ms-shortcut"),
)


@dataclass(frozen=True)
class Detected:
    """What a file is.

    Flags: "empty", "damaged", "password"; "polyglot" for a file that is valid as a second type
    too; "program_name" for a document under the extension of a program.
    """

    media_type: str
    flags: frozenset[str] = frozenset()
    pages: int | None = None  # of a PDF that opens
    pixels: tuple[int, int] | None = None  # of an image, as its header says

    def flagged(self, *flags: str) -> Detected:
        """Return the same with more flags."""
        return replace(self, flags=self.flags | set(flags))


def warm() -> None:
    """Load libmagic's tables and the catalogue, before the first file comes."""
    _types().from_buffer(b"%PDF-1.7")
    _descriptions().from_buffer(b"%PDF-1.7")
    catalogue()


def detect(file: Path, declared_type: str, name: str | None) -> Detected:
    """Say what `file` is. `declared_type` and `name` are what its sender called it."""
    media = catalogue()
    extension = _extension(name)
    declared = _ALSO_CALLED.get(declared_type.lower(), declared_type.lower())
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    by_name = media.named(extension)
    named_program = by_name is not None and media.is_program(by_name)
    if not head:
        return Detected("inode/x-empty", frozenset({"empty"}))
    found = _by_bytes(file, head, declared, extension)
    if not media.is_program(found.media_type) and named_program and by_name is not None:
        # A batch file is a text like any other, and a .jar may pass for a ZIP file.
        if _could_be_anything(found.media_type):
            return Detected(by_name)
        found = found.flagged("program_name")
    if _is_text(found.media_type):
        found = replace(found, media_type=_kind_of_text(found.media_type, declared, by_name, media))
    elif found.media_type in _UNKNOWN:
        found = replace(found, media_type=_of_unknown(declared, by_name, media))
    return _with_facts(file, found)


def _by_bytes(file: Path, head: bytes, declared: str, extension: str) -> Detected:
    found = _types().from_file(str(file))
    found = _ALSO_CALLED.get(found, found)
    pdf_header = b"%PDF-" in head[:_PDF_HEADER_WITHIN]
    if head.startswith(b"#!") and _could_be_anything(found):
        detected = Detected("application/x-script")
    elif head.startswith(ole.SIGNATURE):
        detected = _compound(file, found, declared, extension)
    elif head.startswith(b"PK\x03\x04"):
        detected = _zip(file, found, declared, extension)
        detected = detected.flagged("polyglot") if pdf_header else detected
    elif found in _BOXES:
        # A PDF that is packed in one as it is stands near the start: that is no second truth.
        detected = Detected(found)
    elif pdf_header and not catalogue().is_program(found):
        # Viewers open it as a PDF whatever stands before the header.
        plain = found == "application/pdf" or found in _UNKNOWN or found == "text/plain"
        second = not plain or zipped.has_directory(file)
        detected = Detected("application/pdf", frozenset({"polyglot"} if second else ()))
    elif found in _UNKNOWN or found == "text/plain":
        detected = _unrecognised(file, head, found, claims_pdf=_says_pdf(declared, extension))
    else:
        detected = Detected(found)
    return detected


def _unrecognised(file: Path, head: bytes, found: str, *, claims_pdf: bool) -> Detected:
    """Look closer at what libmagic calls data or plain text."""
    if claims_pdf and facts.looks_like_pdf(file):
        return Detected("application/pdf", frozenset({"damaged"}))
    if found != "text/plain" and facts.wide_text(head):
        return Detected("text/plain")
    description = _descriptions().from_file(str(file))
    known = (media for start, media in _BY_DESCRIPTION if description.startswith(start))
    return Detected(next(known, found))


def _compound(file: Path, found: str, declared: str, extension: str) -> Detected:
    try:
        inside = ole.inspect(file)
    except ole.NotCompound:
        guess = _office_type(declared, extension) if found in _COMPOUND | _UNKNOWN else found
        return Detected(guess or found, frozenset({"damaged"}))
    media_type = inside.media_type or found
    if media_type == "application/encrypted":
        # Only the name tells Word from Excel: the package inside is encrypted.
        media_type = _office_type(declared, extension) or media_type
    return Detected(media_type, frozenset({"password"} if inside.password else ()))


def _zip(file: Path, found: str, declared: str, extension: str) -> Detected:
    try:
        inside = zipped.inspect(file)
    except zipped.NotZip:
        office = _office_type(declared, extension)
        return Detected(office or "application/zip", frozenset({"damaged"}))
    flags = frozenset({"password"} if inside.password else ())
    if inside.media_type == "application/zip" and catalogue().is_program(found):
        return Detected(found)
    return Detected(inside.media_type, flags)


def _office_type(declared: str, extension: str) -> str | None:
    """Return the office type that a name or a declared type speaks of."""
    types = catalogue().types
    office = {name: row for name, row in types.items() if row.engine == "office"}
    by_name = next((name for name, row in office.items() if row.extension == extension), None)
    return by_name or (declared if declared in office and declared != "text/csv" else None)


def _could_be_anything(media_type: str) -> bool:
    return _is_text(media_type) or media_type in _UNKNOWN or media_type == "application/zip"


def _is_text(media_type: str) -> bool:
    return media_type.startswith(("text/", "message/")) or media_type in {
        "application/json",
        "application/x-ndjson",
        "application/x-subrip",
        "application/javascript",
    }


def _kind_of_text(found: str, declared: str, by_name: str | None, media: MediaCatalogue) -> str:
    """Tell texts apart. What a text opens with proves little: any text may quote a page or a mail.

    So the declared type decides where it says more than "text", then the extension, then libmagic.
    """
    if media.is_program(found) and found != "text/javascript":
        return found
    kinds = {*media.extensions.values()} & {each for each in media.types if _is_text(each)}
    if declared in kinds - {"text/plain"} and not media.is_program(declared):
        return declared
    if by_name is not None and not media.is_program(by_name):
        return by_name
    if found in {"text/html", "message/rfc822", "text/calendar", "text/vcard", "text/xml"}:
        return found
    # "text/x-c", "text/x-script.python" and their kin are guesses: people send words.
    return "text/plain"


def _of_unknown(declared: str, by_name: str | None, media: MediaCatalogue) -> str:
    """Name bytes that nothing recognises. Only a type that is kept: no engine may see them."""
    for each in (declared, by_name):
        treat = media.types[each].treat if each is not None and each in media.types else None
        if each is not None and (treat == "keep" or (treat == "open" and not _is_text(each))):
            return each
        if each is not None and each.startswith(("audio/", "video/")):
            return each
    return "application/octet-stream"


def _with_facts(file: Path, found: Detected) -> Detected:
    if "damaged" in found.flags:
        return found
    try:
        if found.media_type == "application/pdf":
            return replace(found, pages=facts.pages(file))
        if catalogue().treatment(found.media_type).engine == "image":
            return replace(found, pixels=facts.pixels(file))
    except facts.Locked:
        return found.flagged("password")
    except facts.Broken:
        return found.flagged("damaged")
    return found


def _says_pdf(declared: str, extension: str) -> bool:
    return declared in {"application/pdf", "application/x-pdf"} or extension == ".pdf"


def _extension(name: str | None) -> str:
    """Return the extension that the recipient's system would act on, in lower case."""
    kept = "".join(char for char in name or "" if unicodedata.category(char) not in {"Cf", "Cc"})
    return Path(kept.rstrip(" .").replace("\\", "/")).suffix.lower()


@cache
def _types() -> magic.Magic:
    return magic.Magic(mime=True)


@cache
def _descriptions() -> magic.Magic:
    return magic.Magic()

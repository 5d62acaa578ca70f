"""What a file is, by its bytes first, then its structure, the declared type and the extension.

This parses what strangers sent: call it in a sandboxed process only.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from functools import cache

import magic

from config.media import catalogue
from converters import facts, ole, polyglot, zipped
from converters.claims import Claims, load_types, usual_name
from converters.grounds import By, Grounds
from converters.handed import File, Handed

_HEAD_BYTES = 64 * 1024
_PDF_HEADER_WITHIN = 1024  # where viewers look for %PDF- (ISO 32000-1, Annex H, note 13)
# The last is told by two bytes, and is nearly always something else.
_UNKNOWN = frozenset(
    {
        "application/octet-stream",
        "application/x-data",
        "application/CDFV2",
        "application/x-compress-ttcomp",
    }
)
_NO_SECOND = _UNKNOWN | {"application/pdf", "text/plain"}
_IWORK = "application/vnd.apple.iwork"
_COMPOUND = frozenset({"application/x-ole-storage", "application/vnd.ms-office"})
_BOXES = frozenset(
    f"application/{each}"
    for each in (
        *("x-tar", "x-7z-compressed", "x-rar", "gzip", "x-bzip2", "x-xz", "zstd"),
        *("vnd.ms-tnef", "mbox"),
    )
)

# OASIS OpenDocument 1.3, part 3, 3.1.2: a whole document as one piece of XML says its kind there.
_FLAT = re.compile(
    rb"<office:document\b[^>]{0,30000}?\boffice:mimetype\s*=\s*[\"']"
    rb"(application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation|graphics))[\"']"
)
_BY_DESCRIPTION = (
    ("Windows Enhanced Metafile", "image/emf"),
    ("Windows metafile", "image/wmf"),
    ("MS Windows shortcut", "application/x-ms-shortcut"),
)


@dataclass(frozen=True)
class Detected:
    """What a file is.

    Flags: "empty", "damaged", "password"; "polyglot" for a file that is valid as a second type
    too, which its grounds name; "program_name" for a document under the extension of a program;
    those of converters.active.KINDS for a PDF, and "mended" for one whose table of objects is
    broken, where every object was found again.
    """

    media_type: str
    flags: frozenset[str] = frozenset()
    pages: int | None = None  # of a PDF that opens
    pixels: tuple[int, int] | None = None  # of an image, as its header says
    grounds: Grounds = field(default=Grounds(), compare=False)

    def flagged(self, *flags: str) -> Detected:
        """Return the same with more flags."""
        return replace(self, flags=self.flags | set(flags))

    def shown(self, by: By) -> Detected:
        """Return the same, shown by this."""
        return replace(self, grounds=replace(self.grounds, by=by))

    def with_second(self, also: str | None) -> Detected:
        """Return the same, and a second type that it is valid as, if it is."""
        if also is None:
            return self
        return replace(self.flagged("polyglot"), grounds=replace(self.grounds, also=also))


def warm() -> None:
    """Load libmagic's tables, the catalogue and the world's types, before the first file comes."""
    _types().from_buffer(b"%PDF-1.7")
    _descriptions().from_buffer(b"%PDF-1.7")
    catalogue()
    load_types()


def detect(file: File, declared_type: str, name: str | None) -> Detected:
    """Say what `file` is. `declared_type` and `name` are what its sender called it."""
    claims = Claims.of(declared_type, name)
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if not head:
        return Detected("inode/x-empty", frozenset({"empty"}))
    found = _with_facts(file, _named(_by_bytes(file, head, claims), claims))
    against = claims.against(found.media_type)
    return replace(found, grounds=replace(found.grounds, against=against))


def _named(found: Detected, claims: Claims) -> Detected:
    """Let what the sender says decide where the bytes cannot."""
    media, by_name = catalogue(), claims.by_name
    if by_name is not None and media.is_program(by_name) and not media.is_program(found.media_type):
        # A batch file is a text like any other, and a .jar may pass for a ZIP file.
        if _could_be_anything(found.media_type):
            return Detected(by_name).shown(By.NAME)
        found = found.flagged("program_name")
    if found.media_type == _IWORK and (its := claims.iwork_type) is not None:
        return replace(found, media_type=its).shown(By.NAME)
    if _is_text(found.media_type):
        media_type, by = _kind_of_text(found.media_type, claims)
    elif found.media_type in _UNKNOWN:
        media_type, by = _of_unknown(claims)
    else:
        return found
    by = found.grounds.by if media_type == found.media_type else by
    return replace(found, media_type=media_type).shown(by)


def _by_bytes(file: File, head: bytes, claims: Claims) -> Detected:
    found = usual_name(_said_by(_types(), file))
    pdf_header = b"%PDF-" in head[:_PDF_HEADER_WITHIN]
    if head.startswith(b"#!") and _could_be_anything(found):
        detected = Detected("application/x-script")
    elif head.startswith(ole.SIGNATURE):
        detected = _compound(file, found, claims)
    elif head.startswith(b"PK\x03\x04") or found == "application/zip":
        detected = _zip(file, found, claims).with_second(polyglot.beside_zip(head))
    elif found in _BOXES:
        # A PDF that is packed in one as it is stands near the start: that is no second truth.
        detected = Detected(found)
    elif pdf_header and not catalogue().is_program(found):
        # Viewers open it as a PDF whatever stands before the header.
        second = polyglot.beside_pdf(file, head, found, _NO_SECOND)
        detected = Detected("application/pdf").with_second(second)
    elif found in {"text/xml", "text/plain"} and (flat := _FLAT.search(head)):
        detected = Detected(f"{flat[1].decode()}-flat-xml").shown(By.STRUCTURE)
    elif found in _UNKNOWN or found == "text/plain":
        detected = _unrecognised(file, head, found, claims)
    elif found == "image/tiff" and head[128:132] == b"DICM":
        detected = Detected("application/dicom")  # whose first bytes are free (PS3.10, 7.1)
    elif _is_told_by_little(found) and _says_text(claims) and facts.nearly_text(head):
        detected = Detected("text/plain").shown(By.STRUCTURE)
    elif found.startswith("image/"):
        detected = Detected(found).with_second(polyglot.beside_image(file, head))
    else:
        detected = Detected(found)
    return detected


def _unrecognised(file: File, head: bytes, found: str, claims: Claims) -> Detected:
    """Look closer at what libmagic calls data or plain text."""
    if claims.says_pdf and facts.looks_like_pdf(file):
        return Detected("application/pdf", frozenset({"damaged"})).shown(By.STRUCTURE)
    if found != "text/plain" and facts.wide_text(head):
        return Detected("text/plain")
    if found != "text/plain" and _says_text(claims) and facts.nearly_text(head):
        return Detected("text/plain").shown(By.STRUCTURE)
    if found != "text/plain" and zipped.has_directory(file):
        # Something stands before its first member, and every program passes over that.
        return _zip(file, found, claims)
    description = _said_by(_descriptions(), file)
    known = (media for start, media in _BY_DESCRIPTION if description.startswith(start))
    return Detected(next(known, found))


def _compound(file: File, found: str, claims: Claims) -> Detected:
    try:
        inside = ole.inspect(file)
    except ole.NotCompound:
        guess = claims.compound_type if found in _COMPOUND | _UNKNOWN else None
        damaged = Detected(guess or found, frozenset({"damaged"}))
        return damaged.shown(By.NAME if guess else By.BYTES)
    media_type, by = inside.media_type or found, By.STRUCTURE if inside.media_type else By.BYTES
    if media_type == "application/encrypted" and claims.office_type:
        # Only the name tells Word from Excel: the package inside is encrypted.
        media_type, by = claims.office_type, By.NAME
    return Detected(media_type, frozenset({"password"} if inside.password else ())).shown(by)


def _zip(file: File, found: str, claims: Claims) -> Detected:
    try:
        inside = zipped.inspect(file)
    except zipped.NotZip:
        guess = claims.office_type or claims.iwork_type
        damaged = Detected(guess or "application/zip", frozenset({"damaged"}))
        return damaged.shown(By.NAME if guess else By.BYTES)
    flags = frozenset({"password"} if inside.password else ())
    if inside.media_type == "application/zip" and catalogue().is_program(found):
        return Detected(found)
    return Detected(inside.media_type, flags).shown(By.STRUCTURE)


def _is_told_by_little(found: str) -> bool:
    """Say whether a letter or two tell this format from a text that begins so: "P1", "The O…"."""
    return found not in catalogue().types or found.startswith("image/x-portable-")


def _says_text(claims: Claims) -> bool:
    by_name = claims.by_name
    return claims.declared.startswith("text/") or (by_name is not None and _is_text(by_name))


def _could_be_anything(media_type: str) -> bool:
    return _is_text(media_type) or media_type in _UNKNOWN or media_type == "application/zip"


def _is_text(media_type: str) -> bool:
    return media_type.startswith(("text/", "message/")) or media_type in {
        "application/json",
        "application/x-ndjson",
        "application/x-subrip",
        "application/javascript",
    }


def _kind_of_text(found: str, claims: Claims) -> tuple[str, By]:
    """Tell texts apart. What a text opens with proves little: any text may quote a page or a mail.

    So the declared type decides where it says more than "text", then the extension, then libmagic.
    """
    media, declared, by_name = catalogue(), claims.declared, claims.by_name
    if media.is_program(found) and found != "text/javascript":
        return found, By.BYTES
    kinds = {*media.extensions.values()} & {each for each in media.types if _is_text(each)}
    if declared in kinds - {"text/plain"} and not media.is_program(declared):
        return declared, By.DECLARED
    if by_name is not None and not media.is_program(by_name):
        return by_name, By.NAME
    if found in {"text/html", "message/rfc822", "text/calendar", "text/vcard", "text/xml"}:
        return found, By.BYTES
    # "text/x-c", "text/x-script.python" and their kin are guesses: people send words.
    return "text/plain", By.BYTES


def _of_unknown(claims: Claims) -> tuple[str, By]:
    """Name bytes that nothing recognises. Only a type that is kept: no engine may see them."""
    media = catalogue()
    for each, by in ((claims.declared, By.DECLARED), (claims.by_name, By.NAME)):
        treat = media.types[each].treat if each is not None and each in media.types else None
        if each is not None and (treat == "keep" or (treat == "open" and not _is_text(each))):
            return each, by
        if each is not None and each.startswith(("audio/", "video/")):
            return each, by
    return "application/octet-stream", By.BYTES


def _with_facts(file: File, found: Detected) -> Detected:
    if "damaged" in found.flags:
        return found
    try:
        if found.media_type == "application/pdf":
            pages, has = facts.of_pdf(file)
            return replace(found.flagged(*has), pages=pages)
        if catalogue().treatment(found.media_type).engine == "image":
            return replace(found, pixels=facts.pixels(file))
    except facts.Locked:
        return found.flagged("password")
    except facts.Broken:
        return found.flagged("damaged")
    return found


def _said_by(library: magic.Magic, file: File) -> str:
    if isinstance(file, Handed):
        # libmagic begins where the descriptor stands, and puts it back there.
        os.lseek(file.descriptor, 0, os.SEEK_SET)
        return str(library.from_descriptor(file.descriptor))
    return str(library.from_file(str(file)))


@cache
def _types() -> magic.Magic:
    return magic.Magic(mime=True)


@cache
def _descriptions() -> magic.Magic:
    return magic.Magic()

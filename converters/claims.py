"""What the sender of a file says it is: the declared type, and the extension of its name."""

from __future__ import annotations

import mimetypes
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.media import catalogue

# Names that libmagic 5.44 and senders have for what the catalogue calls otherwise.
_ALSO_CALLED = {
    "application/x-dosexec": "application/vnd.microsoft.portable-executable",
    "application/x-pie-executable": "application/x-executable",
    "application/x-sharedlib": "application/x-executable",
    "application/x-object": "application/x-executable",
    "application/x-bytecode.python": "application/x-script",
    "text/x-msdos-batch": "application/x-msdos-batch",
    "text/rtf": "application/rtf",
    "image/x-ms-bmp": "image/bmp",
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/tif": "image/tiff",
    "image/heif-sequence": "image/heif",
    "image/heic-sequence": "image/heic",
    "application/x-pdf": "application/pdf",
    "application/vnd.adobe.flash.movie": "application/x-shockwave-flash",
    "application/x-zip-compressed": "application/zip",
    "application/vnd.rar": "application/x-rar",
    "application/x-gzip": "application/gzip",
    "application/ms-tnef": "application/vnd.ms-tnef",
    "message/news": "message/rfc822",
}
_IWORK = {
    ".pages": "application/vnd.apple.pages",
    ".numbers": "application/vnd.apple.numbers",
}
# OLE files that are no office documents.
_COMPOUND = {
    "application/vnd.ms-outlook",
    "application/x-mspublisher",
}
# Said of anything: they disagree with nothing.
_SAYS_NOTHING = {"application/octet-stream", "application/x-data", "application/binary", ""}
# One kind of file under names that programs mix up.
_SAME = ({"image/heic", "image/heif", "image/avif"}, {"application/xml", "text/xml"})


def usual_name(media_type: str) -> str:
    """Return the catalogue's name for a type."""
    media_type = media_type.lower()
    return _ALSO_CALLED.get(media_type, media_type)


@dataclass(frozen=True)
class Claims:
    """The type that was declared, by its usual name, and the extension with its dot."""

    declared: str
    extension: str

    @classmethod
    def of(cls, declared_type: str, name: str | None) -> Claims:
        """Take what a sender said."""
        return cls(usual_name(declared_type), _extension(name))

    @property
    def by_name(self) -> str | None:
        """The type that the extension stands for, where the bytes of that type cannot tell."""
        return catalogue().named(self.extension)

    @property
    def office_type(self) -> str | None:
        """The office type that the name or the declared type speaks of."""
        types = catalogue().types
        office = {name: row for name, row in types.items() if row.engine == "office"}
        by_name = next(
            (name for name, row in office.items() if row.extension == self.extension), None
        )
        declared = self.declared
        return by_name or (declared if declared in office and declared != "text/csv" else None)

    @property
    def compound_type(self) -> str | None:
        """The type of OLE file that the name or the declared type speaks of."""
        if self.office_type is not None:
            return self.office_type
        types = {catalogue().types[one].extension: one for one in _COMPOUND}
        return types.get(self.extension) or (self.declared if self.declared in _COMPOUND else None)

    @property
    def iwork_type(self) -> str | None:
        """The one of Apple's two kinds of document that the extension stands for."""
        return _IWORK.get(self.extension)

    @property
    def says_pdf(self) -> bool:
        """Say whether it is called a PDF."""
        return self.declared == "application/pdf" or self.extension == ".pdf"

    def against(self, found: str) -> tuple[str, ...]:
        """Return which of the two says that a file is something else than was found."""
        ways = (("declared", {self.declared} - _SAYS_NOTHING), ("name", self._types_of_name()))
        return tuple(
            way for way, types in ways if types and not any(_fits(one, found) for one in types)
        )

    def _types_of_name(self) -> set[str]:
        if not self.extension:
            return set()
        types = {one for one, row in catalogue().types.items() if row.extension == self.extension}
        types |= {self.by_name} if self.by_name is not None else set()
        known = _world().guess_type(f"a{self.extension}")[0]
        return types | ({usual_name(known)} if known is not None and not types else set())


def load_types() -> None:
    """Load the table of the world's types, before the first file comes."""
    _world().guess_type("a.txt")  # the first name also compiles what reads addresses


def _fits(said: str, found: str) -> bool:
    """Say whether two types may be one: texts differ by what they are called alone."""
    if said == found or any({said, found} <= same for same in _SAME):
        return True
    text = ("text/", "message/", "application/json")
    return said.startswith(text) and found.startswith(text) and not catalogue().is_program(found)


def _extension(name: str | None) -> str:
    """Return the extension that the recipient's system would act on, in lower case."""
    kept = "".join(char for char in name or "" if unicodedata.category(char) not in {"Cf", "Cc"})
    return Path(kept.rstrip(" .").replace("\\", "/")).suffix.lower()


@cache
def _world() -> mimetypes.MimeTypes:
    # Python's own table: that of the system is not in the sandbox, and not the same everywhere.
    return mimetypes.MimeTypes()

"""What became of a part, in the words of a receipt."""

from __future__ import annotations

from typing import Any

from config import remarks
from config.problems import catalogue
from gateway.road.package import Fate, Package, Part
from gateway.telling.mail import counted, harmless
from gateway.telling.sheet import Entry
from portal.pdf_name import pdf_name

_NAMELESS = "A file without a name"


def shown_name(part: Part) -> str | None:
    """Return the name under which a part is filed: that of its PDF where it is converted."""
    if part.filed_name is None or part.fate is not Fate.CONVERTED:
        return part.filed_name
    return pdf_name(part.filed_name)


def senders_name(part: Part, package: Package) -> str:
    """Return what the sender calls a part; what came in an archive bears that one's name too."""
    if part.original_name:
        name = harmless(part.original_name) or _NAMELESS
        boxes = archives(package) if part.container is not None else ()
        archive = next((one for one in boxes if one.path == part.container), None)
        return name if archive is None else f"{senders_name(archive, package)}: {name}"
    words = next((one for one in package.words if one.path and one.path == part.path), None)
    if part.reason == "narrative" and words is not None:
        if words.container is None:
            return "Your note" if words.is_note else "Your message"
        return f'The attached message "{harmless(words.subject)}"'
    return _NAMELESS


def archives(package: Package) -> tuple[Part, ...]:
    """Return what was opened and is no message: it has no words of its own."""
    messages = {words.container for words in package.words}
    return tuple(
        part for part in package.parts if part.reason == "opened" and part.path not in messages
    )


def entry(part: Part, package: Package, *, verb: str) -> Entry:
    """Say of a document: your name for it, ours, what was changed, its SHA-256.

    `verb` is "Filed", or "Kept" where the package waits.
    """
    name = shown_name(part) or ""
    pages = part.pages if part.pdf is None else part.pdf.pages
    long = f", {counted(pages, 'page')}" if pages and part.contents is None else ""
    is_words = part.reason == "narrative"
    if name == part.original_name:
        said = [f"{verb} unchanged{long}."]
    else:
        said = [f'{verb} as "{harmless(name)}"{long}.']
    said += [f"{harmless(remarks.on_name(one))}." for one in part.remarks]
    if name != part.original_name:
        if part.fate is Fate.CONVERTED:
            said.append("We converted it to PDF and kept your original.")
        elif not is_words:
            said.append("Contents unchanged.")
    if part.reason is not None and not is_words:
        said.append(why(part, package))
    if part.fate is Fate.CONVERTED and part.pdf is not None:
        said += [f"{remarks.on_warning(one)}." for one in part.pdf.warnings]
    lines = [" ".join(said)]
    sha256 = part.sha256 if not is_words else part.pdf and part.pdf.sha256
    if sha256:
        lines.append(f"SHA-256{' of your original' * (part.fate is Fate.CONVERTED)}: {sha256}")
    return Entry(senders_name(part, package), tuple(lines))


def why(part: Part, package: Package) -> str:
    """Say why a part has its fate."""
    reason = part.reason or ""
    words = remarks.on_fate(reason)
    return f"{words}." if words is not None else problem_words(reason, package, part)


def what(part: Part, package: Package) -> str:
    """Say why a part has its fate, without what to do about it."""
    reason = part.reason or ""
    words = remarks.on_fate(reason)
    return f"{words}." if words is not None else problem_title(reason, package, part)


def problem_words(code: str, package: Package, part: Part | None = None) -> str:
    """Say a problem of the catalogue and its fix, with the fields that the road gave it."""
    return f"{catalogue()[code].said(**_fields(code, package, part))}."


def problem_title(code: str, package: Package, part: Part | None = None) -> str:
    """Say a problem of the catalogue without its fix: where that stands above, or another does."""
    return f"{catalogue()[code].title.format(**_fields(code, package, part))}."


def bare_title(code: str | None) -> str:
    """Say a problem of the catalogue where its fields are not there, or not to be told.

    What a field stands for is said instead. A code without a row says itself.
    """
    row = catalogue().get(code or "")
    if row is None:
        return code or "not said"
    return row.title.format(**{name: f"[{remarks.on_field(name)}]" for name in row.fields})


def _fields(code: str, package: Package, part: Part | None) -> dict[str, str]:
    path = part.path if part is not None else None
    given: dict[str, Any] = next(
        (one.fields for one in package.troubles if one.code == code and one.part == path), {}
    )
    sender = package.sender or "this sender"
    fields = {
        "name": senders_name(part, package) if part is not None else "Your message",
        "consultant": package.resolution.consultant_name or "our team",
        "value": package.resolution.case_number or "",
        "address": sender,
        "domain": sender.rpartition("@")[2],
        **{name: value for name, value in given.items() if value is not None},
    }
    return {name: harmless(str(fields.get(name, ""))) for name in catalogue()[code].fields}

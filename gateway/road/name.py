"""Name: any string a sender gave a file becomes a safe, readable name, unique in its package.

`filed_name` is the name of the file as it is kept. A converted part's PDF has the same stem
(`portal.pdf_name`), so one column holds both names and a conversion that fails changes neither:
notes.pages is kept as "notes.pages" and shown as "notes.pdf". Both are unique in the package.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from config.settings import Names
from gateway.road.extension import known, same_kind, spelled_plainly
from gateway.road.package import Fate, Package, Part, Words
from gateway.road.visible import is_mark, shown_only
from portal.pdf_name import pdf_name, split

_KEPT = {Fate.FILED, Fate.CONVERTED, Fate.HELD}
_PICTURE = "image/"
_NOTE = "Forwarding note.pdf"

# No file system of Windows takes these (https://learn.microsoft.com/windows/win32/fileio/naming-a-file);
# the slashes are dealt with before.
_NOWHERE = '<>:"|?*/\\'
# Windows' "best fit" turns these into slashes where a program asks for a name in an ANSI code page.
_SLASHES_ELSEWHERE = "\uff0f\u2215\u2044\uff3c\u2216\ufe68"
_DRIVE = re.compile(r"\A[A-Za-z]:(?=\S)")
# Devices of Windows, whatever follows the first dot, and the leading tilde of shells and Office.
_RESERVED = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(?:COM|LPT)[0-9\u00b9\u00b2\u00b3]) *(?:\.|\Z)|~",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_ENDS = " ."
_ROOM_FOR_PDF = len(".pdf")


@dataclass(frozen=True)
class SafeName:
    """A name that every system takes, and the codes of what was changed to make it one.

    The codes have their words in config/remarks.toml; some carry a value ("characters:#@").
    """

    name: str
    remarks: tuple[str, ...]


def name(package: Package, rules: Names, extension_for: Callable[[str], str | None]) -> Package:
    """Give every part that will be filed its `filed_name` and `remarks`, in message order.

    `extension_for` knows the extension of a media type. The words of a message become
    "Message.pdf", where the package has one; those of an attached message are named by its subject,
    and those of whoever passed it on are "Forwarding note.pdf".
    """
    words = {one.path: one for one in package.words if one.path}
    named = name_parts(package.parts, words, rules, extension_for, message_pdf=package.message_pdf)
    return package.but(parts=named)


def name_parts(
    sorted_parts: Iterable[Part],
    words: Mapping[str, Words],
    rules: Names,
    extension_for: Callable[[str], str | None],
    *,
    message_pdf: bool,
) -> tuple[Part, ...]:
    """Name the parts of one package, as `name` does; `words` are the messages' by their part."""
    taken = Taken()
    nameless = {"Document": 0, "Picture": 0}
    parts: list[Part] = []
    for part in sorted_parts:
        if part.fate not in _KEPT:
            parts.append(part)
            continue
        if part.reason == "narrative":
            its = words.get(part.path)
            if its is None or not _is_printed(its, message_pdf=message_pdf):
                parts.append(part)
                continue
            wanted = _NOTE if its.is_note else _named_by(its, rules)
            filed = unique(wanted, taken, rules)
            parts.append(dataclasses.replace(part, filed_name=filed))
            continue
        converted = part.fate is Fate.CONVERTED
        # What is converted has an extension of its own, or its PDF would take its name.
        extension = extension_for(part.detected_type) or ("bin" if converted else None)
        kind = "Picture" if part.detected_type.startswith(_PICTURE) else "Document"
        safe = safe_name(
            part.original_name, extension, rules, otherwise=f"{kind} {nameless[kind] + 1}"
        )
        remarks = safe.remarks
        if "no_name" in remarks:
            nameless[kind] += 1
        with_pdf = converted or part.contents is not None
        filed = unique(safe.name, taken, rules, with_pdf=with_pdf)
        if filed != safe.name:
            remarks += ("twin",)
        parts.append(dataclasses.replace(part, filed_name=filed, remarks=(*remarks, *part.remarks)))
    return tuple(parts)


def _is_printed(words: Words, *, message_pdf: bool) -> bool:
    """Say whether there is a PDF of a message's words; of a note where it says anything."""
    if words.is_note:
        return bool(words.new.strip() or words.other.strip())
    return words.container is not None or message_pdf


def _named_by(words: Words, rules: Names) -> str:
    if words.container is None:
        return "Message.pdf"
    # In a subject a slash is text, never a path.
    plain = re.sub(r"[/\\]", " ", words.subject)
    return safe_name(plain, "pdf", rules, otherwise="Attached message").name


def safe_name(
    original: str | None, extension: str | None, rules: Names, *, otherwise: str = "Document"
) -> SafeName:
    """Make a safe name of any string.

    `extension`, with or without its dot, is what the file really is; None where that is not known,
    and then an ending stays as it is. `otherwise` is the stem where the string holds no name.
    The result is NFC, at most `rules.max_bytes` bytes of UTF-8 (as is the name of its PDF), and
    comes out unchanged when it goes in again.
    """
    remarks: list[str] = []
    text = _last_component(original or "", remarks)
    text = shown_only(text, remarks)
    text = _without_forbidden(text, rules, remarks)
    stem, ending = _with_extension(text, extension, remarks)
    if not stem:
        stem = otherwise
        remarks = [*(one for one in remarks if not one.startswith("extension")), "no_name"]
    if _RESERVED.match(stem + ending):
        stem = f"_{stem}"
        remarks.append("reserved")
    cut = _cut(stem, rules.max_bytes - max(len(ending), _ROOM_FOR_PDF))
    if cut != stem:
        remarks.append("too_long")
        if not ending:  # the cut may have left one at the end
            cut, ending = _with_extension(cut, extension, remarks)
    return SafeName(cut + ending, tuple(dict.fromkeys(remarks)))


@dataclass(frozen=True)
class Taken:
    """The names that a package uses already, and how often each was wanted."""

    keys: set[str] = field(default_factory=set)
    tries: dict[str, int] = field(default_factory=dict)


def unique(wanted: str, taken: Taken, rules: Names, *, with_pdf: bool = False) -> str:
    """Return `wanted`, or "name (2).ext" and so on where it is taken, and take it.

    Names that differ only by case or normal form are the same name (Unicode, D145). `with_pdf`
    takes the name of the PDF as well.
    """
    stem, ending = split(wanted)
    key = _key(wanted)
    number = taken.tries.get(key, 1)  # goes on where the last one stopped: 1,000 twins, 1,000 steps
    found = wanted
    while any(_key(one) in taken.keys for one in _names(found, with_pdf)):
        number += 1
        mark = f" ({number})"
        room = rules.max_bytes - len(mark) - max(len(ending), _ROOM_FOR_PDF)
        found = _cut(stem, room) + mark + ending
    taken.keys.update(_key(one) for one in _names(found, with_pdf))
    taken.tries[key] = number
    return found


def _names(filed_name: str, with_pdf: bool) -> tuple[str, ...]:
    return (filed_name, pdf_name(filed_name)) if with_pdf else (filed_name,)


def _key(text: str) -> str:
    # Upper case first: some systems compare that, and the dotless \u0131 has the I of an i.
    folded = unicodedata.normalize("NFD", text.upper()).casefold()
    return unicodedata.normalize("NFD", folded)


def _last_component(text: str, remarks: list[str]) -> str:
    rest = _DRIVE.sub("", text)
    # Both slashes: a name from Windows is split on Unix too.
    components = [one for one in re.split(r"[/\\]+", rest) if one.strip(_ENDS)]
    last = components[-1] if components else ""
    if last != text:
        remarks.append("path")
    return last


def _without_forbidden(text: str, rules: Names, remarks: list[str]) -> str:
    # In the order of the text, each once. A space takes the place of each; runs become one space.
    forbidden = {*rules.forbidden, *_NOWHERE, *_SLASHES_ELSEWHERE} - {" ", "."}
    found = "".join(dict.fromkeys(char for char in text if char in forbidden))
    if found:
        remarks.append(f"characters:{found}")
    spaced = "".join(" " if char in forbidden else char for char in text)
    tidy = _SPACES.sub(" ", spaced).lstrip(" ").rstrip(_ENDS)
    if tidy != spaced and not found:
        remarks.append("spaces")
    return tidy


def _with_extension(text: str, extension: str | None, remarks: list[str]) -> tuple[str, str]:
    """Return stem and extension: the one that is there where it fits, else the true one."""
    true = (extension or "").lstrip(".").lower()
    stem, ending = _split_foreign(text)
    there = spelled_plainly(ending[1:])
    chosen = there if not true or same_kind(there, true) else true
    if ending[1:].lower() != chosen:
        remarks.append(f"extension:.{chosen}")
        if ending and split(stem)[1].lower() == f".{chosen}":
            stem = split(stem)[0]  # "invoice.pdf.exe" that is a PDF: one true ending is enough
        ending = f".{chosen}"
    plain = stem.strip(_ENDS)
    if plain != stem and not remarks:
        remarks.append("spaces")
    return plain, ending


def _split_foreign(text: str) -> tuple[str, str]:
    """Split off an ending that the world knows, be it in look-alike letters or all there is."""
    stem, dot, ending = text.rpartition(".")
    return (stem, dot + ending) if dot and known(spelled_plainly(ending)) else (text, "")


def _cut(stem: str, room: int) -> str:
    """Cut to so many bytes of UTF-8, never inside a character nor before its marks and vowels."""
    raw = stem.encode("utf-8")
    if len(raw) <= room:
        return stem
    cut = raw[:room].decode("utf-8", "ignore")
    follows = stem[len(cut) : len(cut) + 1]
    while cut and follows and is_mark(follows):
        follows, cut = cut[-1], cut[:-1]
    return cut.rstrip(_ENDS) or raw[:room].decode("utf-8", "ignore")

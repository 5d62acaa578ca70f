"""The pictures that the text or the slides of a document show: to be counted again in its PDF.

Those of pixels alone: a drawing becomes strokes in a PDF, and is no picture there.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Final

from converters.package import Relations, opened
from converters.xml_watch import Watch, follow

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."
_PIXELS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")
_ASIDE: Final = frozenset({"Fallback", "del", "tracked-changes", "annotation", "notes"})
_TEXT = re.compile(r"word/document\.xml")
_SLIDE = re.compile(r"ppt/slides/[^/]+\.xml")


def of(file: IO[bytes], media_type: str) -> int:
    """Count the pictures, each once however often it is there. Raises Damaged, NotTheType."""
    reader = _READERS.get(media_type)
    if reader is None:
        return 0
    with opened(file) as archive:
        there = archive.NameToInfo
        shown = {one for one in reader(archive) if one.lower().endswith(_PIXELS)} & there.keys()
        # A PDF has what is the same under two names once.
        return len({(there[one].CRC, there[one].file_size) for one in shown})


def _of_office(parts: re.Pattern[str]) -> Callable[[zipfile.ZipFile], Iterator[str]]:
    def read(archive: zipfile.ZipFile) -> Iterator[str]:
        there = set(archive.namelist())
        for name in sorted(filter(parts.fullmatch, there)):
            folder, _, own = name.rpartition("/")
            shown, relations = _Shown("blip", "embed"), Relations()
            _follow(archive, name, shown)
            if (listed := f"{folder}/_rels/{own}.rels") in there:
                _follow(archive, listed, relations)
            for one in shown.found:
                if one in relations.targets:
                    yield posixpath.normpath(posixpath.join(folder, relations.targets[one]))

    return read


def _of_open_document(archive: zipfile.ZipFile) -> Iterator[str]:
    shown = _Shown("image", "href")
    _follow(archive, "content.xml", shown)
    yield from shown.found


def _follow(archive: zipfile.ZipFile, name: str, watch: Watch) -> None:
    with archive.open(name) as part:
        follow(part, watch)


class _Shown(Watch):
    """Takes what elements of one name lead to, outside of what is for other readers, or gone."""

    def __init__(self, name: str, attribute: str) -> None:
        self.found: set[str] = set()
        self._name, self._attribute = name, attribute
        self._aside = 0

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """See an element begin."""
        self._aside += name in _ASIDE
        if name == self._name and not self._aside and self._attribute in attributes:
            self.found.add(attributes[self._attribute])

    def end(self, name: str, /) -> None:
        """See it end."""
        self._aside -= name in _ASIDE


_READERS: Final[Mapping[str, Callable[[zipfile.ZipFile], Iterator[str]]]] = {
    f"{_OFFICE}wordprocessingml.document": _of_office(_TEXT),
    "application/vnd.ms-word.document.macroEnabled.12": _of_office(_TEXT),
    f"{_OFFICE}presentationml.presentation": _of_office(_SLIDE),
    "application/vnd.ms-powerpoint.presentation.macroEnabled.12": _of_office(_SLIDE),
    f"{_OPEN}text": _of_open_document,
    f"{_OPEN}presentation": _of_open_document,
}

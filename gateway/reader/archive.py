"""Archives: opened where that is safe, their members written out as parts; or kept, and why.

Nothing is unpacked before the listing has been judged, and nothing of an archive is handed over
unless all of it came out as it was listed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from converters.handed import File
from gateway.reader import compressed, contents, production
from gateway.reader.compressed import OneFile
from gateway.reader.entity import Count, Entity, Kind
from gateway.reader.header import Header
from gateway.reader.leaf import Leaf, described
from gateway.reader.library_archive import SEVEN_ZIP, TAR, LibraryArchive
from gateway.reader.member import Archive, Member, NotOpened, Why
from gateway.reader.parameters import Value
from gateway.reader.source import Extent
from gateway.reader.zip_archive import ZipArchive

_ZIP = "application/zip"
TYPES = {_ZIP, SEVEN_ZIP, TAR, *compressed.TYPES}
_DECLARED = "application/octet-stream"
# A drawing of nothing but white packs a thousand to one; less than this harms nobody.
_HARMLESS_BYTES = 10 << 20
_MOST_PROGRAMS = 20  # that are named
_HEAD_BYTES = 64
_NO_FILE = {"words", "alternative"}


@dataclass(frozen=True)
class ArchiveLimits:
    """The bounds on opening: of one archive its members and how far it is packed, of a letter
    the bytes of all members and how deep archives lie in each other.
    """

    max_members: int
    max_bytes: int
    max_ratio: int  # unpacked to packed
    max_depth: int


@dataclass(frozen=True)
class _Stored:
    """A member in a file of its own."""

    member: Member
    path: str
    file: Path
    size: int
    sha256: str


@dataclass
class _Unpacked:
    """What came out of one archive so far."""

    bytes: int = 0


class Archives:
    """The archives of one letter, with what they may still take."""

    def __init__(self, limits: ArchiveLimits, new_file: Callable[[], Path]) -> None:
        self._limits = limits
        self._new_file = new_file
        self._room = limits.max_bytes
        self._opened: set[str] = set()

    def open(self, leaf: Leaf, count: Count) -> list[Leaf] | None:
        """Return an archive's members as parts of their own; None for any other part.

        And for an archive that stays whole: then its flags say why, and a list of what is in it
        may lie beside it.
        """
        is_archive = leaf.detected_type in TYPES and leaf.flags.isdisjoint(_NO_FILE)
        if leaf.file is None or not is_archive:
            return None
        archive: Archive | None = None
        try:
            self._look_at_depth(leaf, count)
            with leaf.file.open("rb") as stream:
                archive = self._listed(leaf, leaf.file, stream.fileno())
                self._judge(leaf, archive, count)
                stored = self._unpack(leaf, archive)
        except NotOpened as stop:
            leaf.flags |= stop.flags
            if archive is not None and stop.why in {Why.WHOLE, Why.MEMBER}:
                self._list_contents(leaf, archive)
            return None
        leaf.unpack()
        self._opened.add(leaf.path)
        return [_part(one, leaf.entity.depth + 1, count) for one in stored]

    def hold(self, path: str) -> bool:
        """Say whether a part came in an archive that was opened, however deep."""
        return self._around(path) > 0

    def _around(self, path: str) -> int:
        steps = path.split("/")
        return sum("/".join(steps[:end]) in self._opened for end in range(1, len(steps)))

    def _look_at_depth(self, leaf: Leaf, count: Count) -> None:
        around = self._around(leaf.path)
        if around >= self._limits.max_depth or leaf.entity.depth >= count.limits.max_depth:
            raise NotOpened(Why.DEEP, "depth")

    def _listed(self, leaf: Leaf, file: File, descriptor: int) -> Archive:
        kind = leaf.detected_type
        if kind == _ZIP:
            return ZipArchive(Extent(descriptor, 0, leaf.size))
        if kind in compressed.TYPES and not compressed.holds_tar(file, kind):
            return OneFile(file, kind, leaf.name)
        return LibraryArchive(file, kind, most_bytes=self._room)

    def _judge(self, leaf: Leaf, archive: Archive, count: Count) -> None:
        """Raise NotOpened for a bomb, and for what is filed whole."""
        files = _files(archive)
        total = sum(one.size or 0 for one in files)
        self._look_at_ratio(leaf, total)
        most = min(self._limits.max_members, count.room)
        if production.is_whole(leaf.name, files) or not files or len(files) > most:
            raise NotOpened(Why.WHOLE, "listing")
        if total > self._room:
            raise NotOpened(Why.WHOLE, "bytes")

    def _look_at_ratio(self, leaf: Leaf, total: int) -> None:
        if total > max(_HARMLESS_BYTES, leaf.size * self._limits.max_ratio):
            raise NotOpened(Why.UNSAFE, "ratio")

    def _unpack(self, leaf: Leaf, archive: Archive) -> list[_Stored]:
        """Write every member to a file, or none. Raises NotOpened."""
        stored: list[_Stored] = []
        begun: list[Path] = []
        unpacked = _Unpacked()
        try:
            for number, (member, chunks) in enumerate(archive.contents(), 1):
                begun.append(self._new_file())
                path = f"{leaf.path}/{number}"
                bounded = self._bounded(chunks, leaf, unpacked)
                stored.append(_store(member, path, begun[-1], bounded))
        except NotOpened:
            for file in begun:
                file.unlink(missing_ok=True)
            raise
        self._room -= unpacked.bytes
        return stored

    def _bounded(self, chunks: Iterator[bytes], leaf: Leaf, unpacked: _Unpacked) -> Iterator[bytes]:
        """Give the chunks while all that was unpacked is within the limits, declared or not."""
        for chunk in chunks:
            unpacked.bytes += len(chunk)
            self._look_at_ratio(leaf, unpacked.bytes)
            if unpacked.bytes > self._room:
                raise NotOpened(Why.WHOLE, "bytes")
            yield chunk

    def _list_contents(self, leaf: Leaf, archive: Archive) -> None:
        files = _files(archive)
        leaf.contents = self._new_file()
        contents.write(leaf.contents, leaf.name, files)
        leaf.programs = tuple(production.programs(files)[:_MOST_PROGRAMS])


def _files(archive: Archive) -> list[Member]:
    return [one for one in archive.members if not one.is_folder]


def _store(member: Member, path: str, file: Path, chunks: Iterator[bytes]) -> _Stored:
    digest = hashlib.sha256()
    size = 0
    with file.open("xb", buffering=0) as stream:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
    return _Stored(member, path, file, size, digest.hexdigest())


def _part(stored: _Stored, depth: int, count: Count) -> Leaf:
    count.part(depth)
    with stored.file.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    is_system = production.is_system_file(stored.member, head, stored.size)
    return described(
        file_entity(stored.member.name, _DECLARED, depth),
        stored.path,
        stored.file,
        stored.size,
        stored.sha256,
        {"system_file"} if is_system else set(),
    )


def file_entity(name: str, declared_type: str, depth: int) -> Entity:
    """Describe a file as a message would describe an attachment of that name."""
    encoded = f"utf-8''{quote(name)}".encode("ascii")
    return Entity(
        header=Header(),
        kind=Kind.LEAF,
        media_type=declared_type,
        disposition=Value("attachment", {"filename*": encoded}),
        content_type=Value(),
        encoding="",
        depth=depth,
        body=Extent(-1, 0, 0),  # its bytes are in its file
    )

"""A 7z or tar archive, or one compressed file, as libarchive reads it: listed first, then unpacked.

No member is ever written by the library: it gives bytes, and we choose where they go.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.reader import libarchive
from gateway.reader.libarchive import EOF, OK, WARN, call
from gateway.reader.member import Member, NotOpened, Why
from gateway.reader.member_name import RawName, names

MOST_ENTRIES = 65_535
_BLOCK_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 18
_RAW = 0x90000
_FILTERS = ("gzip", "bzip2", "xz", "zstd")
# Only what a type of ours needs: each reader of the library is a door.
_FORMATS = {
    "application/x-7z-compressed": ("7zip",),
    "application/x-tar": ("tar",),
    "application/gzip": ("tar", "raw"),
    "application/x-bzip2": ("tar", "raw"),
    "application/x-xz": ("tar", "raw"),
    "application/zstd": ("tar", "raw"),
}
TYPES = frozenset(_FORMATS)


@dataclass(frozen=True)
class _Open:
    """The library's handle, and the entry that it stands at."""

    handle: int
    entry: ctypes.c_void_p

    def advance(self) -> bool:
        """Go to the next entry; False at the end. Raises NotOpened."""
        said = call("archive_read_next_header")(self.handle, ctypes.byref(self.entry))
        if said == EOF:
            return False
        if said not in {OK, WARN}:
            raise self.fault()
        if call("archive_entry_is_encrypted")(self.entry):
            raise NotOpened(Why.PASSWORD, "encrypted")
        return True

    def fault(self) -> NotOpened:
        """What is wrong where the library cannot go on."""
        if call("archive_read_has_encrypted_entries")(self.handle) == 1:
            return NotOpened(Why.PASSWORD, "encrypted")
        return NotOpened(Why.DAMAGED, "library")

    def is_raw(self) -> bool:
        """Whether it is one compressed file, and no archive. Known after the first entry."""
        return bool(call("archive_format")(self.handle) == _RAW)

    def consumed(self) -> int:
        """How many bytes were taken out of the compressed file, headers and all."""
        return int(call("archive_filter_bytes")(self.handle, 0))

    def size(self) -> int | None:
        """What the entry declares."""
        is_set = call("archive_entry_size_is_set")(self.entry)
        return int(call("archive_entry_size")(self.entry)) if is_set else None

    def name(self) -> RawName:
        """The entry's name. Raises NotOpened where it has none."""
        raw = call("archive_entry_pathname")(self.entry)
        if raw is not None:
            return RawName(raw)
        wide = call("archive_entry_pathname_w")(self.entry)
        if wide is None:
            raise NotOpened(Why.DAMAGED, "name")
        return RawName(wide.encode("utf-8", "replace"), "utf-8")

    def is_folder(self) -> bool:
        """Whether it is a folder. Raises NotOpened for what is neither folder nor file."""
        kind = call("archive_entry_filetype")(self.entry)
        hard = call("archive_entry_hardlink")(self.entry) is not None
        if hard or kind not in {stat.S_IFREG, stat.S_IFDIR}:
            raise NotOpened(Why.UNSAFE, "link")
        return bool(kind == stat.S_IFDIR)

    def bytes(self) -> Iterator[bytes]:
        """The entry's bytes. Raises NotOpened where they end before their time."""
        room = ctypes.create_string_buffer(_CHUNK_BYTES)
        while (got := call("archive_read_data")(self.handle, room, _CHUNK_BYTES)) > 0:
            yield room.raw[:got]
        if got < 0:
            raise self.fault()


class LibraryArchive:
    """See `gateway.reader.member.Archive`."""

    def __init__(self, file: Path, media_type: str, name: str | None, *, most_bytes: int) -> None:
        """List it. Raises NotOpened.

        A compressed one is unpacked to be listed, and never beyond `most_bytes`. `name` is its
        own: one compressed file is called by it.
        """
        self._file = file
        self._media_type = media_type
        self._single = _without_ending(name)
        self.members = self._list(most_bytes)

    def _list(self, most_bytes: int) -> tuple[Member, ...]:
        found: list[tuple[RawName, int | None, bool]] = []
        total = 0
        with self._opened() as archive:
            while archive.advance():
                if archive.is_raw():
                    return (Member(self._single, None),)
                if archive.consumed() > 2 * most_bytes:
                    raise NotOpened(Why.UNSAFE, "headers")  # a megabyte of them for each entry
                size = archive.size()
                total += size or 0
                found.append((archive.name(), size, archive.is_folder()))
                # What follows would have to be unpacked to be seen.
                if total > most_bytes or len(found) > MOST_ENTRIES:
                    break
        listed = names([name for name, _, _ in found])
        return tuple(
            Member(name, size, is_folder)
            for name, (_, size, is_folder) in zip(listed, found, strict=True)
        )

    def contents(self) -> Iterator[tuple[Member, Iterator[bytes]]]:
        """Give each file with its bytes. Raises NotOpened."""
        with self._opened() as archive:
            for member in self.members:
                if not archive.advance():
                    raise NotOpened(Why.DAMAGED, "end")
                if not member.is_folder:
                    yield member, archive.bytes()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[_Open]:
        handle = call("archive_read_new")()
        try:
            for each in _FILTERS if self._media_type != "application/x-7z-compressed" else ():
                call(f"archive_read_support_filter_{each}")(handle)
            for each in _FORMATS[self._media_type]:
                call(f"archive_read_support_format_{each}")(handle)
            with self._file.open("rb") as stream:
                if call("archive_read_open_fd")(handle, stream.fileno(), _BLOCK_BYTES) != OK:
                    raise NotOpened(Why.DAMAGED, "library")
                yield _Open(handle, ctypes.c_void_p())
        finally:
            call("archive_read_free")(handle)


def _without_ending(name: str | None) -> str:
    stem = os.path.splitext((name or "").replace("\\", "/").rpartition("/")[2])[0]  # noqa: PTH122 -- no path of ours
    return stem or "Document"


warm = libarchive.warm

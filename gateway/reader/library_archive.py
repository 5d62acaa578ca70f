"""A 7z or tar archive as libarchive reads it: listed first, then unpacked.

No member is ever written by the library: it gives bytes, and we choose where they go.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field

from converters.handed import File
from gateway.reader import compressed
from gateway.reader.libarchive import EOF, OK, READ, WARN, call
from gateway.reader.member import Member, NotOpened, Why
from gateway.reader.member_name import RawName, names

MOST_ENTRIES = 65_535
SEVEN_ZIP, TAR = "application/x-7z-compressed", "application/x-tar"
_BLOCK_BYTES = 1 << 16
_CHUNK_BYTES = 1 << 18


@dataclass
class _Source:
    """The bytes that the library is handed, and what stopped them."""

    chunks: Iterator[bytes]
    before: int = 0  # handed over before the last chunk
    last: bytes = b""
    stopped: NotOpened | None = None

    def read(self, _archive: int, _client: int, buffer: ctypes.Array[ctypes.c_void_p]) -> int:
        """Hand over the next chunk, as archive_read_callback(3) does."""
        self.before += len(self.last)
        try:
            self.last = next(self.chunks, b"")
        except NotOpened as stop:
            self.stopped = stop
            return -1
        # The bytes are the library's to read until it asks again: `last` keeps them.
        buffer[0] = ctypes.cast(ctypes.c_char_p(self.last), ctypes.c_void_p)
        return len(self.last)

    def rest(self, place: int) -> Iterator[bytes]:
        """Give what the library has not read up to `place`."""
        yield self.last[max(0, place - self.before) :]
        yield from self.chunks


@dataclass(frozen=True)
class _Open:
    """The library's handle, and the entry that it stands at."""

    handle: int
    source: _Source | None
    most_bytes: int
    entry: ctypes.c_void_p = field(default_factory=ctypes.c_void_p)

    def advance(self) -> bool:
        """Go to the next entry; False at the end. Raises NotOpened."""
        said = call("archive_read_next_header")(self.handle, ctypes.byref(self.entry))
        if said == EOF:
            return False
        if said not in {OK, WARN}:
            raise self._fault()
        if call("archive_entry_is_encrypted")(self.entry):
            raise NotOpened(Why.PASSWORD, "encrypted")
        if self._consumed > 2 * self.most_bytes:
            raise NotOpened(Why.UNSAFE, "ratio")  # there may be a megabyte for each entry
        return True

    @property
    def _consumed(self) -> int:
        return int(call("archive_filter_bytes")(self.handle, 0))

    def _fault(self) -> NotOpened:
        if self.source is not None and self.source.stopped is not None:
            return self.source.stopped
        if call("archive_read_has_encrypted_entries")(self.handle) == 1:
            return NotOpened(Why.PASSWORD, "encrypted")
        return NotOpened(Why.DAMAGED, "library")

    def size(self) -> int:
        """What the entry declares."""
        return int(call("archive_entry_size")(self.entry))

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
            yield ctypes.string_at(room, got)
        if got < 0:
            raise self._fault()

    def look_behind(self) -> None:
        """Read to the end, where a checksum stands. Raises NotOpened for what hides there."""
        if self.source is None:
            return
        total = self._consumed
        for chunk in self.source.rest(total):
            total += len(chunk)
            if chunk.strip(b"\0") or total > 2 * self.most_bytes:
                raise NotOpened(Why.UNSAFE, "hidden")


class LibraryArchive:
    """See `gateway.reader.member.Archive`."""

    def __init__(self, file: File, media_type: str, *, most_bytes: int) -> None:
        """List it. Raises NotOpened.

        `media_type` is 7z's or tar's, or that of a compressed tar archive, which is unpacked to be
        listed: not beyond `most_bytes` and as much again for its headers.
        """
        self._file = file
        self._media_type = media_type
        self._most_bytes = most_bytes
        self.members = self._list()

    def _list(self) -> tuple[Member, ...]:
        found: list[tuple[RawName, int, bool]] = []
        total = 0
        with self._opened() as archive:
            while archive.advance():
                found.append((archive.name(), archive.size(), archive.is_folder()))
                total += archive.size()
                # What follows would have to be unpacked to be seen.
                if total > self._most_bytes or len(found) > MOST_ENTRIES:
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
            archive.advance()
            archive.look_behind()

    @contextlib.contextmanager
    def _opened(self) -> Iterator[_Open]:
        handle = call("archive_read_new")()
        try:
            if self._media_type == SEVEN_ZIP:
                call("archive_read_support_format_7zip")(handle)
                with self._file.open("rb") as stream:
                    # The library reads from where the descriptor stands: of one that was handed
                    # over, where it was left.
                    os.lseek(stream.fileno(), 0, os.SEEK_SET)
                    said = call("archive_read_open_fd")(handle, stream.fileno(), _BLOCK_BYTES)
                    yield self._begun(handle, said, None)
                return
            call("archive_read_support_format_tar")(handle)
            source = _Source(compressed.unpacked(self._file, self._media_type))
            read = READ(source.read)
            said = call("archive_read_open")(handle, None, None, read, None)
            yield self._begun(handle, said, source)
        finally:
            call("archive_read_free")(handle)

    def _begun(self, handle: int, said: int, source: _Source | None) -> _Open:
        if said != OK:
            raise NotOpened(Why.DAMAGED, "library")
        return _Open(handle, source, self._most_bytes)

"""Appending: one writer at an upload, from the lock on its file to what is acknowledged of it.

Plain synchronous code, for the thread of a door. Whatever ends it, the row says what is durable:
never more, and never less than was said before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Self

from config.settings import Sending
from portal import upload as uploading
from portal.database import Database
from portal.draft import Owner
from portal.growing import BytesLost, Growing
from portal.running_hashes import RunningHashes
from portal.upload import NoUpload, Upload
from portal.vault import DiskFull, Vault, VaultFault

if TYPE_CHECKING:
    from hashlib import _Hash

# A client may send a whole file in one request: a crash in the middle costs it this much.
_ACKNOWLEDGED_EVERY_BYTES = 64 << 20


class OffsetDiffers(Exception):
    """The upload stands at another offset than the client goes on at."""

    code = "upload_offset"


class TooManyBytes(Exception):
    """More bytes than the upload was said to have."""

    code = "upload_too_long"


class ChecksumDiffers(Exception):
    """The bytes of a request are not those that its checksum was made of."""

    code = "upload_checksum"


@dataclass(frozen=True)
class Checksum:
    """What a client says of the bytes of one request."""

    algorithm: str  # 'sha256' or 'sha1'
    digest: bytes


@dataclass(frozen=True)
class Appender:
    """What every writer of this process works with."""

    database: Database
    vault: Vault
    sending: Sending
    minimum_free_bytes: int
    clock: Callable[[], datetime]
    hashes: RunningHashes = field(default_factory=RunningHashes)

    def require_room(self, more_bytes: int) -> None:
        """Raise DiskFull where the disk would be below its floor with so many more bytes."""
        if self.vault.free_bytes() < more_bytes + self.minimum_free_bytes:
            raise DiskFull(f"no room for {more_bytes} bytes")

    def find(self, public_id: str, owner: Owner) -> Upload:
        """Return an upload as it stands, settled where a crash left it.

        Raises NoUpload, BytesLost, DiskFull and WriteFailed.
        """
        upload = self._recorded(public_id, owner)
        if self._is_short(upload):
            # It may have become a blob in between, and then its row says so by now.
            before, upload = upload, self._recorded(public_id, owner)
            if upload == before:
                raise BytesLost
        uploading.settle(self.vault, upload)
        return upload

    def begin(
        self,
        public_id: str,
        owner: Owner,
        offset: int,
        *,
        more_bytes: int | None,
        checksum: Checksum | None,
    ) -> Appending:
        """Take the upload's lock, and make its file ready for the byte at `offset`.

        `more_bytes` is how many will come, where that is known. Raises NoUpload, OffsetDiffers,
        TooManyBytes, DiskFull, Busy, BytesLost and WriteFailed: then nothing was written.
        """
        upload = self._standing(public_id, owner, offset, more_bytes)
        self.require_room(upload.length - offset if more_bytes is None else more_bytes)
        growing = Growing(self.vault.upload(public_id))
        try:
            # Read again behind the lock: until then somebody else may have written.
            upload = self._standing(public_id, owner, offset, more_bytes)
            growing.go_on_at(offset, self.hashes.take(public_id, offset))
        except BaseException:
            growing.close()
            raise
        return Appending(self, upload, growing, checksum)

    def _recorded(self, public_id: str, owner: Owner) -> Upload:
        with self.database.read() as connection:
            return uploading.find(connection, public_id, owner, now=self.clock())

    def _is_short(self, upload: Upload) -> bool:
        if upload.is_whole or upload.offset == 0:
            return False
        try:
            return self.vault.upload(upload.public_id).stat().st_size < upload.offset
        except FileNotFoundError:
            return True

    def _standing(
        self, public_id: str, owner: Owner, offset: int, more_bytes: int | None
    ) -> Upload:
        upload = self.find(public_id, owner)
        if upload.offset != offset or upload.is_whole:
            raise OffsetDiffers
        if more_bytes is not None and more_bytes > upload.length - offset:
            raise TooManyBytes
        return upload


class Appending:
    """One request's bytes on their way into an upload. One thread at a time."""

    def __init__(
        self, appender: Appender, upload: Upload, growing: Growing, checksum: Checksum | None
    ) -> None:
        self.upload = upload  # as it is acknowledged
        self._appender = appender
        self._growing = growing
        self._checksum = checksum
        self._summed = hashlib.new(checksum.algorithm) if checksum else None
        self._settled: _Hash = growing.digest()  # at what is acknowledged
        self._offset = upload.offset

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def write(self, piece: bytes | bytearray) -> None:
        """Add bytes. Raises TooManyBytes, NoUpload, DiskFull and WriteFailed: then what this
        request brought since it was last acknowledged is given back."""
        if self._offset + len(piece) > self.upload.length:
            self.give_back()
            raise TooManyBytes
        try:
            self._growing.write(piece)
        except VaultFault:
            self.give_back()
            raise
        self._offset += len(piece)
        if self._summed is not None:
            self._summed.update(piece)
        elif self._offset - self.upload.offset >= _ACKNOWLEDGED_EVERY_BYTES:
            self._acknowledge()

    def finish(self) -> Upload:
        """Every byte of the request is there: make them durable, and acknowledge them.

        Raises ChecksumDiffers, NoUpload, DiskFull and WriteFailed: then they are given back.
        """
        summed = self._summed.digest() if self._summed is not None else None
        if self._checksum is not None and summed != self._checksum.digest:
            self.give_back()
            raise ChecksumDiffers
        if self._offset > self.upload.offset:
            self._acknowledge()
        return self.upload

    def stop(self) -> Upload:
        """The line is gone: keep what came. With a checksum nobody knows what it was: give it back.

        Raises NoUpload, DiskFull and WriteFailed.
        """
        if self._checksum is not None:
            self.give_back()
        elif self._offset > self.upload.offset:
            self._acknowledge()
        return self.upload

    def give_back(self) -> None:
        """Forget what was not acknowledged, and free its place on the disk."""
        self._growing.cut(self.upload.offset)
        self._offset = self.upload.offset

    @property
    def is_closed(self) -> bool:
        """Whether the next writer may be in already."""
        return self._growing.is_closed

    def close(self) -> None:
        """Let the next writer in. What was not acknowledged by then is cut off by it."""
        if not self.upload.is_whole:
            self._appender.hashes.put(self.upload.public_id, self.upload.offset, self._settled)
        self._growing.close()

    def _acknowledge(self) -> None:
        """Make what came durable, and then say so in the row."""
        appender, digest = self._appender, self._growing.digest()
        is_whole = self._offset == self.upload.length
        sha256 = digest.hexdigest() if is_whole else None
        try:
            self._growing.sync(is_new=self.upload.offset == 0)
            with appender.database.write() as connection:
                uploading.acknowledge(
                    connection,
                    self.upload,
                    self._offset,
                    sha256,
                    sending=appender.sending,
                    now=appender.clock(),
                )
        except (VaultFault, NoUpload):
            self.give_back()
            raise
        self.upload = replace(self.upload, offset=self._offset, sha256=sha256)
        self._settled = digest
        uploading.settle(appender.vault, self.upload)

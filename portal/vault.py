"""The vault: bytes by their SHA-256, written once, read by streaming.

A blob is durable when `Draft.keep` returns: written, fsynced, renamed, and its folder fsynced. A
fault of any of these is raised and the draft is gone: after a failed fsync the data may be lost
though the next fsync succeeds, so nothing is tried again on the same descriptor
(https://wiki.postgresql.org/wiki/Fsync_Errors).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Self

CHUNK_BYTES = 1 << 18
# Read-only even for the owner: a sandbox that is handed a descriptor cannot open it for writing.
_BLOB_MODE = 0o400


class VaultFault(Exception):
    """The vault could not keep or find bytes."""


class DiskFull(VaultFault):
    """The disk or the quota has no room (ENOSPC, EDQUOT). Time mends it, or operations."""


class WriteFailed(VaultFault):
    """A write, fsync or rename failed. Nothing was kept."""


class BlobMissing(VaultFault):
    """No blob has this SHA-256. `sha256` says which."""

    def __init__(self, sha256: str) -> None:
        super().__init__(sha256)
        self.sha256 = sha256


@dataclass(frozen=True)
class Blob:
    """A reference to bytes in the vault."""

    sha256: str
    bytes: int


class Vault:
    """A folder of blobs, content-addressed by SHA-256.

    `drafts/` holds what is being written, `uploads/` what comes in pieces (portal/growing.py), and
    `ab/ab12…` blobs. Safe for threads and for several
    processes of one machine.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts = folder / "drafts"
        self._uploads = folder / "uploads"
        self._renames = threading.Lock()
        self._gate = -1

    def prepare(self) -> None:
        """Make the folders, durably. Called once by each process, before anything is written."""
        self._drafts.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._uploads.mkdir(exist_ok=True, mode=0o700)
        self._gate = os.open(self._folder / "gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        for number in range(256):
            (self._folder / f"{number:02x}").mkdir(exist_ok=True, mode=0o700)
        sync_folder(self._folder)
        sync_folder(self._folder.parent)

    def draft(self) -> Draft:
        """Begin a blob. Raises DiskFull or WriteFailed."""
        return Draft(self._drafts / secrets.token_hex(16), self._keep)

    def add(self, source: BinaryIO, *, limit: int | None = None) -> Blob:
        """Copy a stream into the vault, durably.

        Raises ValueError where it holds more than `limit` bytes, DiskFull or WriteFailed.
        """
        with self.draft() as draft:
            while chunk := source.read(CHUNK_BYTES):
                draft.write(chunk)
                if limit is not None and draft.bytes > limit:
                    raise ValueError(f"more than {limit} bytes")
            return draft.keep()

    def upload(self, public_id: str) -> Path:
        """Name the file that an upload grows in."""
        return self._uploads / public_id

    def uploads(self) -> Iterator[str]:
        """Name every upload that a file is there of."""
        with os.scandir(self._uploads) as entries:
            yield from [entry.name for entry in entries]

    def adopt(self, file: Path, sha256: str) -> None:
        """Make a whole, synced file of this file system the blob of its hash, durably.

        The caller has recorded before that it is whole: after a crash in between it is adopted
        then. Does nothing where that was done. Raises DiskFull or WriteFailed.
        """
        with said_plainly():
            try:
                file.chmod(_BLOB_MODE)
                os.utime(file)  # its last byte may have come long ago, and the sweep goes by age
                self._keep(file, sha256)
            except FileNotFoundError:
                if not self.holds(sha256):
                    raise

    def free_bytes(self) -> int:
        """Say how many bytes the vault's file system still takes. Raises WriteFailed."""
        with said_plainly():
            disk = os.statvfs(self._folder)
            return disk.f_bavail * disk.f_frsize

    def open(self, sha256: str) -> BufferedReader:
        """Open a blob for reading. The caller closes it. Raises BlobMissing."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing(sha256) from error

    def file(self, sha256: str) -> Path:
        """Name the file of a blob, for a sandbox to be handed it read-only. Raises BlobMissing."""
        path = self._path(sha256)
        if not path.is_file():
            raise BlobMissing(sha256)
        return path

    def holds(self, sha256: str) -> bool:
        """Say whether the vault has this blob."""
        return self._path(sha256).is_file()

    def blobs(self) -> Iterator[Blob]:
        """Name every blob there is, in no order."""
        for number in range(256):
            with os.scandir(self._folder / f"{number:02x}") as entries:
                for entry in entries:
                    with contextlib.suppress(FileNotFoundError):
                        yield Blob(entry.name, entry.stat().st_size)

    def sweep(
        self,
        older_than_seconds: float,
        is_referenced: Callable[[str], bool],
        stopped: Callable[[], bool] = lambda: False,
    ) -> int:
        """Remove old drafts, and old blobs that nothing refers to. Return how many went.

        A blob younger than the bound stays whatever is said of it: its letter's row may be about
        to be committed, and every accept gives its blob a fresh time stamp.
        """
        bound = time.time() - older_than_seconds
        gone = 0
        with os.scandir(self._drafts) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if entry.stat().st_mtime < bound:
                        Path(entry.path).unlink()
                        gone += 1
        for blob in self.blobs():
            if stopped():
                break
            path = self._path(blob.sha256)
            if not _is_older(path, bound) or is_referenced(blob.sha256):
                continue
            with self._through_gate(fcntl.LOCK_EX):
                # A reference made since comes with a fresh time stamp, and `keep` renames under
                # the same lock: what is old still is nobody's.
                if _is_older(path, bound):
                    path.unlink()
                    gone += 1
        return gone

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def _keep(self, draft: Path, sha256: str) -> None:
        path = self._path(sha256)
        with self._through_gate(fcntl.LOCK_SH):
            draft.rename(path)  # over a blob that exists too: its time stamp becomes fresh
        sync_folder(path.parent)

    @contextlib.contextmanager
    def _through_gate(self, kind: int) -> Iterator[None]:
        """Hold the gate between renaming and sweeping, against threads and other processes."""
        with self._renames:
            fcntl.flock(self._gate, kind)
            try:
                yield
            finally:
                fcntl.flock(self._gate, fcntl.LOCK_UN)


class Draft:
    """A blob being written. Left without `keep`, it is removed."""

    def __init__(self, path: Path, keep: Callable[[Path, str], None]) -> None:
        self._path = path
        self._rename = keep
        self._digest = hashlib.sha256()
        self.bytes = 0
        self._descriptor: int | None = None
        with said_plainly():
            self._descriptor = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _BLOB_MODE
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.discard()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Add bytes. Raises DiskFull or WriteFailed; the draft is then good for `discard` alone."""
        assert self._descriptor is not None, "this draft has ended"
        self._digest.update(chunk)
        view = memoryview(chunk)
        with said_plainly():
            while view:
                view = view[os.write(self._descriptor, view) :]
        self.bytes += len(chunk)

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was written so far."""
        return self._digest.hexdigest()

    def keep(self) -> Blob:
        """Make the bytes durable and return their reference. Raises DiskFull or WriteFailed."""
        assert self._descriptor is not None, "this draft has ended"
        sha256 = self._digest.hexdigest()
        try:
            with said_plainly():
                os.fsync(self._descriptor)
                self._rename(self._path, sha256)
        except VaultFault:
            self.discard()
            raise
        self._close()
        return Blob(sha256, self.bytes)

    def discard(self) -> None:
        """End the draft and remove it. Does nothing where it was kept."""
        if self._descriptor is not None:
            self._close()
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


@contextlib.contextmanager
def said_plainly() -> Iterator[None]:
    """Turn what the file system says into DiskFull or WriteFailed."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFull(str(error)) from error
        raise WriteFailed(str(error)) from error


def _is_older(path: Path, bound: float) -> bool:
    try:
        return path.stat().st_mtime < bound
    except FileNotFoundError:
        return False


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""One part's bytes, decoded into a file of the job's folder, with its SHA-256 and its real type."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from converters.detect import detect
from converters.grounds import By, Grounds
from converters.handed import File
from gateway.reader.entity import Entity
from gateway.reader.transfer import HEAD_BYTES, Decoder, is_a_file_in_base64

_DECLARED = Grounds(By.DECLARED)
_OPENED, _MESSAGE = "opened", "message/rfc822"


@dataclass
class Leaf:
    """A part as it lies in the folder."""

    path: str
    entity: Entity
    file: File | None  # handed over, or one of the folder's own
    size: int
    sha256: str
    detected_type: str
    flags: set[str] = field(default_factory=set)
    pages: int | None = None
    pixels: tuple[int, int] | None = None
    contents: Path | None = None  # the list of what is in an archive that stays whole
    programs: tuple[str, ...] = ()  # the names of those in it
    grounds: Grounds = _DECLARED

    @property
    def name(self) -> str | None:
        """What the sender called it."""
        return self.entity.name

    def open(self, media_type: str = _MESSAGE) -> None:
        """Take note that this is a message, and opened: its file is kept no longer."""
        self._drop()
        self.detected_type = media_type
        self.grounds = replace(self.grounds, by=By.STRUCTURE, also=None)
        self.flags = {_OPENED, *(self.flags & {"ambiguous"})}

    def unpack(self) -> None:
        """Take note that this is an archive, and opened: its file is kept no longer."""
        self._drop()
        self.flags = {_OPENED, *(self.flags & {"ambiguous"})}

    def _drop(self) -> None:
        if isinstance(self.file, Path):
            self.file.unlink()
        self.file = None

    def head(self, size: int) -> bytes:
        """Return its first bytes."""
        if self.file is None:
            return b""
        with self.file.open("rb") as stream:
            return stream.read(size)


@dataclass(frozen=True)
class Unpacked:
    """What lies in a file now: its SHA-256 and bytes; `doubtful` as transfer.Decoder has it."""

    sha256: str
    size: int
    doubtful: bool


def unpack(entity: Entity, file: Path) -> Unpacked:
    """Decode a part into a new file, chunk by chunk."""
    digest = hashlib.sha256()
    size = 0
    label = entity.encoding
    decoder = Decoder("base64" if not label and _hides_a_file(entity) else label)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as stream:
        for chunk in decoder.decode(entity.body.chunks()):
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
    return Unpacked(digest.hexdigest(), size, decoder.doubtful or decoder.name != label)


def _hides_a_file(entity: Entity) -> bool:
    """Say whether what calls itself no text is text: the base64 of a file, without its label."""
    is_text = entity.media_type.startswith(("text/", "message/", "multipart/"))
    return not is_text and is_a_file_in_base64(entity.body.read(entity.body.start, HEAD_BYTES))


def decoded(entity: Entity, path: str, file: Path) -> Leaf:
    """Decode a part into a new file, and find out what it is."""
    lies = unpack(entity, file)
    flags = {"ambiguous"} if lies.doubtful or entity.ambiguous else set()
    return described(entity, path, file, lies.size, lies.sha256, flags)


def described(
    entity: Entity, path: str, file: File, size: int, sha256: str, flags: set[str]
) -> Leaf:
    """Find out what a part is whose bytes are in their file already."""
    if not size:
        flags.add("empty")
    found = detect(file, entity.media_type, entity.name)
    return Leaf(
        path=path,
        entity=entity,
        file=file,
        size=size,
        sha256=sha256,
        detected_type=found.media_type,
        flags=flags | found.flags,
        pages=found.pages,
        pixels=found.pixels,
        grounds=found.grounds,
    )


def opened(entity: Entity, path: str) -> Leaf:
    """Describe a part that is opened as it stands, a message mostly: no file is made of it."""
    digest = hashlib.sha256()
    size = 0
    for chunk in Decoder(entity.encoding).decode(entity.body.chunks()):
        digest.update(chunk)
        size += len(chunk)
    return Leaf(
        path=path,
        entity=entity,
        file=None,
        size=size,
        sha256=digest.hexdigest(),
        detected_type=entity.media_type if entity.opened else _MESSAGE,
        flags={_OPENED},
    )

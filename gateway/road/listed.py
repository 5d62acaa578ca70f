"""Listed: a letter that is a manifest becomes a package. Each of its files comes apart in a sandbox
of its own, as a part of a message does, and is read where the vault has it.

The words are ours to read: we have written the manifest. What cannot be taken apart is held alone,
and the other files go their way.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from config.settings import Reading
from converters.fault import BadOutput, JobDied, JobRefused, JobUncertain
from gateway.letter import Letter
from gateway.manifest import ListedFile, Manifest, NotAManifest
from gateway.reader.fault import Reason
from gateway.road.answer import Unbelievable, package_of
from gateway.road.package import Package, Part, Typed, Words
from gateway.road.read import MessageUnreadable, Reader, job_of

_MOST_SHOWN = 200  # of what was typed, in the subject
_UNKNOWN = "application/octet-stream"
_NO_WORDS = Words("", None, "", "", "", "", "", "", None)
# Flags that only a part of a message can have: a file is none of its words.
_OF_MESSAGES = frozenset({"words", "alternative"})
_AROUND: Mapping[str, Any] = {
    "message_id": None,
    "sender": None,
    "automatic": False,
    "failures": [],
    "signs": {},
    "ambiguous": False,
    "answered": [],
    "addressed": [],
    "importance": None,
}
_WORDS_AROUND: Mapping[str, Any] = {
    **dict.fromkeys(("path", "subject", "header_from", "header_to", "date", "text", "new"), ""),
    **dict.fromkeys(("container", "html", "html_charset")),
    "lossy": False,
    "differs": False,
    "images": {},
    "seen": [],
    "links": [],
    "other_subjects": "",
    "other": "",
}


class Blobs(Protocol):
    """Where the files of a manifest are: portal.vault.Vault."""

    def file(self, sha256: str) -> Path:
        """Name the file of a blob. Raises portal.vault.BlobMissing."""


@dataclass(frozen=True)
class _Desk:
    """What one letter's files are read with."""

    letter: Letter
    blobs: Blobs
    reader: Reader
    folder: Path
    limits: Reading
    last_chance: bool


def manifest_of(raw: BinaryIO) -> Manifest:
    """Read the manifest that a letter is. Raises MessageUnreadable."""
    try:
        return Manifest.read(raw.read())
    except NotAManifest as fault:
        raise MessageUnreadable(Reason.UNBELIEVABLE) from fault


def read_listed(
    letter: Letter,
    raw: BinaryIO,
    blobs: Blobs,
    reader: Reader,
    folder: Path,
    limits: Reading,
    *,
    last_chance: bool = True,
) -> Package:
    """Return what a manifest says, its files as parts behind the words.

    The files of what comes out of them are in `folder`, flat; those of the manifest stay where
    `blobs` has them. The limits on parts and unpacked bytes count over the whole letter, that of
    seconds for each file. Raises MessageUnreadable for what is no manifest, and JobUncertain where
    a sandbox was slow or ended, unless it is the letter's `last_chance`.
    """
    manifest = manifest_of(raw)
    desk = _Desk(letter, blobs, reader, folder, limits, last_chance)
    own, spoken = _own(letter, manifest)
    words, parts = [own], list(spoken)
    for number, listed in enumerate(manifest.files, 2):
        there = len(parts), sum(part.bytes for part in parts if part.container is not None)
        found, said = _read(desk, f"{number}", listed, there)
        parts += found
        words += said
    return Package(
        letter=letter,
        message_id=None,
        header_from=own.header_from,
        sender=letter.envelope.sender,
        subject=own.subject,
        automatic=False,
        words=tuple(words),
        parts=tuple(parts),
        typed=Typed(manifest.case, manifest.consultant, manifest.deadline),
    )


def whole(listed: ListedFile, path: str, file: Path | None) -> Part:
    """Describe a file of which nothing is known but what its sender said."""
    return Part(
        path=path,
        container=None,
        original_name=listed.name or None,
        declared_type=listed.declared_type,
        detected_type=_UNKNOWN,
        bytes=listed.bytes,
        sha256=listed.sha256,
        file=file,
        is_kept=True,
        document_type=listed.document_type,
        description=listed.description,
    )


def _own(letter: Letter, manifest: Manifest) -> tuple[Words, tuple[Part, ...]]:
    """Return the letter's own words, and the part that they are where there are any."""
    message, name = manifest.fields.get("message", "").strip(), manifest.field("name")
    sender = letter.envelope.sender
    words = dataclasses.replace(
        _NO_WORDS,
        subject=_subject(manifest),
        header_from=f"{name} <{sender}>" if name else sender,
        header_to=", ".join(letter.envelope.recipients),
        date=format_datetime(letter.envelope.arrived_at),
    )
    if not message:
        return words, ()
    content = message.encode()
    part = Part(
        path="1",
        container=None,
        original_name=None,
        declared_type="text/plain",
        detected_type="text/plain",
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        file=None,
        inline=True,
        flags=frozenset({"words"}),
    )
    return dataclasses.replace(words, path="1", text=message, new=message), (part,)


def _subject(manifest: Manifest) -> str:
    if manifest.case is not None:
        return f"Documents about {_short(manifest.case)}"
    if manifest.consultant is not None:
        return f"Documents for {_short(manifest.consultant)}"
    return "Documents from the form"


def _short(typed: str) -> str:
    return " ".join(typed.split())[:_MOST_SHOWN]


def _read(
    desk: _Desk, path: str, listed: ListedFile, there: tuple[int, int]
) -> tuple[tuple[Part, ...], tuple[Words, ...]]:
    """Return a file as a part, with what came out of it, and the words of messages in it.

    `there` are how many parts and unpacked bytes there are before it.
    """
    file = desk.blobs.file(listed.sha256)
    job = _job(desk, path, listed, there)
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        whose = desk.letter.turn
        answer = desk.reader.run(job, inputs=[descriptor], into=desk.folder, whose=whose)
        return _believed(desk, path, listed, file, answer)
    except JobUncertain:
        if not desk.last_chance:
            raise
    except (JobDied, BadOutput, JobRefused, Unbelievable):
        pass  # nothing of what it said is taken
    finally:
        os.close(descriptor)
    unsafe = dataclasses.replace(whole(listed, path, file), flags=frozenset({"archive_unsafe"}))
    return (unsafe,), ()


def _job(desk: _Desk, path: str, listed: ListedFile, there: tuple[int, int]) -> dict[str, Any]:
    job = job_of(desk.limits)
    parts, unpacked = there
    job["max_parts"] = max(1, job["max_parts"] - parts)
    if job["archives"] is not None:
        job["archives"]["max_bytes"] = max(0, job["archives"]["max_bytes"] - unpacked)
    taken = (one.name[1:] for one in desk.folder.glob("p*"))
    job["file"] = {
        "path": path,
        "name": listed.name,
        "declared_type": listed.declared_type,
        "sha256": listed.sha256,
        "files_before": max((int(name) for name in taken if name.isdigit()), default=0),
    }
    return job


def _believed(
    desk: _Desk, path: str, listed: ListedFile, file: Path, answer: Mapping[str, Any]
) -> tuple[tuple[Part, ...], tuple[Words, ...]]:
    """Check an answer as that about a message is checked. Raises Unbelievable.

    What we know of the file ourselves is not the reader's to say.
    """
    if "stopped" in answer or not {"words", "parts"} == set(answer):
        raise Unbelievable("it was not taken apart")
    around = {**_AROUND, "words": [_WORDS_AROUND, *answer["words"]], "parts": answer["parts"]}
    said = package_of(desk.letter, around, desk.folder)
    if not said.parts or said.parts[0].path != path:
        raise Unbelievable("it is about another file")
    own, *inner = said.parts
    within = (*(one.container for one in inner), *(one.container for one in said.words[1:]))
    if own.container is not None or None in within:
        raise Unbelievable("something is in no part of this file")
    if not all(f"{one.path}/".startswith(f"{path}/") for one in inner):
        raise Unbelievable("something is in no part of this file")
    known = whole(listed, path, None if "opened" in own.flags else file)
    part = dataclasses.replace(
        own,
        original_name=known.original_name,
        declared_type=known.declared_type,
        bytes=known.bytes,
        sha256=known.sha256,
        file=known.file,
        flags=own.flags - _OF_MESSAGES,
        is_kept=True,
        document_type=known.document_type,
        description=known.description,
    )
    return (part, *inner), said.words[1:]

"""The reader's job: one message's bytes in, its words and files out. Runs in the sandbox alone."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

from config import apart
from converters import detect
from converters.compound import SIGNATURE as COMPOUND
from converters.handed import Handed
from gateway.reader import entries, libarchive
from gateway.reader.archive import ArchiveLimits, Archives, file_entity
from gateway.reader.attached import MOST as MOST_ATTACHED
from gateway.reader.attached import attached
from gateway.reader.body import pieces
from gateway.reader.boundary import shows_parts
from gateway.reader.enclosed import disclose
from gateway.reader.entity import Count, Entity, Kind, Limits, read_tree
from gateway.reader.fault import ReadingStopped, Reason
from gateway.reader.glimpse import glimpse
from gateway.reader.importance import importance
from gateway.reader.inside import Inside, inside
from gateway.reader.joined import join
from gateway.reader.leaf import Leaf, decoded, described, opened
from gateway.reader.mailboxes import IN_ALL, mailboxes
from gateway.reader.mapi import DamagedContainer
from gateway.reader.member import Why
from gateway.reader.outlook import message_file
from gateway.reader.production import is_resource_fork
from gateway.reader.report import failures
from gateway.reader.scratch import Scratch, scratch
from gateway.reader.sealed import is_encrypted
from gateway.reader.sender import is_automatic, is_housemates, one_sender
from gateway.reader.sent import sent_at
from gateway.reader.signs import signs
from gateway.reader.source import Extent
from gateway.reader.thread import answered
from gateway.reader.words import Budget, read_words

# Text and its new words, and what else is said, with twelve bytes of JSON for an emoji, stay below
# the sandbox's 16 MiB. What else is said has room for a header of nothing but Subject fields.
_MOST_CHARACTERS = 450_000
_MOST_OTHER_CHARACTERS = 300_000
_MOST_GLIMPSES = 20  # each takes a parse, if it is HTML
_BLANK_BYTES = 1 << 16
_MAGIC_BYTES = 4
# What shows that a message had parts, although no boundary of it can be found.
_TRACE_OF_PARTS = re.compile(rb"(?:\A|[\r\n])(?:--\S|content-[a-z-]+[ \t]*:)", re.IGNORECASE)


def warm() -> None:
    """Load what the first job would wait for. Called once, before any stranger's bytes."""
    detect.warm()
    libarchive.warm()
    apart.rules()


def run(job: dict[str, Any], inputs: list[int], folder: Path) -> dict[str, Any]:
    """Take a message apart, or one file of a manifest.

    `job` has the limits max_parts, max_depth and max_header_bytes, and as "archives" those of
    ArchiveLimits, where archives are opened; `inputs` is the descriptor of the raw message. The
    files of the parts are left in `folder`. The answer is what gateway.road.read takes, or
    {"stopped": reason}. With "about" in `job` it is what the header says, for gateway.about. With a
    "file" in `job` the descriptor is that file's, and the answer what gateway.road.listed takes.
    """
    limits = Limits(job["max_parts"], job["max_depth"], job["max_header_bytes"])
    descriptor = inputs[0]
    raw = Extent(descriptor, 0, os.fstat(descriptor).st_size)
    opening = job.get("archives")
    archives = ArchiveLimits(**opening) if opening else None
    try:
        with scratch(folder) as own:
            letter = _Letter(folder, Count(limits), archives, own)
            if "about" in job:
                return letter.about(raw)
            if "file" in job:
                return letter.read_file(Handed(descriptor, folder), job["file"])
            return letter.read(raw)
    except ReadingStopped as stop:
        return {"stopped": stop.reason.value}


class _Letter:
    """One letter while it is being read, its attached messages included."""

    def __init__(
        self, folder: Path, count: Count, archives: ArchiveLimits | None, own: Scratch
    ) -> None:
        self._folder = folder
        self._count = count
        self._scratch = own
        self._budget = Budget(_MOST_CHARACTERS)
        self._others = Budget(_MOST_OTHER_CHARACTERS)
        self._files = 0
        self._archives = None if archives is None else Archives(archives, self._new_file)
        self._glimpses = 0
        self._words: list[dict[str, Any]] = []
        self._parts: list[dict[str, Any]] = []
        self._attached: list[dict[str, Any]] = []

    def read(self, raw: Extent) -> dict[str, Any]:
        """Read the letter and what is attached to it. Raises ReadingStopped."""
        with self._outermost(raw) as root:
            return self._read(root)

    def about(self, raw: Extent) -> dict[str, Any]:
        """Say what the header of the letter says of it. Raises ReadingStopped."""
        with self._outermost(raw) as root:
            return {
                "message_id": entries.shown(root.header, "message-id") or None,
                "sent_at": sent_at(root.header),
                "header_from": entries.shown(root.header, "from"),
                "sender": one_sender(root.header),
                "subject": entries.shown(root.header, "subject"),
                "addressed": [
                    one.address for one in mailboxes(root.header, IN_ALL) if one.address is not None
                ],
            }

    def read_file(self, file: Handed, said: dict[str, Any]) -> dict[str, Any]:
        """Read a file that nobody packed into a message. Raises ReadingStopped.

        `said` has its path, name, declared_type and sha256, and as files_before the number of the
        last file that is in the folder where the new ones go.
        """
        self._files = said["files_before"]
        entity = file_entity(said["name"], said["declared_type"], 0)
        leaf = described(entity, said["path"], file, file.size, said["sha256"], set())
        self._hand_over(leaf, None, frozenset())
        return {"words": self._words, "parts": self._parts}

    @contextlib.contextmanager
    def _outermost(self, raw: Extent) -> Iterator[Entity]:
        """Find the tree of the letter, which may be a .msg."""
        if raw.read(raw.start, len(COMPOUND)) != COMPOUND:
            yield read_tree(raw, self._count)
            return
        with contextlib.ExitStack() as stack:
            try:
                root = stack.enter_context(message_file(raw, self._count, 0, self._folder))
            except DamagedContainer as fault:
                raise ReadingStopped(Reason.DAMAGED) from fault
            yield root

    def _read(self, root: Entity) -> dict[str, Any]:
        header = root.header
        own = self._message(root, None)
        sender = one_sender(header)
        return {
            "message_id": entries.shown(header, "message-id") or None,
            "sent_at": sent_at(header),
            "sender": sender,
            "housemates": is_housemates(header),
            "automatic": is_automatic(header, sender, root.media_type),
            **own,
            "ambiguous": _is_ambiguous(root) or len(set(header.all("subject"))) > 1,
            "answered": answered(header),
            "addressed": [{"name": one.name, "address": one.address} for one in mailboxes(header)],
            "importance": importance(header),
            "attached": self._attached,
            "words": self._words,
            "parts": self._parts,
        }

    def _message(
        self, root: Entity, container: str | None, packed: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read one message and what is attached to it.

        Return what the letter itself reports as failed and its signs; nothing of any other message.
        `packed` are the words of the message that this one is in, where both are the same one.
        """
        disclose(root, self._count, self._scratch)
        prefix = "" if container is None else f"{container}/"
        if root.kind is Kind.MULTIPART and not root.children:
            _be_text(root, outermost=container is None)
        leaves = [self._leaf(entity, path) for path, entity in _numbered(root, prefix)]
        own: dict[str, Any] = {}
        if container is None:
            own = {"failures": failures(root, leaves), "signs": signs(root, leaves)}
        found = pieces(root, {id(leaf.entity): leaf for leaf in leaves})
        subjects = self._others.take(entries.other_subjects(root.header))
        said = read_words(found, self._new_file(), self._budget, self._others)
        words = entries.of_words(root.header, container, said, leaves, subjects)
        if container is not None and packed is None and len(self._attached) < MOST_ATTACHED:
            self._attached.append(attached(root.header, container))
        if container is None or packed is not None or len(self._attached) == 1:
            # What is attached as a message speaks for itself; the first may be all that there is.
            words["links"] = list(said.links)
        if packed is None or not join(packed, words, leaves):
            self._words.append(words)
        elif said.html is not None and packed["html"] != said.html.name:
            said.html.unlink()  # the same words again: one page of them is enough
        for leaf in leaves:
            if _hides_parts(leaf):
                leaf.flags.add("ambiguous")
            self._hand_over(leaf, container, said.shown, packed or words)
        return own

    def _hand_over(
        self,
        leaf: Leaf,
        container: str | None,
        shown: Set[str | None],
        words: dict[str, Any] | None = None,
    ) -> None:
        """Take a part into the answer, and behind it what it holds.

        `shown` are the Content-IDs of what the HTML of its message shows, `words` its words, for
        what Outlook packed beside them. A member of an archive is in no message.
        """
        if is_encrypted(leaf):
            leaf.flags.add("encrypted")
        if is_resource_fork(leaf.entity.media_type, leaf.head(_MAGIC_BYTES), leaf.size):
            leaf.flags.add("system_file")
        members = None if self._archives is None else self._archives.open(leaf, self._count)
        if members is not None:
            self._parts.append(entries.of_part(leaf, container, shown))
            for member in members:
                self._hand_over(member, leaf.path, frozenset())
            return
        with contextlib.ExitStack() as stack:
            opened_as = self._opened(leaf, stack)
            if opened_as is not None and _is_ambiguous(opened_as.root):
                leaf.flags.add("ambiguous")
            seen = self._glimpse(leaf) if opened_as is None else ""
            self._parts.append(entries.of_part(leaf, container, shown) | {"glimpse": seen})
            if opened_as is not None:
                self._message(opened_as.root, leaf.path, words if opened_as.is_same else None)

    def _opened(self, leaf: Leaf, stack: contextlib.ExitStack) -> Inside | None:
        """Open what is a container until `stack` is closed.

        A message of an archive that is over a limit stays a file among the others: a folder of
        mails that somebody zipped. Raises ReadingStopped for any other.
        """
        try:
            return stack.enter_context(inside(leaf, self._count))
        except ReadingStopped:
            if self._archives is None or not self._archives.hold(leaf.path):
                raise
            leaf.flags.add(Why.DEEP.value)
            return None

    def _leaf(self, entity: Entity, path: str) -> Leaf:
        is_message = entity.kind is Kind.MESSAGE and entity.children[0].header.fields
        if is_message or entity.opened:
            return opened(entity, path)
        return decoded(entity, path, self._new_file())

    def _glimpse(self, leaf: Leaf) -> str:
        """Return what a small text begins with: what a mail system left may say so."""
        if self._glimpses >= _MOST_GLIMPSES or not (seen := glimpse(leaf)):
            return ""
        self._glimpses += 1
        return self._others.take(seen)

    def _new_file(self) -> Path:
        self._files += 1
        return self._folder / f"p{self._files:05d}"


def _be_text(root: Entity, *, outermost: bool) -> None:
    """Let a multipart message without parts be the text that it is, where it is plainly that.

    Raises ReadingStopped where the outermost message shows traces of parts: it must not pass for a
    message without attachments.
    """
    place, divided = root.body.start, False
    while chunk := root.body.read(place, _BLANK_BYTES):
        divided |= bool(_TRACE_OF_PARTS.search(chunk))
        place += len(chunk)
    if divided and outermost:
        raise ReadingStopped(Reason.UNDIVIDED)
    root.kind = Kind.LEAF
    root.media_type = root.media_type if divided else "text/plain"


def _numbered(entity: Entity, prefix: str) -> Iterator[tuple[str, Entity]]:
    """Give the parts of one message with their paths, numbered as IMAP does (RFC 9051, 6.4.5.1)."""
    if entity.kind is not Kind.MULTIPART:
        yield f"{prefix}1", entity
        return
    for number, child in enumerate(entity.children, 1):
        if child.kind is Kind.MULTIPART and child.children:
            yield from _numbered(child, f"{prefix}{number}.")
        elif child.kind is not Kind.MULTIPART or child.body.read(child.body.start, 64).strip():
            yield f"{prefix}{number}", child


def _is_ambiguous(entity: Entity) -> bool:
    """Say whether a message's parts can be told apart in more than one way."""
    return entity.ambiguous or any(
        child.kind is Kind.MULTIPART and _is_ambiguous(child) for child in entity.children
    )


def _hides_parts(leaf: Leaf) -> bool:
    """Say whether another part begins in the middle of one, behind a boundary that nobody named.

    Base64 has no such line; nor have words, unless they quote one. A file sent as it is may.
    """
    is_words = not leaf.flags.isdisjoint({"words", "alternative"})
    return (is_words or leaf.entity.encoding == "base64") and shows_parts(leaf.entity.body)

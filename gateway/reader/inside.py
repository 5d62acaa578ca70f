"""Inside: what a part holds when it is opened, as a tree like that of the message it came in.

Each kind of container has an opener. A container is never opened by its name alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from gateway.reader.entity import FRAGMENTS, MESSAGES, Count, Entity, read_tree
from gateway.reader.header import message_start, read_header
from gateway.reader.leaf import Leaf
from gateway.reader.mapi import DamagedContainer
from gateway.reader.outlook import MSG_TYPE, TNEF_TYPE, message_file, packed_message
from gateway.reader.source import Extent

_MAIL_FIELDS = {"from", "to", "subject", "date", "message-id", "received"}


@dataclass(frozen=True)
class Inside:
    """What was found in a container: its parts below a root, whose header is the message's own.

    It `is_same` message as the one it is in where that was only packed: winmail.dat.
    """

    root: Entity
    is_same: bool = False


Opener = Callable[[Leaf, Count], AbstractContextManager[Inside | None]]
"""Opens a part, or gives None where it is not for this opener.

The bytes of what is inside can be read while the context is open. Raises ReadingStopped. What is
opened says so by `Leaf.open`.
"""


@contextlib.contextmanager
def inside(leaf: Leaf, count: Count) -> Iterator[Inside | None]:
    """Give what a part holds where it is a container that we open, and None for any other."""
    with contextlib.ExitStack() as stack:
        for opener in _OPENERS:
            found = stack.enter_context(opener(leaf, count))
            if found is not None:
                yield found
                return
        yield None


@contextlib.contextmanager
def _message(leaf: Leaf, count: Count) -> Iterator[Inside | None]:
    """Open a message that is attached: as it stands, encoded, or as a file named .eml.

    One that is a file of its own is read from there; the file goes when it has been read.
    """
    if leaf.file is None:
        yield Inside(leaf.entity.children[0]) if leaf.entity.children else None
        return
    named = (leaf.name or "").lower().endswith(".eml") and "words" not in leaf.flags
    named &= leaf.entity.media_type not in FRAGMENTS
    if leaf.entity.media_type not in MESSAGES and not named:
        yield None
        return
    with leaf.file.open("rb") as stream:
        extent = Extent(stream.fileno(), 0, leaf.size)
        start = message_start(extent)
        header, _ = read_header(start, start.start, (), count.limits.max_header_bytes)
        if len(_MAIL_FIELDS & {name for name, _ in header.fields}) < 2:
            yield None
            return
        message = read_tree(extent, count, leaf.entity.depth + 1)
        leaf.open()
        yield Inside(message)


@contextlib.contextmanager
def _outlook(leaf: Leaf, count: Count) -> Iterator[Inside | None]:
    """Open what Outlook wrote: a .msg, a winmail.dat. A damaged one stays whole, and is told."""
    kind = leaf.detected_type
    if leaf.file is None or kind not in {MSG_TYPE, TNEF_TYPE} or "words" in leaf.flags:
        yield None
        return
    opening = message_file if kind == MSG_TYPE else packed_message
    with contextlib.ExitStack() as stack:
        stream = stack.enter_context(leaf.file.open("rb"))
        extent = Extent(stream.fileno(), 0, leaf.size)
        found: Inside | None = None
        try:
            root = stack.enter_context(
                opening(extent, count, leaf.entity.depth + 1, leaf.file.parent)
            )
            found = Inside(root, is_same=kind == TNEF_TYPE)
            leaf.open(kind)
        except DamagedContainer:
            leaf.flags.add("damaged")
        yield found


_OPENERS: tuple[Opener, ...] = (_message, _outlook)

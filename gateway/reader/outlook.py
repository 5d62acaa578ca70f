"""Outlook's containers, opened: a .msg file, and the winmail.dat that it packs a message into."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from gateway.reader.entity import Count, Entity
from gateway.reader.item_tree import item_tree
from gateway.reader.msg_file import read_msg
from gateway.reader.scratch import scratch
from gateway.reader.source import Extent
from gateway.reader.tnef import read_tnef

MSG_TYPE, TNEF_TYPE = "application/vnd.ms-outlook", "application/vnd.ms-tnef"


@contextlib.contextmanager
def message_file(extent: Extent, count: Count, depth: int, folder: Path) -> Iterator[Entity]:
    """Open the .msg that an extent is, to be read while the context is open.

    `folder` is where what must be copied goes. Raises DamagedContainer, ReadingStopped.
    """
    with scratch(folder) as own:
        item = read_msg(extent.descriptor, extent.size, count, depth, own)
        yield item_tree(item, count, depth, own)


@contextlib.contextmanager
def packed_message(extent: Extent, count: Count, depth: int, folder: Path) -> Iterator[Entity]:
    """Open the winmail.dat that an extent is, likewise. Raises the same."""
    with scratch(folder) as own:
        yield item_tree(read_tnef(extent, count, depth), count, depth, own)

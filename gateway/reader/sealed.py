"""Sealed: parts that somebody encrypted for a key that is not ours, S/MIME and PGP."""

from __future__ import annotations

import re

from gateway.reader import cms
from gateway.reader.enclosed import is_smime
from gateway.reader.leaf import Leaf
from gateway.reader.source import Extent

# RFC 9580, 6.2. What is quoted is not at the beginning of its line.
_ARMOUR = re.compile(rb"(?:\A|[\r\n])-----BEGIN PGP MESSAGE(?:, PART [\d/ ]+)?-----[ \t]*[\r\n]")
_HEAD_BYTES = 4096


def is_encrypted(leaf: Leaf) -> bool:
    """Say whether a part's content is readable with a key alone. Its bytes say so, not its name."""
    if leaf.file is None:
        return False
    if is_smime(leaf.entity):
        with leaf.file.open("rb") as stream:
            try:
                kind = cms.kind_of(Extent(stream.fileno(), 0, leaf.size))
            except cms.NotCms:
                return False
        return kind is cms.Kind.ENCRYPTED
    return _ARMOUR.search(leaf.head(_HEAD_BYTES)) is not None

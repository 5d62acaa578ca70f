"""Every hostile file that we write, and a spread of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tests.hostile import (
    books,
    drawings,
    fonts,
    names,
    office_bombs,
    office_work,
    open_documents,
    open_xml,
    pages,
    pdfs,
    pictures,
    rich_text,
    texts,
)
from tests.hostile.hostile_file import HostileFile, Lure


def every_file(lure: Lure, seed: int) -> list[HostileFile]:
    """Return all of them, in the order of their kinds. Nothing is made yet."""
    plain = (
        pages,
        drawings,
        open_xml,
        open_documents,
        office_bombs,
        office_work,
        pdfs,
        books,
        texts,
        names,
    )
    seeded = (pictures, fonts, rich_text)
    return [
        *(file for module in plain for file in module.files(lure)),
        *(file for module in seeded for file in module.files(lure, seed)),
    ]


def spread(files: Sequence[HostileFile], count: int) -> list[HostileFile]:
    """Return about so many, as many of each kind, without those that are built to last."""
    by_kind: defaultdict[str, list[HostileFile]] = defaultdict(list)
    for file in files:
        if not file.lasts:
            by_kind[file.kind].append(file)
    each = max(1, count // len(by_kind))
    return [file for ones in by_kind.values() for file in ones[:: max(1, -(-len(ones) // each))]]

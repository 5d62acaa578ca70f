"""Renditions: PDFs that were made, each the checkpoint of its conversion, for its owner alone.

An engine may have been taken over by a file of its owner, and what it makes then is whatever that
file wants. So no PDF of one owner is given to another, whatever bytes both have sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from portal.tables import renditions

OURS: Final = "ours"
"""The owner of what we have written ourselves."""


def of_firm(firm_id: int) -> str:
    """Name the owner of what a firm sent that is known and proven."""
    return f"firm {firm_id}"


def of_letter(letter_id: int) -> str:
    """Name the owner of what came in a letter of anybody else: it is that letter's alone."""
    return f"letter {letter_id}"


@dataclass(frozen=True)
class Key:
    """What makes two renditions the same one."""

    owner: str
    source_sha256: str
    engine: str
    settings: str


@dataclass(frozen=True)
class Rendition:
    """A PDF in the vault, made from a source by one version of an engine."""

    id: int
    sha256: str
    pages: int
    bytes: int
    warnings: tuple[str, ...]


def find(connection: sa.Connection, key: Key) -> Rendition | None:
    """Look for a PDF of this owner's source, made by this engine with these settings."""
    row = connection.execute(
        sa.select(renditions).where(
            renditions.c.owner == key.owner,
            renditions.c.source_sha256 == key.source_sha256,
            renditions.c.engine == key.engine,
            renditions.c.settings == key.settings,
        )
    ).one_or_none()
    if row is None:
        return None
    return Rendition(row.id, row.pdf_sha256, row.pages, row.bytes, tuple(row.warnings))


def keep(
    connection: sa.Connection,
    key: Key,
    *,
    pdf_sha256: str,
    pages: int,
    pdf_bytes: int,
    warnings: tuple[str, ...],
    now: datetime,
) -> Rendition:
    """Record a PDF that is durable in the vault.

    Where another worker was quicker, its row stays and is returned.
    """
    there = find(connection, key)
    if there is not None:
        return there
    result = connection.execute(
        renditions.insert()
        .values(
            owner=key.owner,
            source_sha256=key.source_sha256,
            engine=key.engine,
            settings=key.settings,
            pdf_sha256=pdf_sha256,
            pages=pages,
            bytes=pdf_bytes,
            warnings=list(warnings),
            made_at=now,
        )
        .returning(renditions.c.id)
    )
    return Rendition(result.scalar_one(), pdf_sha256, pages, pdf_bytes, warnings)

"""Renditions: PDFs that were made, each the checkpoint of its conversion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.tables import renditions


@dataclass(frozen=True)
class Rendition:
    """A PDF in the vault, made from a source by one version of an engine."""

    id: int
    sha256: str
    pages: int
    bytes: int
    warnings: tuple[str, ...]


def find(
    connection: sa.Connection, source_sha256: str, engine: str, settings: str
) -> Rendition | None:
    """Look for a PDF of this source, made by this engine with these settings."""
    row = connection.execute(
        sa.select(renditions).where(
            renditions.c.source_sha256 == source_sha256,
            renditions.c.engine == engine,
            renditions.c.settings == settings,
        )
    ).one_or_none()
    if row is None:
        return None
    return Rendition(row.id, row.pdf_sha256, row.pages, row.bytes, tuple(row.warnings))


def keep(
    connection: sa.Connection,
    source: tuple[str, str, str],
    *,
    pdf_sha256: str,
    pages: int,
    pdf_bytes: int,
    warnings: tuple[str, ...],
    now: datetime,
) -> Rendition:
    """Record a PDF that is durable in the vault; `source` is SHA-256, engine and settings.

    Where another worker was quicker, its row stays and is returned.
    """
    source_sha256, engine, settings = source
    there = find(connection, source_sha256, engine, settings)
    if there is not None:
        return there
    result = connection.execute(
        renditions.insert()
        .values(
            source_sha256=source_sha256,
            engine=engine,
            settings=settings,
            pdf_sha256=pdf_sha256,
            pages=pages,
            bytes=pdf_bytes,
            warnings=list(warnings),
            made_at=now,
        )
        .returning(renditions.c.id)
    )
    return Rendition(result.scalar_one(), pdf_sha256, pages, pdf_bytes, warnings)

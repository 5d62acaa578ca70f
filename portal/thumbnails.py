"""Thumbnails: the small pictures of a PDF's pages, made when somebody first looks at them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa

from portal.tables import parts, renditions, thumbnails

MOST_PAGES = 24
"""Of one document: how many pages are pictured."""

_FORGOTTEN_AFTER = timedelta(days=30)


class NoThumbnail(Exception):
    """There is no picture of that page: it cannot be drawn, or others wait for theirs."""


class Thumbnail(Protocol):
    """Pictures the pages of the vault's PDFs."""

    @property
    def settings(self) -> str:
        """Those that it pictures with: equal ones make equal pictures."""

    def __call__(self, sha256: str, page: int) -> str:
        """Picture a page, counted from 1, and return the picture's SHA-256. Raises NoThumbnail."""


def find(
    connection: sa.Connection, pdf_sha256: str, page: int, settings: str
) -> tuple[str | None] | None:
    """Return the SHA-256 of a page's picture in a tuple, which holds None where none can be made.

    None alone where it was not tried.
    """
    row = connection.execute(
        sa.select(thumbnails.c.picture_sha256).where(
            thumbnails.c.pdf_sha256 == pdf_sha256,
            thumbnails.c.page == page,
            thumbnails.c.settings == settings,
        )
    ).one_or_none()
    return None if row is None else (row.picture_sha256,)


def keep(
    connection: sa.Connection,
    pdf_sha256: str,
    page: int,
    settings: str,
    picture_sha256: str | None,
    *,
    now: datetime,
) -> None:
    """Record a picture that is durable in the vault, or that none can be made.

    It takes the place of any that other settings made.
    """
    connection.execute(
        sa.delete(thumbnails).where(
            thumbnails.c.pdf_sha256 == pdf_sha256, thumbnails.c.page == page
        )
    )
    connection.execute(
        sa.insert(thumbnails).values(
            pdf_sha256=pdf_sha256,
            page=page,
            settings=settings,
            picture_sha256=picture_sha256,
            made_at=now,
        )
    )


def undrawable(connection: sa.Connection, pdfs: Collection[str], settings: str) -> frozenset[str]:
    """Return those of the PDFs whose first page could not be drawn: asked once for a whole page.

    With these settings: others may draw it.
    """
    asked = sa.select(thumbnails.c.pdf_sha256).where(
        thumbnails.c.pdf_sha256.in_(sorted(pdfs)),
        thumbnails.c.page == 1,
        thumbnails.c.settings == settings,
        thumbnails.c.picture_sha256.is_(None),
    )
    return frozenset(connection.scalars(asked))


def sweep(connection: sa.Connection, *, now: datetime) -> int:
    """Remove the rows whose PDF is gone, and old ones without a picture, to be tried again.

    The blobs go when no row refers to them. Return how many rows went.
    """
    made = sa.exists().where(renditions.c.pdf_sha256 == thumbnails.c.pdf_sha256)
    came = sa.exists().where(parts.c.sha256 == thumbnails.c.pdf_sha256, parts.c.stored)
    failed = thumbnails.c.picture_sha256.is_(None)
    gone = sa.delete(thumbnails).where(
        sa.or_(
            sa.not_(sa.or_(made, came)),
            sa.and_(failed, thumbnails.c.made_at <= now - _FORGOTTEN_AFTER),
        )
    )
    return connection.execute(gone).rowcount

"""Text layers: of each scan a copy whose words can be looked for, beside what was filed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.piece import PDF
from portal.strangers import UNOPENED
from portal.tables import letters, parts, renditions, text_layers

_DESCRIBED = ("filed", "filed_in_part", "with_us", "needs_you", "not_filed", "copy", "set_aside")
_TRIED_AGAIN_AFTER = timedelta(days=30)
_PDF_OF_PART = sa.func.coalesce(renditions.c.pdf_sha256, parts.c.sha256)


@dataclass(frozen=True)
class TextLayer:
    """The copy of a scan, and what on its first page looks like a case number of ours."""

    sha256: str
    bytes: int
    numbers: tuple[tuple[str, str], ...]  # as it was read, and in our form


def unread(connection: sa.Connection, since: datetime | None = None) -> str | None:
    """Return the SHA-256 of a PDF that nobody has looked at yet: of a letter that waits first.

    Of those that came as PDF, and those that were made of pictures. With `since`, only of letters
    that have come to where they are since then: none has a new document before it has moved.
    """
    came = sa.and_(
        parts.c.detected_type == PDF, parts.c.fate == "filed", parts.c.rendition_id.is_(None)
    )
    made = sa.and_(parts.c.rendition_id.is_not(None), parts.c.detected_type.startswith("image/"))
    waits = letters.c.state.in_(("with_us", "needs_you"))
    found: str | None = connection.scalar(
        sa.select(_PDF_OF_PART)
        .select_from(parts)
        .join(letters, letters.c.id == parts.c.letter_id)
        .outerjoin(renditions, renditions.c.id == parts.c.rendition_id)
        .where(
            parts.c.stored,
            letters.c.state.in_(_DESCRIBED),
            sa.true() if since is None else letters.c.state_since >= since,
            sa.func.coalesce(letters.c.reason, "").not_in(sorted(UNOPENED)),
            sa.or_(came, made),
            ~sa.exists().where(text_layers.c.pdf_sha256 == _PDF_OF_PART),
        )
        .order_by(sa.case((waits, 0), else_=1), parts.c.id.desc())
        .limit(1)
    )
    return found


def keep(
    connection: sa.Connection,
    pdf_sha256: str,
    *,
    copy: tuple[str, int] | None,
    numbers: Sequence[tuple[str, str]],
    now: datetime,
    is_failed: bool = False,
) -> None:
    """Record a copy that is durable in the vault, by SHA-256 and bytes; None where there is none.

    A PDF that has words of its own has none, and is looked at once. One that could not be read
    `is_failed`: it is tried again when the sweep has forgotten that.
    """
    sha256, octets = copy or (None, None)
    connection.execute(sa.delete(text_layers).where(text_layers.c.pdf_sha256 == pdf_sha256))
    connection.execute(
        sa.insert(text_layers).values(
            pdf_sha256=pdf_sha256,
            copy_sha256=sha256,
            bytes=octets,
            numbers=[list(one) for one in numbers],
            failed=is_failed,
            made_at=now,
        )
    )


def of(connection: sa.Connection, pdfs: Collection[str]) -> Mapping[str, TextLayer]:
    """Return the copies of those of the PDFs that have one: asked once for a whole page."""
    rows = connection.execute(
        sa.select(text_layers).where(
            text_layers.c.pdf_sha256.in_(sorted(pdfs)), text_layers.c.copy_sha256.is_not(None)
        )
    )
    return {
        row.pdf_sha256: TextLayer(
            row.copy_sha256, row.bytes, tuple((text, number) for text, number in row.numbers)
        )
        for row in rows
    }


def sweep(connection: sa.Connection, *, now: datetime) -> int:
    """Remove the rows whose PDF is gone, and old ones that failed. Return how many went."""
    made = sa.exists().where(renditions.c.pdf_sha256 == text_layers.c.pdf_sha256)
    came = sa.exists().where(parts.c.sha256 == text_layers.c.pdf_sha256, parts.c.stored)
    old = sa.and_(text_layers.c.failed, text_layers.c.made_at <= now - _TRIED_AGAIN_AFTER)
    gone = sa.delete(text_layers).where(sa.or_(sa.and_(~made, ~came), old))
    return connection.execute(gone).rowcount

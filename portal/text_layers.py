"""Text layers: of each scan a copy whose words can be looked for, beside what was filed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.piece import PDF
from portal.tables import letters, parts, renditions, text_layers

_DESCRIBED = ("filed", "filed_in_part", "with_us", "needs_you", "not_filed", "copy", "set_aside")
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
            # Of one that waits for the virus scanner, no engine opens anything.
            sa.func.coalesce(letters.c.reason, "") != "scanner_away",
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
) -> None:
    """Record a copy that is durable in the vault, by SHA-256 and bytes; None where there is none.

    A PDF has none that has words of its own, or could not be read: it is looked at once.
    """
    sha256, octets = copy or (None, None)
    connection.execute(sa.delete(text_layers).where(text_layers.c.pdf_sha256 == pdf_sha256))
    connection.execute(
        sa.insert(text_layers).values(
            pdf_sha256=pdf_sha256,
            copy_sha256=sha256,
            bytes=octets,
            numbers=[list(one) for one in numbers],
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


def sweep(connection: sa.Connection) -> int:
    """Remove the rows whose PDF is gone. Return how many went."""
    made = sa.exists().where(renditions.c.pdf_sha256 == text_layers.c.pdf_sha256)
    came = sa.exists().where(parts.c.sha256 == text_layers.c.pdf_sha256, parts.c.stored)
    return connection.execute(sa.delete(text_layers).where(~made, ~came)).rowcount

"""Thumbnails: the pictures of pages, or that none can be made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "thumbnails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("picture_sha256", sa.Text(), nullable=True),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_thumbnails"),
        sa.UniqueConstraint("pdf_sha256", "page", name="uq_thumbnails_pdf_sha256_page"),
    )
    op.create_index("ix_thumbnails_picture_sha256", "thumbnails", ["picture_sha256"])

"""Text layers: the copies of scans whose words were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "text_layers",
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("copy_sha256", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("pdf_sha256", name="pk_text_layers"),
    )
    op.create_index("ix_text_layers_copy_sha256", "text_layers", ["copy_sha256"])

"""Scans that failed: a PDF that could not be read is told from one that needs no copy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column(
        "text_layers",
        sa.Column("failed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )

"""Scans: what the virus scanner said of each part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("parts", sa.Column("scan", sa.Text(), nullable=True))

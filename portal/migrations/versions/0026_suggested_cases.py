"""Suggested cases: a mail that asks about one keeps its number, for whoever answers YES."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("outbox", sa.Column("suggested", sa.Text(), nullable=True))

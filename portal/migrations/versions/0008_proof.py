"""Proof: by which rule a sender was proven, from where, and when a trusted relay took the letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("letters", sa.Column("proof_rule", sa.Text(), nullable=True))
    op.add_column("letters", sa.Column("client", sa.Text(), nullable=True))
    op.add_column("letters", sa.Column("relayed_at", UtcDateTime(timezone=True), nullable=True))

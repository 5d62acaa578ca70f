"""Firm contacts: where copies of a firm's receipts go, and who else is asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("firms", sa.Column("copy_address", sa.Text(), nullable=True))
    op.add_column("firms", sa.Column("second_contact", sa.Text(), nullable=True))

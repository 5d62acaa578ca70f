"""Forwarded: who of the staff passed on what a letter says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    with op.batch_alter_table("packages") as table:
        table.add_column(sa.Column("forwarded", sa.JSON(none_as_null=True), nullable=True))

"""The conversation: letters that belong to another one's package, or follow it, and what heals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    for table, column, target in (
        ("letters", "home_id", "letters"),
        ("letters", "follows_id", "letters"),
        ("parts", "healed_by_id", "parts"),
    ):
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column(column, sa.Integer(), nullable=True))
            changed.create_foreign_key(op.f(f"fk_{table}_{column}"), target, [column], ["id"])
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])

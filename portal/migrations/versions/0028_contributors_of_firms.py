"""Contributors of firms: a firm lets somebody in to a case of its own, as our staff do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    with op.batch_alter_table("contributors") as table:
        table.alter_column("account_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("firm_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_contributors_firm_id"), "firms", ["firm_id"], ["id"])
        table.create_index(op.f("ix_contributors_firm_id"), ["firm_id"])
        table.create_check_constraint(
            op.f("ck_contributors_let_in_by_one"), "(account_id IS NULL) <> (firm_id IS NULL)"
        )

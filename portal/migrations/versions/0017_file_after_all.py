"""File after all: a person's decision about a letter that was set aside as no submission."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    with op.batch_alter_table("decisions") as table:
        table.drop_constraint(op.f("ck_decisions_kind"), type_="check")
        table.create_check_constraint(
            op.f("ck_decisions_kind"),
            "kind IN ('file', 'ask', 'not_submission', 'after_all', 'undo')",
        )

"""The conversation: letters that belong to another one's package, or follow it, and what heals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

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
    op.create_table(
        "document_erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("part_id", sa.Integer(), nullable=False),
        sa.Column("home_id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("hidden_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("shown_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("shown_by_id", sa.Integer(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{target}.id"], name=op.f(f"fk_document_erasures_{column}")
            )
            for column, target in (
                ("part_id", "parts"),
                ("home_id", "letters"),
                ("mail_id", "letters"),
                ("shown_by_id", "accounts"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_erasures")),
        sa.UniqueConstraint("part_id", name=op.f("uq_document_erasures_part_id")),
    )
    for column in ("home_id", "mail_id"):
        op.create_index(op.f(f"ix_document_erasures_{column}"), "document_erasures", [column])

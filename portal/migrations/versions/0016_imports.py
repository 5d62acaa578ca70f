"""Imports: whose mail a letter was, and when it was sent; how a sent message is found again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    with op.batch_alter_table("letters") as table:
        table.add_column(sa.Column("dated_at", UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("imported_for", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_letters_imported_for"), "firms", ["imported_for"], ["id"])
    op.add_column("packages", sa.Column("sent_at", UtcDateTime(timezone=True), nullable=True))
    op.create_index("ix_packages_message_id", "packages", ["message_id"], postgresql_using="hash")
    op.create_index("ix_packages_sent_at", "packages", ["sent_at"])

"""Repeats: a digest of what a letter says; and what is owed is found without what was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_OWED = sa.text("sent_at IS NULL AND withdrawn_at IS NULL AND failed_at IS NULL")


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("packages", sa.Column("wording", sa.Text(), nullable=True))
    op.create_index("ix_packages_wording", "packages", ["wording"])
    op.create_index(
        "ix_outbox_owed",
        "outbox",
        ["digest_id", "not_before"],
        sqlite_where=_OWED,
        postgresql_where=_OWED,
    )
    op.create_index("ix_outbox_recipient_sent_at", "outbox", ["recipient", "sent_at"])
    op.drop_index("ix_outbox_sent_at_not_before", "outbox")

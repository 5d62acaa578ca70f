"""Turns: whose letters stand behind each other in the queue; and what a copy is known by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema.

    What came before shares one turn; old mail has none.
    """
    op.add_column("letters", sa.Column("turn", sa.Text(), nullable=True))
    op.add_column("letters", sa.Column("body_sha256", sa.Text(), nullable=True))
    op.create_index("ix_letters_body_sha256", "letters", ["body_sha256"])
    op.execute("UPDATE letters SET turn = 'before' WHERE proof <> 'operator'")

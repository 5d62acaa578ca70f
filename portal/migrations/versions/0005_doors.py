"""Doors: where a letter was found, and whether it came by TLS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("letters", sa.Column("origin", sa.Text(), nullable=True))
    op.add_column("letters", sa.Column("tls", sa.Text(), nullable=True))
    op.create_index("ix_letters_origin", "letters", ["origin"], unique=True)

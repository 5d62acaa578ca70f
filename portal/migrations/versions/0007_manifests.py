"""Manifests: a letter may be one, and its sender says of a file what it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.add_column("letters", sa.Column("form", sa.Text(), nullable=False, server_default="message"))
    op.add_column("parts", sa.Column("document_type", sa.Text(), nullable=True))
    op.add_column("parts", sa.Column("description", sa.Text(), nullable=True))

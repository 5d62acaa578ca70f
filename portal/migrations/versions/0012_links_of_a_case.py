"""Links of a case: an upload link that completes no letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    with op.batch_alter_table("upload_links") as table:
        table.alter_column("letter_id", existing_type=sa.Integer(), nullable=True)

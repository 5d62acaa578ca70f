"""Owners of renditions: equal bytes of two owners have a PDF each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema.

    Whose file the ones before were made for first is not known: they stay with their documents,
    and are nobody's, so that none is found for another file.
    """
    with op.batch_alter_table("renditions") as table:
        table.add_column(sa.Column("owner", sa.Text(), nullable=False, server_default=""))
        table.drop_constraint(op.f("uq_renditions_source_sha256_engine_settings"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_renditions_owner_source_sha256_engine_settings"),
            ["owner", "source_sha256", "engine", "settings"],
        )
    with op.batch_alter_table("renditions") as table:
        table.alter_column("owner", existing_type=sa.Text(), server_default=None)

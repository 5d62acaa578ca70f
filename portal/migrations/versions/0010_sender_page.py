"""The sender's page: codes for one letter, and requests to delete one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "letter_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("proven_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_letter_codes_letter_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_codes")),
    )
    op.create_index(op.f("ix_letter_codes_letter_id"), "letter_codes", ["letter_id"])
    for column in ("email", "network", "token_sha256"):
        op.create_index(f"ix_letter_codes_{column}_made_at", "letter_codes", [column, "made_at"])
    op.create_table(
        "erasure_requests",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_erasure_requests_letter_id")
        ),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_erasure_requests")),
    )

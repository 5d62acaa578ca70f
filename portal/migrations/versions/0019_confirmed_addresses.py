"""Confirmed addresses: the codes that ask for it, and the letters that were confirmed by one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "confirmations",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("seen_to_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_by IN ('code', 'reply')", name=op.f("ck_confirmations_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_confirmations_letter_id")
        ),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_confirmations")),
    )
    op.create_index(op.f("ix_confirmations_email"), "confirmations", ["email"])
    op.create_index(
        "ix_confirmations_confirmed_at_seen_to_at", "confirmations", ["confirmed_at", "seen_to_at"]
    )
    op.create_table(
        "address_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("is_mailed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_codes")),
    )
    op.create_table(
        "address_tries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_tries")),
    )
    for column in ("email", "network"):
        op.create_index(f"ix_address_codes_{column}_made_at", "address_codes", [column, "made_at"])
        op.create_index(f"ix_address_tries_{column}_at", "address_tries", [column, "at"])

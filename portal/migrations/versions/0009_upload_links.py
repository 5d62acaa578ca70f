"""Upload links: ways to the form for one submission, and the drafts that were begun by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this schema."""
    op.create_table(
        "upload_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("case_number", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("used_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_upload_links_letter_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_upload_links_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["used_by_id"], ["letters.id"], name=op.f("fk_upload_links_used_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_links")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_upload_links_token_sha256")),
    )
    for column in ("letter_id", "account_id", "used_by_id"):
        op.create_index(op.f(f"ix_upload_links_{column}"), "upload_links", [column])
    op.create_table(
        "upload_link_drafts",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["drafts.id"], name=op.f("fk_upload_link_drafts_draft_id")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["upload_links.id"], name=op.f("fk_upload_link_drafts_link_id")
        ),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_upload_link_drafts")),
    )
    op.create_index(op.f("ix_upload_link_drafts_link_id"), "upload_link_drafts", ["link_id"])

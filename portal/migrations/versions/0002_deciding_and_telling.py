"""Deciding and telling: people's decisions, claims, answers, and an outbox that says why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.database import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATES = "'checking', 'filed', 'filed_in_part', 'with_us', 'needs_you', 'not_filed', 'copy'"


def upgrade() -> None:
    """Go to this schema."""
    _new_tables()
    _letters(f"state IN ({_STATES}, 'rehearsed', 'set_aside')")
    with op.batch_alter_table("letters") as table:
        table.add_column(sa.Column("normal_sha256", sa.Text(), nullable=True))
        table.create_index(op.f("ix_letters_normal_sha256"), ["normal_sha256"])
    with op.batch_alter_table("submissions") as table:
        table.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
        table.create_index(op.f("ix_submissions_decision_id"), ["decision_id"])
        table.create_foreign_key(
            op.f("fk_submissions_decision_id"), "decisions", ["decision_id"], ["id"]
        )
    _outbox()


def _letters(states: str) -> None:
    """Put another rule for the states in the place of the one that is there.

    Where a table is copied its CHECK constraints are not seen, and so go with the old one.
    """
    with op.batch_alter_table("letters") as table:
        if op.get_context().dialect.name != "sqlite":
            table.drop_constraint(op.f("ck_letters_state"), type_="check")
        table.create_check_constraint(op.f("ck_letters_state"), states)


def _outbox() -> None:
    with op.batch_alter_table("outbox") as table:
        table.alter_column("letter_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("occasion", sa.Text(), nullable=False, server_default="1"))
        table.add_column(sa.Column("html", sa.Text(), nullable=True))
        table.add_column(sa.Column("message_id", sa.Text(), nullable=True))
        table.add_column(sa.Column("return_token", sa.Text(), nullable=True))
        table.add_column(sa.Column("created_at", UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("withdrawn_at", UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("failed_at", UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("failure", sa.Text(), nullable=True))
        table.add_column(sa.Column("digest_id", sa.Integer(), nullable=True))
    op.execute("UPDATE outbox SET message_id = 'outbox-' || id, created_at = not_before")
    with op.batch_alter_table("outbox") as table:
        table.alter_column("occasion", existing_type=sa.Text(), server_default=None)
        table.alter_column("message_id", existing_type=sa.Text(), nullable=False)
        table.alter_column("created_at", existing_type=UtcDateTime(timezone=True), nullable=False)
        table.drop_constraint(op.f("uq_outbox_letter_id_kind_recipient"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_outbox_letter_id_kind_recipient_occasion"),
            ["letter_id", "kind", "recipient", "occasion"],
        )
        table.create_unique_constraint(op.f("uq_outbox_message_id"), ["message_id"])
        table.create_unique_constraint(op.f("uq_outbox_return_token"), ["return_token"])
        table.create_foreign_key(op.f("fk_outbox_digest_id"), "outbox", ["digest_id"], ["id"])
        table.create_index(op.f("ix_outbox_digest_id"), ["digest_id"])
        table.create_index("ix_outbox_recipient_created_at", ["recipient", "created_at"])


def _new_tables() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("undo_until", UtcDateTime(timezone=True), nullable=False),
        sa.Column("carried_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('file', 'ask', 'not_submission', 'undo')", name=op.f("ck_decisions_kind")
        ),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_decisions_letter_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_decisions_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_letter_id"), "decisions", ["letter_id"])
    op.create_index(op.f("ix_decisions_account_id"), "decisions", ["account_id"])
    op.create_index("ix_decisions_carried_at", "decisions", ["carried_at"])
    op.create_table(
        "claims",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_claims_letter_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_claims_account_id")),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_account_id"), "claims", ["account_id"])
    op.create_table(
        "answer_links",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["letter_id"], ["letters.id"], name=op.f("fk_answer_links_letter_id")
        ),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_answer_links")),
    )
    op.create_index(op.f("ix_answer_links_letter_id"), "answer_links", ["letter_id"])
    op.create_table(
        "reassignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("from_consultant_id", sa.Integer(), nullable=True),
        sa.Column("to_consultant_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("told_at", UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("why IN ('directory', 'staff')", name=op.f("ck_reassignments_why")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_reassignments_submission_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_consultant_id"],
            ["consultants.id"],
            name=op.f("fk_reassignments_from_consultant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["to_consultant_id"],
            ["consultants.id"],
            name=op.f("fk_reassignments_to_consultant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_reassignments_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reassignments")),
    )
    op.create_index(op.f("ix_reassignments_submission_id"), "reassignments", ["submission_id"])
    op.create_index(op.f("ix_reassignments_account_id"), "reassignments", ["account_id"])
    op.create_index("ix_reassignments_told_at", "reassignments", ["told_at"])
    op.create_table(
        "directory_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("rejections", sa.Integer(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('loaded', 'unchanged', 'rejected', 'failed')",
            name=op.f("ck_directory_runs_outcome"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_runs")),
    )

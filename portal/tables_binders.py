"""The table of binders: packages as one PDF, asked for, being made, and kept."""

from __future__ import annotations

import sqlalchemy as sa

from portal.columns import key, metadata, moment, number, text, to

binders = sa.Table(
    "binders",
    metadata,
    key(),
    to("letters.id"),
    text("contents"),  # SHA-256 over all that is in it: of a package that changed another is made
    to("accounts.id"),  # who asked first: it is made of what they may see
    moment("asked_at"),
    sa.Column("done", sa.Integer, nullable=False),  # so many of its documents
    moment("made_at", null=True),
    sa.Column("pdf_sha256", sa.Text, nullable=True, index=True),
    number("pages", null=True),
    number("bytes", null=True),
    text("failure", null=True),  # a code of the catalogue
    sa.UniqueConstraint("letter_id", "contents"),
    sa.Index("ix_binders_made_at", "made_at"),
)

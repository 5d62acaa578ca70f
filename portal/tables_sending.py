"""The tables of what is still being sent: drafts, their files, and the codes that prove whose."""

from __future__ import annotations

import sqlalchemy as sa

from portal.columns import key, metadata, moment, number, text, to

drafts = sa.Table(
    "drafts",
    metadata,
    key(),
    text("token_sha256", unique=True),  # of the cookie in the browser that it was begun in
    to("accounts.id", null=True),  # None for a stranger's
    sa.Column("fields", sa.JSON, nullable=False),  # what was typed, by the form's own names
    moment("email_proven_at", null=True),
    moment("made_at"),
    sa.Column("touched_at", moment("touched_at").type, nullable=False, index=True),
    moment("sent_at", null=True),
    to("letters.id", null=True),
    text("network", null=True),  # that it was begun from: so many an hour, and no more
)

uploads = sa.Table(
    "uploads",
    metadata,
    key(),
    to("drafts.id"),
    text("public_id", unique=True),  # unguessable: 128 random bits in hex
    sa.Column("position", sa.Integer, nullable=False),
    text("name"),  # as the sender wrote it: data, never a path
    text("declared_type"),
    text("document_type", null=True),
    text("description", null=True),
    number("length"),
    number("offset"),  # so many bytes are acknowledged: durable, and never taken back
    sa.Column("sha256", sa.Text, nullable=True, index=True),  # of a blob, once it is whole
    moment("made_at"),
    moment("touched_at"),
    moment("expires_at"),
    sa.UniqueConstraint("draft_id", "position"),
    sa.CheckConstraint('"offset" BETWEEN 0 AND length', name="offset"),
    sa.CheckConstraint('sha256 IS NULL OR "offset" = length', name="whole"),
)

codes = sa.Table(
    "codes",
    metadata,
    key(),
    to("drafts.id"),
    text("email"),
    text(
        "network", null=True
    ),  # that it was asked for from; None where it does not tell people apart
    text("digest"),  # keyed by the browser's own token, which is kept nowhere
    moment("made_at"),
    moment("expires_at"),
    moment("used_at", null=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Index("ix_codes_email_made_at", "email", "made_at"),
    sa.Index("ix_codes_network_made_at", "network", "made_at"),
)

upload_links = sa.Table(
    "upload_links",
    metadata,
    key(),
    text("token_sha256", unique=True),
    to("letters.id", null=True),  # that it completes; none where it begins something
    to("accounts.id", null=True),  # of the maker, who is told when it was used; none: a receipt's
    text("case_number"),
    text("message"),
    moment("made_at"),
    moment("expires_at"),
    moment("revoked_at", null=True),
    moment("used_at", null=True),
    sa.Column("used_by_id", sa.ForeignKey("letters.id"), nullable=True, index=True),
)

# Several drafts may begin by one link; the first that is sent uses it up.
upload_link_drafts = sa.Table(
    "upload_link_drafts",
    metadata,
    sa.Column("draft_id", sa.ForeignKey("drafts.id"), primary_key=True),
    sa.Column("link_id", sa.ForeignKey("upload_links.id"), nullable=False, index=True),
)

# Codes for the sender's page of one letter. One that was asked for in vain has no letter: it counts
# and is compared all the same.
letter_codes = sa.Table(
    "letter_codes",
    metadata,
    key(),
    text("receipt"),  # as asked for
    to("letters.id", null=True),
    text("email"),
    text("network", null=True),
    text("token_sha256"),  # of the cookie in the browser that asked
    text("digest"),  # keyed by that token
    moment("made_at"),
    moment("expires_at"),
    moment("used_at", null=True),
    moment("proven_at", null=True),  # from then on, for a day, the browser may open the letter
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Index("ix_letter_codes_email_made_at", "email", "made_at"),
    sa.Index("ix_letter_codes_network_made_at", "network", "made_at"),
    sa.Index("ix_letter_codes_token_sha256_made_at", "token_sha256", "made_at"),
)

erasure_requests = sa.Table(
    "erasure_requests",
    metadata,
    sa.Column("letter_id", sa.ForeignKey("letters.id"), primary_key=True),
    text("reason"),  # the sender's words: they go with the letter, unlike an event
    moment("asked_at"),
)

# The same for one document, asked for by a reply. It is hidden where nobody had opened it.
document_erasures = sa.Table(
    "document_erasures",
    metadata,
    key(),
    sa.Column("part_id", sa.ForeignKey("parts.id"), nullable=False, unique=True),
    sa.Column("home_id", sa.ForeignKey("letters.id"), nullable=False, index=True),  # its package
    sa.Column("mail_id", sa.ForeignKey("letters.id"), nullable=False, index=True),  # that asks
    text("asked_by"),  # the proven address
    text("reason"),  # the sender's words, or empty
    moment("asked_at"),
    moment("hidden_at", null=True),
    moment("shown_at", null=True),  # when it was brought back
    sa.Column("shown_by_id", sa.ForeignKey("accounts.id"), nullable=True),
)

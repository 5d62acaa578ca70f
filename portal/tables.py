"""The record's tables, as SQLAlchemy knows them. `migrations/` builds the same; a test compares."""

from __future__ import annotations

import sqlalchemy as sa

from portal import columns, tables_binders, tables_senders, tables_sending

metadata = columns.metadata
_id, _to, _text = columns.key, columns.to, columns.text
_number, _moment = columns.number, columns.moment

# -- what is still being sent ----------------------------------------------------------------------

drafts = tables_sending.drafts
uploads = tables_sending.uploads
codes = tables_sending.codes
upload_links = tables_sending.upload_links
upload_link_drafts = tables_sending.upload_link_drafts
letter_codes = tables_sending.letter_codes
erasure_requests = tables_sending.erasure_requests
document_erasures = tables_sending.document_erasures

# -- senders whom no firm's identifier names -------------------------------------------------------

confirmations = tables_senders.confirmations
address_codes = tables_senders.address_codes
address_tries = tables_senders.address_tries
contributors = tables_senders.contributors

# -- what is made of packages, for whoever asks ----------------------------------------------------

binders = tables_binders.binders

# -- the directory: who may send what to whom ------------------------------------------------------

firms = sa.Table(
    "firms",
    metadata,
    _id(),
    _text("name", unique=True),
    _text("copy_address", null=True),  # where a copy of each receipt goes
    _text("second_contact", null=True),  # who is asked where the sender does not answer
)

offices = sa.Table(
    "offices",
    metadata,
    _id(),
    _to("firms.id"),
    _text("name"),
    sa.UniqueConstraint("firm_id", "name"),
)

identifiers = sa.Table(
    "identifiers",
    metadata,
    _id(),
    _to("firms.id"),
    _to("offices.id", null=True),
    _text("type"),
    _text("value"),
    sa.UniqueConstraint("type", "value"),
)

consultants = sa.Table(
    "consultants",
    metadata,
    _id(),
    _text("email", unique=True),
    _text("name"),
    _text("cover_email", null=True),
    sa.Column("cover_from", sa.Date),
    sa.Column("cover_until", sa.Date),
)

cases = sa.Table(
    "cases",
    metadata,
    _id(),
    _text("number", unique=True),
    _text("state"),
    _to("consultants.id", null=True),
    sa.Column("restricted", sa.Boolean, nullable=False),
    sa.CheckConstraint("state IN ('open', 'closed')", name="state"),
)

rights = sa.Table(
    "rights",
    metadata,
    _id(),
    _to("firms.id"),
    _to("cases.id"),
    sa.Column("starts", sa.Date),
    sa.Column("ends", sa.Date),
    sa.UniqueConstraint("firm_id", "case_id"),
)

# -- letters: what a door took, and where it is ----------------------------------------------------

letters = sa.Table(
    "letters",
    metadata,
    _id(),
    _text("receipt", unique=True),
    _text("door"),
    _text("sender"),  # the envelope's; empty for the null sender <>
    sa.Column("recipients", sa.JSON, nullable=False),
    _text("proof"),
    _text("proof_rule", null=True),  # by which rule it was, or was not: a word of vocabulary.RULES
    _text("client", null=True),  # the IP address that it came from, as it is proven by
    _moment("relayed_at", null=True),  # when a trusted relay took it
    sa.Column("quiet", sa.Boolean, nullable=False),  # no receipt and no notice, as for an import
    # SHA-256 over door, sender, recipients and the raw bytes' SHA-256: a repeat is not a letter.
    _text("fingerprint", unique=True),
    sa.Column("raw_sha256", sa.Text, nullable=False, index=True),
    _number("raw_bytes"),
    # What they are: a message, or the manifest of files that are in the vault.
    sa.Column("form", sa.Text, nullable=False, server_default="message"),
    # The same with every line end as CRLF, once it was read: doors differ in line ends.
    sa.Column("normal_sha256", sa.Text, nullable=True, index=True),
    # Of what stands below the header, once it was filed: ways write lines of their own above.
    sa.Column("body_sha256", sa.Text, nullable=True, index=True),
    # Where a door can find the same message again: it is taken once, whatever its bytes are then.
    sa.Column("origin", sa.Text, nullable=True),
    _text("tls", null=True),  # the version of TLS that it came to the door by
    _moment("dated_at", null=True),  # when it was sent or came, as what it was imported from says
    # Whose mail it was imported as: then another firm's letters are not taken for that firm's.
    sa.Column("imported_for", sa.ForeignKey("firms.id")),
    # Whose letters it stands behind in the queue (gateway/moving/turn.py); NULL for old mail.
    _text("turn", null=True),
    _moment("arrived_at"),
    _text("state"),
    _text("reason", null=True),  # why it is held, returned or set aside: a code of the catalogue
    _moment("state_since"),
    sa.Column("attempt", sa.Integer, nullable=False),  # the fence: filing checks it
    _to("firms.id", null=True),
    sa.Column("copy_of", sa.ForeignKey("letters.id")),
    # The letter in whose package it is: what it brought or says is shown there, to whom may see it.
    sa.Column("home_id", sa.ForeignKey("letters.id"), index=True),
    # The letter whose receipt it answers with more for the same case: a package of its own.
    sa.Column("follows_id", sa.ForeignKey("letters.id"), index=True),
    sa.CheckConstraint(
        "state IN ('checking', 'filed', 'filed_in_part', 'with_us', 'needs_you', 'not_filed',"
        " 'copy', 'rehearsed', 'set_aside')",
        name="state",
    ),
    sa.Index("ix_letters_state_state_since", "state", "state_since"),
    sa.Index("ix_letters_origin", "origin", unique=True),
)

# The bytes of a small letter, from its accept until the vault has them (portal/pouch.py).
pouch = sa.Table(
    "pouch",
    metadata,
    sa.Column("letter_id", sa.ForeignKey("letters.id"), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

# What a letter says, written once, when the road ends.
packages = sa.Table(
    "packages",
    metadata,
    sa.Column("letter_id", sa.ForeignKey("letters.id"), primary_key=True),
    _text("header_from"),
    _text("subject"),
    _text("message_id", null=True),
    _moment("sent_at", null=True),  # as its Date says, or what it was imported from
    _text("narrative"),  # whole; a submission holds the first 500 characters
    _text("consultant_how"),
    _text("urgent", null=True),
    sa.Column("candidates", sa.JSON, nullable=False),
    sa.Column("problems", sa.JSON, nullable=False),
    # Who of the staff passed it on, where somebody did (portal/forwarding.py).
    sa.Column("forwarded", sa.JSON(none_as_null=True)),
    # A digest of what it says: the same again and again is a program's
    # (gateway/replies/repeats.py).
    sa.Column("wording", sa.Text, nullable=True, index=True),
    # By hash where that can be: a sender's Message-ID may be longer than what a tree takes.
    sa.Index("ix_packages_message_id", "message_id", postgresql_using="hash"),
    sa.Index("ix_packages_sent_at", "sent_at"),
)

# One made PDF for one source, engine and settings: a crash never repeats the work.
renditions = sa.Table(
    "renditions",
    metadata,
    _id(),
    _text("owner"),
    _text("source_sha256"),
    _text("engine"),
    _text("settings"),
    sa.Column("pdf_sha256", sa.Text, nullable=False, index=True),
    _number("pages"),
    _number("bytes"),
    sa.Column("warnings", sa.JSON, nullable=False),
    _moment("made_at"),
    sa.UniqueConstraint("owner", "source_sha256", "engine", "settings"),
)

# One picture for one page of a PDF and the settings that made it.
thumbnails = sa.Table(
    "thumbnails",
    metadata,
    _id(),
    _text("pdf_sha256"),
    sa.Column("page", sa.Integer, nullable=False),
    _text("settings"),
    # None where it was tried, and none can be made.
    sa.Column("picture_sha256", sa.Text, nullable=True, index=True),
    _moment("made_at"),
    sa.UniqueConstraint("pdf_sha256", "page"),
)

# The copy of a scan with words under its pictures (portal/text_layers.py).
text_layers = sa.Table(
    "text_layers",
    metadata,
    sa.Column("pdf_sha256", sa.Text, primary_key=True),
    sa.Column("copy_sha256", sa.Text, nullable=True, index=True),  # None where there is none
    _number("bytes", null=True),
    sa.Column("numbers", sa.JSON, nullable=False),  # on page 1: [as it was read, in our form]
    _moment("made_at"),
    # It could not be read: no copy is no answer then.
    sa.Column("failed", sa.Boolean, nullable=False, server_default=sa.false()),
)

parts = sa.Table(
    "parts",
    metadata,
    _id(),
    _to("letters.id"),
    sa.Column("position", sa.Integer, nullable=False),
    _text("path"),
    _text("container", null=True),
    _text("original_name", null=True),
    _text("filed_name", null=True),
    _text("declared_type"),
    _text("detected_type"),
    _number("bytes"),
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    _number("pages", null=True),  # of a PDF that came as one; None where not known
    sa.Column("stored", sa.Boolean, nullable=False),  # whether the vault holds it by itself
    _text("fate"),
    _text("reason", null=True),
    _text("document_type", null=True),  # what its sender said that it is, on the form
    _text("description", null=True),
    sa.Column("remarks", sa.JSON, nullable=False),  # codes of what was changed in the name
    _text("scan", null=True),  # what the virus scanner said; None where nobody was asked
    _to("renditions.id", null=True),
    # The part of a later letter that came in its place: it is missed no longer.
    sa.Column("healed_by_id", sa.ForeignKey("parts.id"), index=True),
    sa.UniqueConstraint("letter_id", "path"),
    sa.UniqueConstraint("letter_id", "filed_name"),
    sa.CheckConstraint(
        "fate IN ('filed', 'converted', 'left_out', 'held', 'refused')", name="fate"
    ),
)

# -- submissions: what the portal keeps for one case -----------------------------------------------

submissions = sa.Table(
    "submissions",
    metadata,
    _id(),
    _to("letters.id"),
    _to("cases.id"),
    sa.Column("sequence", sa.Integer, nullable=False),
    _to("consultants.id", null=True),
    sa.Column("narrative", sa.String(500), nullable=False),
    _moment("filed_at"),
    _moment("read_at", null=True),
    _to("decisions.id", null=True),  # the person's decision that filed it; None for the road's own
    sa.UniqueConstraint("letter_id", "case_id", "sequence"),
)

documents = sa.Table(
    "documents",
    metadata,
    _id(),
    _to("submissions.id"),
    _to("parts.id"),
    sa.Column("position", sa.Integer, nullable=False),
    _text("document_type", null=True),
    _text("description", null=True),
    sa.UniqueConstraint("submission_id", "part_id"),
)

# -- what happened, and what is still to be said ---------------------------------------------------

events = sa.Table(
    "events",
    metadata,
    _id(),
    _to("letters.id", null=True),
    _moment("at"),
    _text("actor"),  # 'gateway', or an account as 'account:ID'
    sa.Column("kind", sa.Text, nullable=False, index=True),
    sa.Column("detail", sa.JSON, nullable=False),
)

_OWED = sa.text("sent_at IS NULL AND withdrawn_at IS NULL AND failed_at IS NULL")
outbox = sa.Table(
    "outbox",
    metadata,
    _id(),
    _to("letters.id", null=True),  # None for a mail about many of them: a digest
    _text("kind"),  # 'receipt', 'notice', ...
    _text("occasion"),  # what it is owed for, as the attempt's number: the same is owed once
    _text("recipient"),
    _text("subject"),
    _text("text"),
    _text("html", null=True),
    _text("message_id", unique=True),  # ours; nobody can guess it, so who answers it has read it
    _text("in_reply_to", null=True),
    _text("suggested", null=True),  # the case that it asks about: a YES to this mail means that one
    _text("return_token", null=True, unique=True),  # of the address that its bounces come back to
    _moment("created_at"),
    _moment("not_before"),
    sa.Column("tries", sa.Integer, nullable=False),
    _moment("sent_at", null=True),
    _moment("withdrawn_at", null=True),  # what it told is not so any more, and nobody was told
    _moment("failed_at", null=True),  # the relay has refused it for good, or it came back
    _text("failure", null=True),  # the reply's codes and no more: its text may name people
    sa.Column("digest_id", sa.ForeignKey("outbox.id"), index=True),  # the mail that tells it
    sa.UniqueConstraint("letter_id", "kind", "recipient", "occasion"),
    # What was told, or will not be, is never read again for what is still to be told.
    # By digest_id first: what is in no digest is asked for, and SQLite goes by the equal column.
    sa.Index(
        "ix_outbox_owed", "digest_id", "not_before", sqlite_where=_OWED, postgresql_where=_OWED
    ),
    sa.Index("ix_outbox_recipient_sent_at", "recipient", "sent_at"),
    sa.Index("ix_outbox_recipient_created_at", "recipient", "created_at"),
)

# -- what people decide ----------------------------------------------------------------------------

# A person's decision is a row; the letter's next attempt carries it out.
decisions = sa.Table(
    "decisions",
    metadata,
    _id(),
    _to("letters.id"),
    _to("accounts.id", null=True),  # None where the sender decided, on the answer page
    _text("kind"),
    # 'file': {"filings": [{"case": number, "parts": [path, ...] or null for all}]}
    # 'ask': {"question": "which_case"}; 'not_submission', 'after_all' and 'undo': {}
    sa.Column("detail", sa.JSON, nullable=False),
    _moment("decided_at"),
    _moment("undo_until"),  # until then nobody is told
    _moment("carried_at", null=True),
    _moment("undone_at", null=True),
    sa.CheckConstraint(
        "kind IN ('file', 'ask', 'not_submission', 'after_all', 'undo')", name="kind"
    ),
    sa.Index("ix_decisions_carried_at", "carried_at"),
)

# Who works on a letter that waits: the others see it, and go to the next one.
claims = sa.Table(
    "claims",
    metadata,
    sa.Column("letter_id", sa.ForeignKey("letters.id"), primary_key=True),
    _to("accounts.id"),
    _moment("until"),
)

# A held sender's way to the answer page.
answer_links = sa.Table(
    "answer_links",
    metadata,
    sa.Column("token_sha256", sa.Text, primary_key=True),
    _to("letters.id"),
    _moment("made_at"),
    _moment("expires_at"),
    _moment("used_at", null=True),
)

# A submission that went from one consultant to another; both are told.
reassignments = sa.Table(
    "reassignments",
    metadata,
    _id(),
    _to("submissions.id"),
    sa.Column("from_consultant_id", sa.ForeignKey("consultants.id")),
    sa.Column("to_consultant_id", sa.ForeignKey("consultants.id")),
    _text("why"),  # 'directory' or 'staff'
    _to("accounts.id", null=True),
    _moment("at"),
    _moment("told_at", null=True),
    sa.CheckConstraint("why IN ('directory', 'staff')", name="why"),
    sa.Index("ix_reassignments_told_at", "told_at"),
)

# Each time the directory was loaded from files, or could not be.
directory_runs = sa.Table(
    "directory_runs",
    metadata,
    _id(),
    _text("source"),  # 'command', 'watched' or 'scheduled'
    _text(
        "fingerprint"
    ),  # SHA-256 over the four files: what was loaded already is not loaded again
    _moment("started_at"),
    _moment("ended_at"),
    _text("outcome"),
    sa.Column("rejections", sa.Integer, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),  # the counts, and the first rejected lines
    sa.CheckConstraint("outcome IN ('loaded', 'unchanged', 'rejected', 'failed')", name="outcome"),
)

# -- who looks at it -------------------------------------------------------------------------------

accounts = sa.Table(
    "accounts",
    metadata,
    _id(),
    _text("email", unique=True),
    _text("name"),
    _text("role"),
    _to("consultants.id", null=True),
    sa.CheckConstraint("role IN ('consultant', 'operations')", name="role"),
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_sha256", sa.Text, primary_key=True),
    _to("accounts.id"),
    _moment("expires_at"),
    _moment("used_at", null=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_sha256", sa.Text, primary_key=True),
    _to("accounts.id"),
    _text("csrf"),
    _moment("started_at"),
    _moment("seen_at"),
)

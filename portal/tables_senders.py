"""The tables of senders whom no firm's identifier names: their addresses, confirmed or not."""

from __future__ import annotations

import sqlalchemy as sa

from portal.columns import key, metadata, moment, text, to

# Letters of an address that is not known, or not proven: whoever reads its mail may confirm them.
confirmations = sa.Table(
    "confirmations",
    metadata,
    sa.Column("letter_id", sa.ForeignKey("letters.id"), primary_key=True),
    sa.Column("email", sa.Text, nullable=False, index=True),
    moment("asked_at", null=True),  # when its receipt asked; the address is asked once a day
    moment("confirmed_at", null=True),
    text("confirmed_by", null=True),
    moment("seen_to_at", null=True),  # when the gateway saw whether it can go on by that
    sa.CheckConstraint("confirmed_by IN ('code', 'reply')", name="confirmed_by"),
    sa.Index("ix_confirmations_confirmed_at_seen_to_at", "confirmed_at", "seen_to_at"),
)

# Codes for an address. One that was asked for in vain counts all the same.
address_codes = sa.Table(
    "address_codes",
    metadata,
    key(),
    text("email"),
    text("network", null=True),  # that it was asked for from; None where a receipt brings it
    text("digest"),
    moment("made_at"),
    moment("expires_at"),
    moment("used_at", null=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("is_mailed", sa.Boolean, nullable=False),  # with a receipt, which asks for it
    sa.Index("ix_address_codes_email_made_at", "email", "made_at"),
    sa.Index("ix_address_codes_network_made_at", "network", "made_at"),
)

# Codes that were typed and not taken, whether or not there was one: they are counted.
address_tries = sa.Table(
    "address_tries",
    metadata,
    key(),
    text("email"),
    text("network", null=True),
    moment("at"),
    sa.Index("ix_address_tries_email_at", "email", "at"),
    sa.Index("ix_address_tries_network_at", "network", "at"),
)

# Who may send to one case, from the first day to the last, and is of no firm.
contributors = sa.Table(
    "contributors",
    metadata,
    key(),
    sa.Column("email", sa.Text, nullable=False, index=True),
    to("cases.id"),
    to("accounts.id", null=True),  # of who let them in: one of our staff,
    to("firms.id", null=True),  # or a firm that may send to the case itself
    to("letters.id", null=True),  # that they were let in for
    sa.Column("starts", sa.Date, nullable=False),
    sa.Column("ends", sa.Date, nullable=False),
    moment("made_at"),
    moment("ended_at", null=True),  # before its day was over
    sa.CheckConstraint("(account_id IS NULL) <> (firm_id IS NULL)", name="let_in_by_one"),
)

"""What a door hands to the wall: an envelope, and its bytes, durable already unless small."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from portal.rights import UNPROVEN
from portal.vault import Blob


class Proof(StrEnum):
    """How the sender of a letter was proven."""

    NONE = "none"
    LOOPBACK = "loopback"  # by the setting trust.loopback_is_proven
    MAILBOX = "mailbox"  # by the setting is_trusted of the mailbox that it was taken from
    OPERATOR = "operator"  # a person with the command line vouches for it: an import
    CODE = "code"  # whoever sent it has typed the code that we had sent to the address
    REPLY = "reply"  # whoever reads that address's mail has answered ours: yes, it is theirs
    ACCOUNT = "account"  # whoever sent it was signed in
    ALIGNED = "aligned"  # by SPF or DKIM, for the domain in header From (gateway/gate/proof.py)
    RELAY = "relay"  # the same, as a trusted relay says
    FAILED = "failed"  # neither spoke for that domain, which asks to be wary then (DMARC)

    @property
    def holds(self) -> bool:
        """Whether the sender counts as proven."""
        return self.value not in UNPROVEN

    @property
    def is_of_from(self) -> bool:
        """Whether it is the domain in header From that is proven, whatever the envelope says."""
        return self in {Proof.ALIGNED, Proof.RELAY}


class Form(StrEnum):
    """What the raw bytes of a letter are."""

    MESSAGE = "message"  # as RFC 5322 has it, or a .msg
    MANIFEST = "manifest"  # of files that are in the vault: gateway/manifest.py


@dataclass(frozen=True)
class Envelope:
    """What the transport said, apart from the message itself."""

    door: str
    sender: str  # the reverse-path; empty for the null sender <> (RFC 5321, 4.5.5)
    recipients: tuple[str, ...]
    arrived_at: datetime
    proof: Proof
    quiet: bool = False  # nobody is told: no receipt, no notice
    # Where a door can find the same message again: mailbox, UIDVALIDITY, UID and what proves that
    # it is the same. None for a door that is handed its letters.
    origin: str | None = None
    tls: str | None = None  # the version of TLS that it came to the door by
    proof_rule: str | None = None  # by which rule: a word of portal.vocabulary.RULES
    client: str | None = None  # the IP address that it came from, as it is proven by
    relayed_at: datetime | None = None  # when a trusted relay took it
    dated_at: datetime | None = None  # when it was sent or came, as what it was imported from says
    imported_for: int | None = None  # the id of the firm whose mail it was imported as
    # The address in From, where the gate has proven its domain. For the queue: no row keeps it.
    author: str | None = None

    @property
    def is_imported(self) -> bool:
        """Whether it is old mail, which may wait for what comes today."""
        return self.proof is Proof.OPERATOR


@dataclass(frozen=True)
class Letter:
    """An envelope with its content."""

    envelope: Envelope
    raw: Blob
    # The raw bytes themselves, where they are small and the wall is to keep them in the pouch.
    content: bytes | bytearray | None = field(default=None, repr=False)
    form: Form = Form.MESSAGE
    turn: str | None = None  # whose letters it waits behind, once the wall has taken it

    @property
    def fingerprint(self) -> str:
        """What makes a letter a repeat: sender, recipients and bytes (RFC 1047 explains repeats).

        The sender is in it, since the answer to a repeat is the first letter's receipt number.
        """
        parts = (
            self.envelope.door,
            self.envelope.sender,
            *sorted(set(self.envelope.recipients)),
            self.raw.sha256,
        )
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True)
class Accepted:
    """The wall's answer: the receipt number, and whether the letter had come before."""

    receipt: str
    repeated: bool


Along = Callable[[sa.Connection, int], None]
"""Written along with a new letter, by its id, in the transaction of its accept.

Raises Withdrawn where the letter is not to be accepted after all.
"""


class Withdrawn(Exception):
    """What the letter was made of has changed: it was not accepted, and can be made anew."""


def letter_of(row: sa.Row[tuple[object, ...]]) -> Letter:
    """Return the letter that a row of `letters` is about."""
    return Letter(
        envelope=Envelope(
            door=row.door,
            sender=row.sender,
            recipients=tuple(row.recipients),
            arrived_at=row.arrived_at,
            proof=Proof(row.proof),
            quiet=row.quiet,
            origin=row.origin,
            tls=row.tls,
            proof_rule=row.proof_rule,
            client=row.client,
            relayed_at=row.relayed_at,
            dated_at=row.dated_at,
            imported_for=row.imported_for,
        ),
        raw=Blob(row.raw_sha256, row.raw_bytes),
        form=Form(row.form),
        turn=row.turn,
    )

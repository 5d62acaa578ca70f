"""The web door: takes a draft of the form, typed and uploaded already, as a letter.

Its content is a manifest of files in the vault. The letter's row, its workflow and the mark on the
draft are one transaction: after a crash the draft is sent and has its letter, or it is not sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from gateway.address import AddressFault, canonical
from gateway.letter import Accepted, Along, Envelope, Form, Letter, Proof, Withdrawn
from gateway.manifest import Manifest, listed
from portal import link_draft, upload
from portal.database import Database
from portal.draft import DraftChanged, NoDraft
from portal.pouch import blob_of
from portal.tables import accounts, drafts, letters
from portal.upload import AddressNotProven, NotWhole, Upload
from portal.upload_link import UploadLinkGone
from portal.vault import Vault

DOOR = "web"
_TRIES = 5


class Accept(Protocol):
    """The wall: gateway.intake.Intake.accept."""

    def __call__(self, letter: Letter, along: Along | None = None) -> Accepted:
        """Put a letter into the record and the queue, durably."""


@dataclass(frozen=True)
class _Sent:
    """A draft as it is to be sent."""

    sender: str
    proof: Proof
    manifest: Manifest


@dataclass(frozen=True)
class WebDoor:
    """Takes drafts. Safe for threads."""

    database: Database
    vault: Vault
    accept: Accept
    intake_address: str
    clock: Callable[[], datetime]

    def send(self, draft_id: int) -> str:
        """Take a draft as a letter, and return its receipt number (8 characters, as stored).

        A draft is taken once: whoever sends it again, at the same time or after a crash, gets the
        same number. Raises NoDraft, DraftChanged, AddressNotProven, NotWhole and UploadLinkGone,
        and the faults of the wall and the vault; then it was not sent, and nothing has changed.
        """
        for _ in range(_TRIES):
            with self.database.read() as connection:
                there = _receipt(connection, draft_id)
                uploads = upload.of(connection, draft_id)
                sent = None if there is not None else _draft(connection, draft_id, uploads)
                if sent is not None:
                    link_draft.require(connection, draft_id, now=self.clock())
            if there is not None:
                return there
            assert sent is not None, "it is sent, or to be sent"
            for one in uploads:
                upload.settle(self.vault, one)
            try:
                return self._accept(draft_id, sent)
            except Withdrawn:
                continue  # another tab has changed it, or sent it
        raise DraftChanged

    def _accept(self, draft_id: int, sent: _Sent) -> str:
        content = sent.manifest.written()
        now = self.clock()
        envelope = Envelope(
            door=DOOR,
            sender=sent.sender,
            recipients=(self.intake_address,),
            arrived_at=now,
            proof=sent.proof,
            origin=f"draft {draft_id}",  # one letter for one draft, whatever was in it
        )

        def mark(connection: sa.Connection, letter_id: int) -> None:
            """Mark the draft as sent, where it still is what the manifest says."""
            try:
                found = _draft(connection, draft_id, upload.of(connection, draft_id))
            except (NoDraft, AddressNotProven, NotWhole):
                found = None
            if found != sent:
                raise Withdrawn(f"draft {draft_id}")
            connection.execute(
                sa.update(drafts)
                .where(drafts.c.id == draft_id, drafts.c.sent_at.is_(None))
                .values(sent_at=now, letter_id=letter_id, touched_at=now)
            )
            try:
                link_draft.use(connection, draft_id, letter_id, now=now)
            except UploadLinkGone as fault:
                raise Withdrawn(f"draft {draft_id}") from fault  # the next try says which

        letter = Letter(envelope, blob_of(content), content, Form.MANIFEST)
        return self.accept(letter, mark).receipt


def _receipt(connection: sa.Connection, draft_id: int) -> str | None:
    """Return the number of the letter that a draft was sent as, if it was."""
    sent = sa.select(letters.c.receipt).join(drafts, drafts.c.letter_id == letters.c.id)
    return connection.execute(sent.where(drafts.c.id == draft_id)).scalar()


def _draft(connection: sa.Connection, draft_id: int, uploads: tuple[Upload, ...]) -> _Sent:
    """Return what is to be sent. Raises NoDraft, AddressNotProven and NotWhole."""
    row = connection.execute(
        sa.select(drafts, accounts.c.email.label("account_email"))
        .outerjoin(accounts, accounts.c.id == drafts.c.account_id)
        .where(drafts.c.id == draft_id, drafts.c.sent_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NoDraft
    if row.account_email is None and row.email_proven_at is None:
        raise AddressNotProven
    try:
        sender = canonical(row.account_email or str(row.fields.get("email", "")).strip())
    except AddressFault:
        raise AddressNotProven from None  # no address can have got our code at it
    files = []
    for one in uploads:
        if one.sha256 is None:
            raise NotWhole
        files.append(
            listed(
                one.name,
                one.declared_type,
                one.sha256,
                one.length,
                document_type=one.document_type,
                description=one.description,
            )
        )
    proof = Proof.CODE if row.account_email is None else Proof.ACCOUNT
    return _Sent(sender, proof, Manifest.of(draft_id, row.fields, tuple(files)))

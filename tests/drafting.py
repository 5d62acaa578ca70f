"""A draft of the form, filled in and uploaded to real stores, and sent through the web door."""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal import draft as drafting
from portal import upload as uploading
from portal.draft import Owner
from portal.tables import accounts, drafts, letters, packages, parts
from portal.vault import Blob
from tests.carrying import NOW, Carrier

PAT = "pat.hall@bakerllp.example"
TYPED = {
    "way": "number",
    "case": "24-001234",
    "name": "Pat Hall",
    "email": PAT,
    "message": "The records of the visit.",
}
TEXT = "text/plain"


@dataclass
class Sender:
    """Somebody at the form."""

    carrier: Carrier

    def draft(
        self,
        typed: dict[str, str] | None = None,
        *,
        proven: bool = True,
        account: str | None = None,
    ) -> int:
        """Begin a draft with these fields in the place of the usual ones; "" leaves one out."""
        with self.carrier.stores.database.write() as connection:
            account_id = None
            if account is not None:
                account_id = connection.execute(
                    sa.insert(accounts)
                    .values(email=account, name="Pat Hall", role="operations")
                    .returning(accounts.c.id)
                ).scalar_one()
            owner = Owner(secrets.token_urlsafe(32), account_id)
            draft = drafting.find_or_make(connection, owner, now=NOW)
            fields = {name: said for name, said in (TYPED | (typed or {})).items() if said}
            drafting.write(connection, draft.id, fields, now=NOW)
            if proven:
                drafting.prove(connection, draft.id, now=NOW)
        return draft.id

    def upload(
        self,
        draft_id: int,
        name: str,
        content: bytes,
        declared_type: str = "",
        *,
        document_type: str | None = None,
        description: str | None = None,
        whole: bool = True,
    ) -> None:
        self.add(
            draft_id,
            name,
            self.carrier.stores.vault.add(io.BytesIO(content)),
            declared_type,
            document_type=document_type,
            description=description,
            whole=whole,
        )

    def add(
        self,
        draft_id: int,
        name: str,
        blob: Blob,
        declared_type: str = "",
        *,
        document_type: str | None = None,
        description: str | None = None,
        whole: bool = True,
    ) -> None:
        """Record a file that the vault has."""
        stores = self.carrier.stores
        with stores.database.write() as connection:
            row = connection.execute(sa.select(drafts).where(drafts.c.id == draft_id)).one()
            draft = drafting.Draft(
                row.id,
                row.account_id,
                row.fields,
                row.email_proven_at,
                NOW,
                NOW,
                row.token_sha256,
            )
            upload = uploading.make(
                connection,
                draft,
                name=name,
                declared_type=declared_type,
                length=blob.bytes,
                sending=stores.settings.sending,
                now=NOW,
                sha256=blob.sha256 if whole else None,
            )
            uploading.describe(
                connection, upload, document_type=document_type, description=description
            )

    def send(self, draft_id: int) -> str:
        return self.carrier.stores.web_door(lambda: self.carrier.now).send(draft_id)

    def carried(self, draft_id: int) -> str:
        """Send a draft and carry its letter; return the state that it ends in."""
        receipt = self.send(draft_id)
        (letter,) = [one for one in self.rows(letters) if one.receipt == receipt]
        return self.carrier.carry(letter.id, letter.attempt)

    def rows(self, table: sa.Table) -> list[Any]:
        with self.carrier.stores.database.read() as connection:
            return list(connection.execute(table.select().order_by(table.primary_key.columns[0])))

    @property
    def package(self) -> Any:
        return self.rows(packages)[-1]

    def fates(self) -> list[tuple[str, str | None, str, str | None]]:
        """Return path, name, fate and reason of each part."""
        return [
            (one.path, one.original_name, one.fate, one.reason)
            for one in sorted(self.rows(parts), key=lambda one: (one.letter_id, one.position))
        ]

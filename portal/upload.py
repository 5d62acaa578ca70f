"""An upload: one file of a draft, on its way or whole."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from config.settings import Sending
from portal import draft as drafting
from portal.database import Database
from portal.draft import Draft, Owner
from portal.tables import drafts, uploads
from portal.vault import Vault


class NotWhole(Exception):
    """A file of the draft has not come whole yet: it is finished, or removed, first."""


class NoUpload(Exception):
    """There is none, it has run out, or it is somebody else's: the answer to all is the same."""

    code = "not_allowed"


class FileTooLarge(Exception):
    """The file is larger than one file may be."""

    code = "file_too_large"

    def __init__(self, name: str, octets: int) -> None:
        super().__init__()
        self.name = name
        self.octets = octets


class DraftFull(Exception):
    """The draft has no place for so many bytes, or for one more file."""

    code = "draft_full"


class AddressNotProven(Exception):
    """So much is taken only from somebody whose address is proven."""

    code = "address_not_proven"


@dataclass(frozen=True)
class Upload:
    """One file of a draft; `offset` bytes of it are acknowledged."""

    draft_id: int
    public_id: str
    position: int
    name: str
    declared_type: str
    document_type: str | None
    description: str | None
    length: int
    offset: int
    sha256: str | None
    expires_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether every byte is there."""
        return self.sha256 is not None


def make(
    connection: sa.Connection,
    draft: Draft,
    *,
    name: str,
    declared_type: str,
    length: int,
    sending: Sending,
    now: datetime,
    sha256: str | None = None,
) -> Upload:
    """Begin a file of so many bytes, or with its `sha256` record one that the vault has whole.

    Raises FileTooLarge, DraftFull and AddressNotProven.
    """
    if length > sending.max_file_bytes:
        raise FileTooLarge(name, length)
    require_place(connection, draft, length, sending)
    last = sa.select(sa.func.coalesce(sa.func.max(uploads.c.position), 0)).where(
        uploads.c.draft_id == draft.id
    )
    public_id = secrets.token_hex(16)
    connection.execute(
        sa.insert(uploads).values(
            draft_id=draft.id,
            public_id=public_id,
            position=last.scalar_subquery() + 1,
            name=name,
            declared_type=declared_type,
            length=length,
            offset=0 if sha256 is None else length,
            sha256=sha256,
            made_at=now,
            touched_at=now,
            expires_at=now + timedelta(hours=sending.upload_hours),
        )
    )
    row = connection.execute(sa.select(uploads).where(uploads.c.public_id == public_id)).one()
    return _upload(row)


def require_place(
    connection: sa.Connection, draft: Draft, more_bytes: int, sending: Sending
) -> None:
    """Raise DraftFull or AddressNotProven where a draft cannot take so many bytes more."""
    there = connection.execute(
        sa.select(
            sa.func.count(uploads.c.id), sa.func.coalesce(sa.func.sum(uploads.c.length), 0)
        ).where(uploads.c.draft_id == draft.id)
    ).one()
    total = int(there[1]) + more_bytes
    if there[0] >= sending.max_draft_files or total > sending.max_draft_bytes:
        raise DraftFull
    if total > sending.unproven_bytes and not draft.is_proven:
        raise AddressNotProven


def find(connection: sa.Connection, public_id: str, owner: Owner, *, now: datetime) -> Upload:
    """Return an upload of this owner's. Raises NoUpload."""
    row = connection.execute(
        sa.select(uploads)
        .join(drafts, drafts.c.id == uploads.c.draft_id)
        .where(
            uploads.c.public_id == public_id,
            drafting.theirs(owner),
            sa.or_(uploads.c.sha256.is_not(None), uploads.c.expires_at > now),
        )
    ).one_or_none()
    if row is None:
        raise NoUpload
    return _upload(row)


def of(connection: sa.Connection, draft_id: int) -> tuple[Upload, ...]:
    """Return the files of a draft, in the order in which they were chosen."""
    rows = connection.execute(
        sa.select(uploads).where(uploads.c.draft_id == draft_id).order_by(uploads.c.position)
    )
    return tuple(_upload(row) for row in rows)


def acknowledge(
    connection: sa.Connection,
    upload: Upload,
    offset: int,
    sha256: str | None,
    *,
    sending: Sending,
    now: datetime,
) -> None:
    """Record that so many bytes are durable, and with the hash of all that it is whole.

    Raises NoUpload where it was removed, or stands elsewhere than this writer has found it.
    """
    updated = connection.execute(
        sa.update(uploads)
        .where(
            uploads.c.public_id == upload.public_id,
            uploads.c.offset == upload.offset,
            uploads.c.sha256.is_(None),
        )
        .values(
            offset=offset,
            sha256=sha256,
            touched_at=now,
            expires_at=now + timedelta(hours=sending.upload_hours),
        )
    )
    if updated.rowcount != 1:
        raise NoUpload
    drafting.touch(connection, upload.draft_id, now=now)


def describe(
    connection: sa.Connection, upload: Upload, *, document_type: str | None, description: str | None
) -> None:
    """Keep what kind of document its sender says that it is."""
    connection.execute(
        sa.update(uploads)
        .where(uploads.c.public_id == upload.public_id)
        .values(document_type=document_type, description=description)
    )


def remove(database: Database, vault: Vault, public_id: str, owner: Owner, now: datetime) -> None:
    """Remove a file from its draft, and what came of it from the disk. Raises NoUpload.

    A blob goes with the vault's sweep, unless something else is made of it. A writer that is still
    at it finds no row any more.
    """
    with database.write() as connection:
        upload = find(connection, public_id, owner, now=now)
        connection.execute(sa.delete(uploads).where(uploads.c.public_id == public_id))
        drafting.touch(connection, upload.draft_id, now=now)
    vault.upload(public_id).unlink(missing_ok=True)


def settle(vault: Vault, upload: Upload) -> None:
    """Have a whole file be a blob, where a crash came between. Raises DiskFull or WriteFailed."""
    if upload.sha256 is not None and vault.upload(upload.public_id).exists():
        vault.adopt(vault.upload(upload.public_id), upload.sha256)


def clear(database: Database, vault: Vault) -> int:
    """Remove the files that no upload has any more, and settle the whole ones.

    Return how many went. A file is made after its row, so one without a row is nobody's.
    """
    gone = 0
    for name in vault.uploads():
        with database.read() as connection:
            row = connection.execute(
                sa.select(uploads).where(uploads.c.public_id == name)
            ).one_or_none()
        if row is None:
            vault.upload(name).unlink(missing_ok=True)
            gone += 1
        elif row.sha256 is not None:
            settle(vault, _upload(row))
    return gone


def _upload(row: sa.Row[tuple[object, ...]]) -> Upload:
    return Upload(
        draft_id=row.draft_id,
        public_id=row.public_id,
        position=row.position,
        name=row.name,
        declared_type=row.declared_type,
        document_type=row.document_type,
        description=row.description,
        length=row.length,
        offset=row.offset,
        sha256=row.sha256,
        expires_at=row.expires_at,
    )

"""The pouch: a small letter's bytes within the record, from its accept until the vault has them.

A blob costs two waits for the disk, its own and its folder's, before the record's commit can begin.
Bytes in the pouch are durable by that commit alone, in the transaction that holds the letter's row
and its workflow: all three are there, or none. Whoever wants to read them brings them into the
vault first, durably, and only then is the row deleted, in a transaction of its own. So at every
moment after the 250 the pouch or the vault has the whole letter:

- ended before the blob is durable: the row is there, and the next one begins anew;
- ended between the two: both have it; the next one writes the same blob again, and deletes the row;
- two at once: both write the same blob, each by a draft of its own, and both delete the same row;
- the sweep of the vault: the letter's row names the blob from the accept on, and a blob that was
  nobody's and old is written anew, with a fresh time stamp, behind the vault's gate.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BufferedReader

import sqlalchemy as sa

from portal.database import Database
from portal.prepared import Prepared
from portal.tables import letters, pouch
from portal.vault import Blob, Vault

_INSERT = Prepared(pouch.insert)


class PouchChanged(Exception):
    """The bytes in the pouch are not those that were accepted. They stay, for a person to see."""


def blob_of(content: bytes | bytearray) -> Blob:
    """Return the reference of bytes that the pouch is to keep."""
    return Blob(hashlib.sha256(content).hexdigest(), len(content))


def put(connection: sa.Connection, letter_id: int, content: bytes | bytearray) -> None:
    """Keep a new letter's bytes: durable when the caller's transaction is."""
    _INSERT.run(connection, {"letter_id": letter_id, "content": content})


@dataclass(frozen=True)
class Raw:
    """The raw bytes of letters by their reference, wherever they are. Safe for threads."""

    database: Database
    vault: Vault

    def open(self, sha256: str) -> BufferedReader:
        """Open a letter's raw bytes, out of the vault. The caller closes them.

        Raises what `empty` does, and BlobMissing.
        """
        self.empty(sha256)
        return self.vault.open(sha256)

    def empty(self, sha256: str) -> None:
        """Bring these bytes into the vault, durably, and then out of the pouch.

        Raises PouchChanged, DiskFull and WriteFailed: then they stay in the pouch.
        """
        # Equal bytes may have come in several letters: one of them speaks for all.
        theirs = pouch.c.letter_id.in_(
            sa.select(letters.c.id).where(letters.c.raw_sha256 == sha256)
        )
        with self.database.read() as connection:
            content = connection.scalar(sa.select(pouch.c.content).where(theirs).limit(1))
        if content is None:
            return
        if blob_of(content).sha256 != sha256:
            raise PouchChanged(sha256)
        with self.vault.draft() as draft:
            draft.write(content)
            draft.keep()
        with self.database.write() as connection:
            connection.execute(pouch.delete().where(theirs))

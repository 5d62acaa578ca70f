"""The pouch: a small letter's bytes within the record, from its accept until the vault has them.

A blob costs two waits for the disk, its own and its folder's, before the record's commit can begin.
Bytes in the pouch are durable by that commit alone, which holds the letter's row and its workflow
too: all three are there, or none. Whoever wants to read them brings them into the vault first,
durably, and only then may their row leave. So from the 250 on the pouch or the vault has the whole
letter, or both have:

- an end before the blob is durable: the row is there, and the next one begins anew;
- an end before the row has left: both have it; the next one writes the same blob once more;
- two at once: each writes the blob by a draft of its own, and takes out rows that it has seen
  before;
- the vault's sweep: the letter's row names the blob from the accept on, and a blob that was
  nobody's and old is written anew, with a fresh time stamp, behind the vault's gate.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from io import BufferedReader

import sqlalchemy as sa

from portal.database import Database
from portal.prepared import Prepared
from portal.tables import letters, pouch
from portal.vault import Blob, Vault

_BATCH = 500
_INSERT = Prepared(pouch.insert)
_THEIRS = (letters.c.id == pouch.c.letter_id) & (letters.c.raw_sha256 == sa.bindparam("sha256"))
_IDS = sa.select(pouch.c.letter_id).where(_THEIRS)
_CONTENT = sa.select(pouch.c.content).where(_THEIRS)


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
    # Letters whose bytes this one has brought into the vault, while their rows are still there. By
    # letter and not by SHA-256: of equal bytes that come later nothing is known.
    _brought: set[int] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def open(self, sha256: str) -> BufferedReader:
        """Open a letter's raw bytes, in the vault. The caller closes them.

        Raises what `bring` does, and BlobMissing.
        """
        self.bring(sha256)
        return self.vault.open(sha256)

    def bring(self, sha256: str) -> list[int]:
        """Put what the pouch has of it into the vault, durably.

        Returns the letters whose rows may leave. Raises PouchChanged, DiskFull and WriteFailed:
        then they must not.
        """
        with self.database.read() as connection:
            ids = list(connection.scalars(_IDS, {"sha256": sha256}))
            if self._brought.issuperset(ids):
                return ids
            # Equal bytes may have come in several letters: one of them speaks for all.
            content = connection.scalars(_CONTENT, {"sha256": sha256}).first()
        assert content is not None, "one snapshot"
        if blob_of(content).sha256 != sha256:
            raise PouchChanged(sha256)
        with self.vault.draft() as draft:
            draft.write(content)
            draft.keep()
        with self._guard:
            self._brought.update(ids)
        return ids

    def leave(self, connection: sa.Connection) -> None:
        """Take out of the pouch what was brought into the vault, in the caller's transaction.

        Where that one fails the rows stay: for the next who opens the bytes, or for `empty`.
        """
        with self._guard:
            leaving = [self._brought.pop() for _ in range(min(_BATCH, len(self._brought)))]
        if leaving:
            connection.execute(pouch.delete().where(pouch.c.letter_id.in_(leaving)))

    def empty(self, sha256: str) -> None:
        """Bring these bytes into the vault, and out of the pouch by a commit of its own.

        Raises what `bring` does.
        """
        ids = self.bring(sha256)
        with self.database.write() as connection:
            connection.execute(pouch.delete().where(pouch.c.letter_id.in_(ids)))

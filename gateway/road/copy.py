"""Copies: the same message by another door is a letter of its own, set aside beside the first."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, BinaryIO

import sqlalchemy as sa

from gateway.road.file import StaleAttempt, move_letter
from portal import events
from portal.decision import Decision, carried
from portal.tables import letters

_CHUNK_BYTES = 1 << 20


def _first(door: Any, raw_sha256: Any, this: sa.FromClause | None = None) -> sa.Select[Any]:
    filed = sa.select(letters.c.id).where(
        letters.c.door != door, letters.c.state.in_(("filed", "filed_in_part"))
    )
    if this is not None:
        filed = filed.join(this, this.c.id == sa.bindparam("letter")).where(
            letters.c.id != this.c.id
        )
    # What was filed before there were normal forms has its bytes alone. Two questions in one, since
    # SQLite answers an OR of the two by reading every letter that is filed.
    same = sa.union_all(
        filed.where(letters.c.raw_sha256 == raw_sha256),
        filed.where(letters.c.normal_sha256 == sa.bindparam("normal")),
    ).subquery()
    return sa.select(sa.func.min(same.c.id))


_THIS = letters.alias("this")
_FIRST = _first(_THIS.c.door, _THIS.c.raw_sha256, _THIS)
_FIRST_OF_NONE = _first(sa.bindparam("door"), sa.bindparam("raw"))
_NOTE_NORMAL = letters.update().where(letters.c.id == sa.bindparam("letter"))


def normal_sha256(raw: BinaryIO) -> str:
    """Return the SHA-256 of a message with every line end as CRLF, one at its own end included.

    SMTP has no other line end (RFC 5321, 2.3.8); a file of the same message mostly has LF, and
    what ends its last line is up to the program that wrote it.
    """
    digest = hashlib.sha256()
    held = b""  # a CR whose LF may come with the next chunk
    last = b""
    while chunk := raw.read(_CHUNK_BYTES):
        lines = held + chunk
        held = b"\r" if lines.endswith(b"\r") else b""
        lines = lines[: len(lines) - len(held)]
        lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        digest.update(lines)
        last = lines[-1:] or last
    if held or last != b"\n":
        digest.update(b"\r\n")
    return digest.hexdigest()


def first_filed(connection: sa.Connection, letter_id: int, normal: str) -> int | None:
    """Return the id of the letter that filed the same message from another door.

    `normal` is this one's `normal_sha256`. One that is held does not count: a stranger who sends a
    firm's message first, by another door, must not be able to shut the firm's own out.
    """
    found: int | None = connection.execute(
        _FIRST, {"letter": letter_id, "normal": normal}
    ).scalar_one()
    return found


def is_filed(connection: sa.Connection, *, door: str, raw_sha256: str, normal: str) -> bool:
    """Say whether a message that is no letter yet has been filed from another door than this."""
    asked = {"door": door, "raw": raw_sha256, "normal": normal}
    return connection.execute(_FIRST_OF_NONE, asked).scalar_one() is not None


def note_normal(connection: sa.Connection, letter_id: int, normal: str) -> None:
    """Keep a letter's normal form, for the copies that come after it."""
    connection.execute(_NOTE_NORMAL, {"letter": letter_id, "normal_sha256": normal})


def set_aside(
    connection: sa.Connection,
    letter_id: int,
    attempt: int,
    first_id: int,
    now: datetime,
    answer: Decision | None = None,
) -> None:
    """Set a letter aside as a copy of the first one. Raises StaleAttempt by the fence.

    What its sender answered is carried out with it: the first one settled that.
    """
    move_letter(connection, letter_id, attempt, "copy", None, now)
    if answer is not None and not carried(connection, answer.id, now=now):
        raise StaleAttempt(f"{letter_id}-{attempt}")
    connection.execute(letters.update().where(letters.c.id == letter_id).values(copy_of=first_id))
    events.record(
        connection,
        letter_id=letter_id,
        actor="gateway",
        kind="letter.copy",
        detail={"reason": None, "case": None},
        at=now,
    )

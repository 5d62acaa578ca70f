"""Copies: the same message by another door is a letter of its own, set aside beside the first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

import sqlalchemy as sa

from gateway.body_hash import body_sha256
from gateway.road.file import StaleAttempt, move_letter
from gateway.road.package import Package
from portal import events
from portal.decision import Decision, carried
from portal.tables import letters, packages

_CHUNK_BYTES = 1 << 20
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"  # a .msg: a blank line in it divides nothing
_NOTHING = hashlib.sha256().hexdigest()


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
_SAME = (
    sa.select(sa.func.min(letters.c.id))
    .join(packages, packages.c.letter_id == letters.c.id)
    .join(_THIS, _THIS.c.id == sa.bindparam("letter"))
    .where(
        letters.c.id != _THIS.c.id,
        letters.c.door != _THIS.c.door,
        letters.c.state.in_(("filed", "filed_in_part")),
        letters.c.body_sha256 == sa.bindparam("body"),
        letters.c.firm_id == sa.bindparam("firm"),
        packages.c.message_id == sa.bindparam("message_id"),
    )
)
_NOTE = letters.update().where(letters.c.id == sa.bindparam("letter"))


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


@dataclass(frozen=True)
class Likeness:
    """What shows that a message is another one's copy: all of it, or what is below its header."""

    normal: str
    body: str | None  # None where there is nothing below a header


def likeness_of(raw: BinaryIO) -> Likeness:
    """Read a message, which can be read from its beginning again, for what it is known by."""
    normal = normal_sha256(raw)
    raw.seek(0)
    is_outlook = raw.read(len(_COMPOUND_FILE)) == _COMPOUND_FILE
    raw.seek(0)
    body = None if is_outlook else body_sha256(raw)
    return Likeness(normal, None if body == _NOTHING else body)


def first_filed(
    connection: sa.Connection, letter_id: int, like: Likeness, package: Package | None = None
) -> int | None:
    """Return the id of the letter that filed the same message from another door.

    Each way writes lines of its own into a header. So, once the `package` says who sent it, the
    same body under the same Message-ID is the same message, of the same firm that both are proven
    to be of: anybody can write a Message-ID down. One that is held does not count: a stranger who
    sends a firm's message first, by another door, must not be able to shut the firm's own out.
    """
    asked = {"letter": letter_id, "normal": like.normal}
    first: int | None = connection.execute(_FIRST, asked).scalar_one()
    if first is not None or package is None:
        return first
    firm, message_id = package.resolution.firm_id, package.message_id
    if firm is None or not message_id or like.body is None:
        return None
    same = {"letter": letter_id, "body": like.body, "firm": firm, "message_id": message_id}
    found: int | None = connection.execute(_SAME, same).scalar_one()
    return found


def is_filed(connection: sa.Connection, *, door: str, raw_sha256: str, normal: str) -> bool:
    """Say whether a message that is no letter yet has been filed from another door than this."""
    asked = {"door": door, "raw": raw_sha256, "normal": normal}
    return connection.execute(_FIRST_OF_NONE, asked).scalar_one() is not None


def note_likeness(connection: sa.Connection, letter_id: int, like: Likeness) -> None:
    """Keep what a letter is known by, for the copies that come after it."""
    noted = {"letter": letter_id, "normal_sha256": like.normal, "body_sha256": like.body}
    connection.execute(_NOTE, noted)


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

"""Copies: the same message by another door is a letter of its own, set aside beside the first."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

import sqlalchemy as sa

from gateway.body_hash import body_sha256
from gateway.letter import Envelope
from gateway.road.file import StaleAttempt, move_letter
from gateway.road.package import Package
from portal import events
from portal.decision import Decision, carried
from portal.tables import letters, packages, submissions

_CHUNK_BYTES = 1 << 20
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0"  # a .msg: a blank line in it divides nothing
_NOTHING = hashlib.sha256().hexdigest()
_MOST = 20
_WITH_ENVELOPE = frozenset({"smtp", "lmtp"})

CaseTag = Callable[[str], str | None]
"""Returns the case number that an address in canonical form is tagged with."""


# What is filed, or has been taken as a reply: it did then what it says.
_SETTLED = sa.or_(
    letters.c.state.in_(("filed", "filed_in_part")),
    sa.and_(
        letters.c.state == "set_aside",
        sa.or_(letters.c.home_id.is_not(None), letters.c.copy_of.is_not(None)),
    ),
)


def _same_message(door: Any, raw_sha256: Any, this: sa.FromClause | None = None) -> sa.Select[Any]:
    settled = sa.select(letters.c.id, letters.c.recipients).where(letters.c.door != door, _SETTLED)
    if this is not None:
        settled = settled.join(this, this.c.id == sa.bindparam("letter")).where(
            letters.c.id != this.c.id
        )
    # What was filed before there were normal forms has its bytes alone. Two questions in one, since
    # SQLite answers an OR of the two by reading every letter that is filed.
    same = sa.union_all(
        settled.where(letters.c.raw_sha256 == raw_sha256),
        settled.where(letters.c.normal_sha256 == sa.bindparam("normal")),
    ).subquery()
    return sa.select(same).order_by(same.c.id).limit(_MOST)


_THIS = letters.alias("this")
_SAME = _same_message(_THIS.c.door, _THIS.c.raw_sha256, _THIS)
_SAME_AS_NONE = _same_message(sa.bindparam("door"), sa.bindparam("raw"))
_SAME_BODY = (
    sa.select(letters.c.id, letters.c.recipients)
    .join(packages, packages.c.letter_id == letters.c.id)
    .join(_THIS, _THIS.c.id == sa.bindparam("letter"))
    .where(
        letters.c.id != _THIS.c.id,
        letters.c.door != _THIS.c.door,
        _SETTLED,
        letters.c.body_sha256 == sa.bindparam("body"),
        letters.c.firm_id == sa.bindparam("firm"),
        packages.c.message_id == sa.bindparam("message_id"),
    )
    .order_by(letters.c.id)
    .limit(_MOST)
)
_CASES = sa.select(submissions.c.case_id).where(submissions.c.letter_id == sa.bindparam("letter"))
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


@dataclass(frozen=True)
class Known:
    """A letter as its copies know it: its bytes, how it came, and what its envelope asks for."""

    letter_id: int
    like: Likeness
    envelope: Envelope
    case_tag: CaseTag

    def first(
        self,
        connection: sa.Connection,
        package: Package | None = None,
        *,
        is_decided: bool = False,
    ) -> int | None:
        """Return the id of the letter that filed the same message from another door, if one did.

        Each way writes lines of its own into a header. So, once the `package` says who sent it, the
        same body under the same Message-ID is the same message, of the same firm that both are
        proven to be of: anybody can write a Message-ID down. One that is held does not count: a
        stranger who sends a firm's message first, by another door, must not be able to shut the
        firm's own out. A reply that was taken counts: it is not taken twice.

        The same words to two case-tagged addresses are two wishes. So it is a copy where both
        envelopes ask the same, or where the first one is in each case that this one goes to; what
        one of us has decided about (`is_decided`) is one for the second reason alone, and of the
        same firm: what a stranger sent is filed where our people say so.
        """
        asked = {"letter": self.letter_id, "normal": self.like.normal}
        rows = [] if is_decided else [*connection.execute(_SAME, asked).mappings()]
        if package is not None:
            rows += self._of_the_same_body(connection, package)
        cases = {one.case_id for one in package.filed_under} if package is not None else set()
        for row in rows:
            if not is_decided and self._asks_the_same(row["recipients"]):
                return int(row["id"])
            if cases and cases <= {*connection.scalars(_CASES, {"letter": row["id"]})}:
                return int(row["id"])
        return None

    def note(self, connection: sa.Connection) -> None:
        """Keep what the letter is known by, for the copies that come after it."""
        noted = {"normal_sha256": self.like.normal, "body_sha256": self.like.body}
        connection.execute(_NOTE, {"letter": self.letter_id, **noted})

    def _of_the_same_body(
        self, connection: sa.Connection, package: Package
    ) -> Sequence[sa.RowMapping]:
        firm, message_id, body = package.resolution.firm_id, package.message_id, self.like.body
        if firm is None or not message_id or body is None:
            return ()
        same = {"letter": self.letter_id, "body": body, "firm": firm, "message_id": message_id}
        return connection.execute(_SAME_BODY, same).mappings().all()

    def _asks_the_same(self, recipients: Sequence[str]) -> bool:
        """Say whether both envelopes name the same cases, by their tagged addresses.

        A mailbox and a file have none: what they do not say is not another wish.
        """
        mine, theirs = self._tags(self.envelope.recipients), self._tags(recipients)
        return mine == theirs or not (mine or self.envelope.door in _WITH_ENVELOPE)

    def _tags(self, recipients: Sequence[str]) -> set[str]:
        return {tag for one in recipients if (tag := self.case_tag(one)) is not None}


def is_filed(connection: sa.Connection, *, door: str, raw_sha256: str, normal: str) -> bool:
    """Say whether a message that is no letter yet has been filed from another door than this."""
    asked = {"door": door, "raw": raw_sha256, "normal": normal}
    return connection.execute(_SAME_AS_NONE, asked).first() is not None


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

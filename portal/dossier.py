"""The dossier: one letter with everything the record knows of it, as the page shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal import vocabulary
from portal.absent import absent
from portal.confirmation import CONFIRMED, is_confirmed
from portal.erasure import MOST_CHARACTERS
from portal.forwarding import Forwarding, firm_of, forwarding
from portal.piece import Piece, pieces_of
from portal.rights import Filing, Viewer, may_open, may_see
from portal.submission import Submission, documents_of, rows_of, submission_of
from portal.tables import document_erasures, firms, letters, packages, submissions


class NotThere(Exception):
    """No such letter or part, or the viewer may not see it: the answer to both is the same.

    `letter_id` is the letter's where there is one, for the audit trail alone.
    """

    def __init__(self, letter_id: int | None = None) -> None:
        super().__init__()
        self.letter_id = letter_id


@dataclass(frozen=True)
class Contents:
    """What the letter says: known once the road has ended."""

    header_from: str
    subject: str
    narrative: str
    consultant_how: str
    urgent: str | None
    candidates: tuple[Mapping[str, Any], ...]
    problems: tuple[Mapping[str, Any], ...]
    sent_at: datetime | None
    forwarded: Forwarding | None = None


@dataclass(frozen=True)
class Message:
    """What a later letter says that belongs to this one's package."""

    letter_id: int
    receipt: str
    at: datetime
    who: str  # header From, as written
    words: str
    repeats: bool = False  # it says the same as the ones before it: nobody was told of it


@dataclass(frozen=True)
class Dossier:
    """One letter."""

    letter_id: int
    receipt: str
    door: str
    sender: str
    recipients: tuple[str, ...]
    proof: str
    proof_rule: str | None
    quiet: bool
    raw_sha256: str
    raw_bytes: int
    arrived_at: datetime
    state: str
    reason: str | None
    state_since: datetime
    firm_id: int | None
    firm: str | None
    copy_of: str | None
    contents: Contents | None
    submissions: tuple[Submission, ...]
    pieces: tuple[Piece, ...]
    address_confirmed: bool = False  # by a code or a reply: it says who reads the mailbox alone
    in_part: bool = False  # other consultants have submissions of it, which are not shown
    home: str | None = None  # the receipt of the letter in whose package it is
    messages: tuple[Message, ...] = ()  # of the letters in its package, the newest last

    @property
    def forwarded(self) -> Forwarding | None:
        """Who of the staff passed it on, where somebody did."""
        return None if self.contents is None else self.contents.forwarded

    @property
    def from_firm(self) -> str | None:
        """The firm that it is from; of what was passed on, with the words that it is not proven."""
        return firm_of(self.firm, self.forwarded)

    @property
    def filings(self) -> tuple[Submission, ...]:
        """One submission for each case and consultant: linked parts are one filing."""
        by_whom = {(one.case, one.consultant_id): one for one in reversed(self.submissions)}
        return tuple(reversed(by_whom.values()))

    @property
    def documents(self) -> int:
        """How many documents it holds, filed or not yet."""
        filed = {piece.id for one in self.submissions for piece in one.documents}
        return len(filed) + len(self.unplaced)

    @property
    def missing(self) -> int:
        """How many documents that its sender meant to file are not filed, come or not."""
        came = sum(
            vocabulary.is_missing(one.fate, one.reason) and one.healed_by is None
            for one in self.pieces
        )
        return came + absent(self.contents.problems if self.contents else ())

    @property
    def is_masked(self) -> bool:
        """Whether a password is masked in its words, or in those of a message attached to it."""
        return any("password_masked" in piece.remarks for piece in self.pieces)

    @property
    def was_scanned(self) -> bool:
        """Whether a virus scanner was asked about it, whatever came of that."""
        return any(piece.scan is not None for piece in self.pieces)

    @property
    def lacks_a_scan(self) -> bool:
        """Whether the scanner was asked about a document, and could not look at it."""
        return any(one.is_document and one.is_unscanned for one in self.pieces)

    @property
    def unplaced(self) -> tuple[Piece, ...]:
        """The documents that no submission holds: all of them while the letter waits."""
        placed = {piece.id for one in self.submissions for piece in one.documents}
        return tuple(piece for piece in self.pieces if piece.is_document and piece.id not in placed)

    @property
    def others(self) -> tuple[Piece, ...]:
        """The parts that are not documents: left out or refused, each with its reason."""
        return tuple(piece for piece in self.pieces if not piece.is_document)

    @property
    def holders(self) -> Mapping[str, str]:
        """What was opened, its name by its path: a part that came in one is shown to."""
        return {
            piece.path: piece.original_name
            for piece in self.pieces
            if piece.reason == "opened" and piece.original_name
        }


def dossier(connection: sa.Connection, viewer: Viewer, receipt: str) -> Dossier:
    """Return the letter with this receipt number (8 characters). Raises NotThere.

    A consultant is shown the submissions that are theirs, and of the documents those that are in
    them; what is no document belongs to the whole letter, and is shown to each.
    """
    return _read(connection, viewer, receipt)


def senders(connection: sa.Connection, receipt: str) -> Dossier:
    """Return the whole letter for its sender, whose right the caller has seen. Raises NotThere.

    It holds what the record knows: the sender's page shows of it what came from the sender.
    """
    return _read(connection, None, receipt)


def _read(connection: sa.Connection, viewer: Viewer | None, receipt: str) -> Dossier:
    first, home = letters.alias("first"), letters.alias("home")
    row = connection.execute(
        sa.select(
            letters,
            firms.c.name.label("firm"),
            first.c.receipt.label("first"),
            home.c.receipt.label("home"),
        )
        .select_from(
            letters.outerjoin(firms, firms.c.id == letters.c.firm_id)
            .outerjoin(first, first.c.id == letters.c.copy_of)
            .outerjoin(home, home.c.id == letters.c.home_id)
        )
        .where(letters.c.receipt == receipt)
    ).one_or_none()
    if row is None:
        raise NotThere
    filed = rows_of(connection, row.id)
    theirs = filed if row.home_id is None else rows_of(connection, row.home_id)
    if viewer is not None and not may_see(
        viewer, (Filing(one.consultant_id, one.restricted) for one in theirs)
    ):
        raise NotThere(row.id)
    pieces = pieces_of(connection, row.id)
    placed = {one.id: documents_of(connection, one.id, pieces) for one in filed}
    shown = [
        one
        for one in filed
        if viewer is None or may_open(viewer, Filing(one.consultant_id, one.restricted))
    ]
    closed = {piece.id for one in filed if one not in shown for piece in placed[one.id]}
    many = Counter(one.number for one in filed)
    closed -= {piece.id for one in shown for piece in placed[one.id]}
    return Dossier(
        letter_id=row.id,
        receipt=row.receipt,
        door=row.door,
        sender=row.sender,
        recipients=tuple(row.recipients),
        proof=row.proof,
        proof_rule=row.proof_rule,
        quiet=row.quiet,
        raw_sha256=row.raw_sha256,
        raw_bytes=row.raw_bytes,
        arrived_at=row.arrived_at,
        state=row.state,
        reason=row.reason,
        state_since=row.state_since,
        firm_id=row.firm_id,
        firm=row.firm,
        copy_of=row.first,
        contents=_contents(connection, row.id),
        submissions=tuple(
            submission_of(connection, one, many[one.number], placed[one.id]) for one in shown
        ),
        pieces=tuple(piece for piece in pieces.values() if piece.id not in closed),
        address_confirmed=row.proof in CONFIRMED or is_confirmed(connection, row.id),
        in_part=len(shown) < len(filed),
        home=row.home,
        messages=_messages(connection, row.id),
    )


def mark_read(connection: sa.Connection, viewer: Viewer, letter_id: int, *, now: datetime) -> None:
    """Note that the consultant of a submission, or their cover, has read it."""
    connection.execute(
        sa.update(submissions)
        .where(
            submissions.c.letter_id == letter_id,
            submissions.c.consultant_id.in_(sorted(viewer.consultants)),
            submissions.c.read_at.is_(None),
        )
        .values(read_at=now)
    )


def _messages(connection: sa.Connection, letter_id: int) -> tuple[Message, ...]:
    """Return the messages, but for those that ask to delete: these stand beside what they ask."""
    asks = sa.exists().where(
        document_erasures.c.mail_id == letters.c.id,
        sa.func.length(document_erasures.c.reason) < MOST_CHARACTERS,  # else it may say more
    )
    rows = connection.execute(
        sa.select(
            letters.c.id,
            letters.c.receipt,
            letters.c.arrived_at,
            packages.c.header_from,
            packages.c.narrative,
            packages.c.problems,
        )
        .join(packages, packages.c.letter_id == letters.c.id)
        .where(letters.c.home_id == letter_id, ~asks)
        .order_by(letters.c.arrived_at, letters.c.id)
    )
    return tuple(
        Message(
            row.id,
            row.receipt,
            row.arrived_at,
            row.header_from,
            row.narrative,
            repeats=any(one["code"] == vocabulary.REPEATS for one in row.problems),
        )
        for row in rows
    )


def _contents(connection: sa.Connection, letter_id: int) -> Contents | None:
    row = connection.execute(
        sa.select(packages).where(packages.c.letter_id == letter_id)
    ).one_or_none()
    if row is None:
        return None
    return Contents(
        header_from=row.header_from,
        subject=row.subject,
        narrative=row.narrative,
        consultant_how=row.consultant_how,
        urgent=row.urgent,
        candidates=tuple(row.candidates),
        problems=tuple(row.problems),
        sent_at=row.sent_at,
        forwarded=forwarding(row.forwarded),
    )

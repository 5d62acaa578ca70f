"""The decision: what a person made of a letter that waits, as a row of the record.

The gateway carries it out with the letter's next attempt. A letter has one that waits to be
carried, or none: what is asked and what is written stand in one transaction that locks the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from portal import events
from portal.claim import ClaimedByOther, claimed
from portal.piece import pieces_of
from portal.tables import cases, claims, decisions, letters, outbox

_Row = sa.Row[*tuple[Any, ...]]

Kind = Literal["file", "ask", "not_submission", "after_all"]

WAITING = ("with_us", "needs_you")
"""The states in which a person may decide."""


SHELVED = "set_aside"
"""The state from which a person may file after all."""

ANSWERED = "answer"
"""The reason of a letter that is set aside because it answered our question: it has had its say."""

BELONGS = (ANSWERED, "password_alone")
"""Why a letter is set aside that belongs to another one: nobody files it after all."""


class AlreadyDecided(Exception):
    """The letter waits for nobody: somebody has decided, or it rests."""

    code = "decision_taken"


class NoSuchCase(Exception):
    """A case of the decision is not in the directory. `number` is what was asked for."""

    code = "case_not_found"

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = number


class DocumentsDiffer(Exception):
    """The filings do not name each document of the letter once."""

    code = "documents_changed"


class RestrictedShared(Exception):
    """A restricted case is one of several: each of them would show the message's own words."""

    code = "case_restricted"


class NobodyToAsk(Exception):
    """The sender is not known, or gets no mail: there is nobody to put the question to."""

    code = "sender_not_asked"


@dataclass(frozen=True)
class Filing:
    """A case by its number, and the parts that go there by their paths; None for everything."""

    case: str
    parts: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Decision:
    """One decision. `was_…` is where the letter stood before: there an undo brings it back."""

    id: int
    letter_id: int
    account_id: int | None  # None where the sender decided, on the answer page
    kind: str
    filings: tuple[Filing, ...]
    decided_at: datetime
    undo_until: datetime
    carried_at: datetime | None
    undone_at: datetime | None
    was_state: str
    was_reason: str | None
    was_attempt: int
    was_told: int  # the id of the last mail about it


def decide(
    connection: sa.Connection,
    letter_id: int,
    kind: Kind,
    *,
    account_id: int | None,
    filings: Sequence[Filing] = (),
    now: datetime,
    undo: timedelta,
) -> int:
    """Write a decision into the caller's transaction, and return its id.

    The caller has asked `rights` whether this person may. Filings of one case become one. Raises
    AlreadyDecided, portal.claim.ClaimedByOther, NoSuchCase, DocumentsDiffer, RestrictedShared and
    NobodyToAsk; nothing is written then. A sender is never told that a case is restricted: what
    they split with one is not carried out, and goes to the team.
    """
    letter = connection.execute(
        sa.select(letters).where(letters.c.id == letter_id).with_for_update()
    ).one()
    stands = letter.state in WAITING
    if kind == "after_all":
        has_had_its_say = letter.reason in BELONGS or letter.home_id is not None
        stands = letter.state == SHELVED and not has_had_its_say
    if not stands or pending(connection, letter_id) is not None:
        raise AlreadyDecided
    holder = claimed(connection, letter_id, now=now)
    if account_id is not None and holder is not None and holder.account_id != account_id:
        raise ClaimedByOther
    if kind == "ask" and (letter.firm_id is None or letter.quiet):
        raise NobodyToAsk
    kept = _checked(connection, letter_id, filings) if kind == "file" else ()
    if account_id is not None and len(kept) > 1:
        _share_nothing_restricted(connection, kept)
    told = connection.scalar(
        sa.select(sa.func.max(outbox.c.id)).where(outbox.c.letter_id == letter_id)
    )
    detail: dict[str, Any] = {
        "was": {
            "state": letter.state,
            "reason": letter.reason,
            "attempt": letter.attempt,
            "told": told or 0,
        }
    }
    if kind == "file":
        detail["filings"] = [
            {"case": one.case, "parts": None if one.parts is None else list(one.parts)}
            for one in kept
        ]
    elif kind == "ask":
        detail["question"] = "which_case"
    number: int = connection.execute(
        sa.insert(decisions)
        .values(
            letter_id=letter_id,
            account_id=account_id,
            kind=kind,
            detail=detail,
            decided_at=now,
            undo_until=now + undo,
        )
        .returning(decisions.c.id)
    ).scalar_one()
    connection.execute(sa.delete(claims).where(claims.c.letter_id == letter_id))
    events.record(
        connection,
        letter_id=letter_id,
        actor=actor(account_id),
        kind=events.DECIDED.format(kind=kind),
        detail={"decision": number, "case": ", ".join(one.case for one in kept) or None},
        at=now,
    )
    return number


def waits_to_be_carried() -> tuple[sa.ColumnElement[bool], ...]:
    """Return the condition on rows of `decisions`."""
    return (
        decisions.c.kind != "undo",
        decisions.c.carried_at.is_(None),
        decisions.c.undone_at.is_(None),
    )


_PENDING = sa.select(decisions).where(
    decisions.c.letter_id == sa.bindparam("letter"), *waits_to_be_carried()
)


def pending(connection: sa.Connection, letter_id: int) -> Decision | None:
    """Return the decision of a letter that waits to be carried out."""
    row = connection.execute(_PENDING, {"letter": letter_id}).one_or_none()
    return None if row is None else _decision(row)


def is_decided(connection: sa.Connection, letter_id: int) -> bool:
    """Say whether a person has ever decided about a letter, whatever became of that.

    Then it is no machine's business any more whether it is a submission.
    """
    decided = sa.select(decisions.c.id).where(decisions.c.letter_id == letter_id)
    return connection.execute(decided.limit(1)).first() is not None


def may_be_carried() -> sa.ColumnElement[bool]:
    """Return the condition that a decision's letter stands where it was decided about.

    It is on rows of `decisions` with those of `letters`.
    """
    return sa.case(
        (decisions.c.kind == "after_all", letters.c.state == SHELVED),
        else_=letters.c.state.in_(WAITING),
    )


def latest(connection: sa.Connection, letter_id: int) -> Decision | None:
    """Return the newest decision of a letter, whatever became of it."""
    row = connection.execute(
        sa.select(decisions)
        .where(decisions.c.letter_id == letter_id, decisions.c.kind != "undo")
        .order_by(decisions.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _decision(row)


def find(connection: sa.Connection, decision_id: int) -> Decision | None:
    """Return a decision by its id."""
    row = connection.execute(
        sa.select(decisions).where(decisions.c.id == decision_id, decisions.c.kind != "undo")
    ).one_or_none()
    return None if row is None else _decision(row)


def carried(connection: sa.Connection, decision_id: int, *, now: datetime) -> bool:
    """Note that a decision was carried out. Returns False where it does not wait for that."""
    noted = connection.execute(
        sa.update(decisions)
        .where(decisions.c.id == decision_id, *waits_to_be_carried())
        .values(carried_at=now)
    )
    return noted.rowcount == 1


def actor(account_id: int | None) -> str:
    """Name who decided, for the audit trail."""
    return events.SENDER if account_id is None else events.account(account_id)


def _checked(
    connection: sa.Connection, letter_id: int, filings: Sequence[Filing]
) -> tuple[Filing, ...]:
    """Return the filings, those of one case as one. Each document goes to one of them."""
    if not filings:
        raise DocumentsDiffer
    numbers = {one.case for one in filings}
    known = set(connection.scalars(sa.select(cases.c.number).where(cases.c.number.in_(numbers))))
    for one in filings:
        if one.case not in known:
            raise NoSuchCase(one.case)
    if len(numbers) == 1 and all(one.parts is None for one in filings):
        return (Filing(filings[0].case),)
    named = [path for one in filings for path in one.parts or ()]
    there = [one.path for one in pieces_of(connection, letter_id).values() if one.is_placed]
    if sorted(named) != sorted(there) or any(not one.parts for one in filings):
        raise DocumentsDiffer
    together: dict[str, list[str]] = {}
    for one in filings:
        together.setdefault(one.case, []).extend(one.parts or ())
    if len(together) == 1:
        return (Filing(filings[0].case),)
    return tuple(Filing(case, tuple(paths)) for case, paths in together.items())


def _share_nothing_restricted(connection: sa.Connection, filings: Sequence[Filing]) -> None:
    numbers = [one.case for one in filings]
    shut = sa.select(cases.c.id).where(cases.c.number.in_(numbers), cases.c.restricted)
    if connection.execute(shut).first() is not None:
        raise RestrictedShared


def _decision(row: _Row) -> Decision:
    was = row.detail["was"]
    return Decision(
        id=row.id,
        letter_id=row.letter_id,
        account_id=row.account_id,
        kind=row.kind,
        filings=tuple(
            Filing(one["case"], None if one["parts"] is None else tuple(one["parts"]))
            for one in row.detail.get("filings", ())
        ),
        decided_at=row.decided_at,
        undo_until=row.undo_until,
        carried_at=row.carried_at,
        undone_at=row.undone_at,
        was_state=was["state"],
        was_reason=was["reason"],
        was_attempt=was["attempt"],
        was_told=was["told"],
    )

"""Due: the mails that are to go out, in their order, and what decides about each."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.letter import Proof
from portal.tables import confirmations, letters, outbox, packages

OPEN = (
    outbox.c.sent_at.is_(None),
    outbox.c.withdrawn_at.is_(None),
    outbox.c.failed_at.is_(None),
)
ASKS = sa.exists().where(
    confirmations.c.letter_id == outbox.c.letter_id, confirmations.c.asked_at.is_not(None)
)
WITH_LETTERS = outbox.outerjoin(letters, letters.c.id == outbox.c.letter_id).outerjoin(
    packages, packages.c.letter_id == letters.c.id
)
# How many mails about letters of the same turn are due before it: a firm's thousand receipts stand
# behind the first one of any other. What is about no letter is its recipient's. What could not be
# sent before comes behind what was not tried, among its own: it may be its own fault.
_OF_ITS_TURN = sa.func.row_number().over(
    partition_by=sa.func.coalesce(letters.c.turn, outbox.c.recipient),
    order_by=(outbox.c.tries, outbox.c.id),
)
DUE = (
    sa.select(
        outbox,
        *(letters.c.proof, letters.c.firm_id, letters.c.state),
        *(packages.c.urgent, packages.c.forwarded),
        ASKS.label("asks"),
    )
    .select_from(WITH_LETTERS)
    .where(*OPEN, outbox.c.digest_id.is_(None))
    .order_by(_OF_ITS_TURN, outbox.c.id)
)

_PROVEN = [proof.value for proof in Proof if proof.holds]


def is_nobodys(letter: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition on rows of `letters` that nobody known was proven to have sent."""
    its = packages.alias("its")
    passed_on = sa.exists().where(its.c.letter_id == letter.c.id, its.c.forwarded.is_not(None))
    of_no_firm = sa.and_(
        letter.c.firm_id.is_(None), letter.c.proof != Proof.ACCOUNT.value, ~passed_on
    )
    return sa.or_(of_no_firm, letter.c.proof.not_in(_PROVEN))


def tells_of_unproven(digest_id: sa.ColumnElement[int] | int) -> sa.ColumnElement[bool]:
    """Return the condition that one of a digest's letters is nobody's."""
    member, theirs = outbox.alias("member"), letters.alias("theirs")
    return sa.exists(
        sa.select(member.c.id)
        .join(theirs, theirs.c.id == member.c.letter_id)
        .where(member.c.digest_id == digest_id, is_nobodys(theirs))
    )


# Of a row of `outbox`, beside its letter where it is about one.
IS_PROVEN = sa.and_(
    sa.or_(outbox.c.letter_id.is_(None), ~is_nobodys(letters)), ~tells_of_unproven(outbox.c.id)
)

"""Rights: the one rule of who may see what, as a function and as the same rule in SQL.

Every page, download and search asks it. A test holds the two forms against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import sqlalchemy as sa

from portal.tables import accounts, cases, consultants, identifiers, letters, outbox, submissions

Role = Literal["consultant", "operations"]
# Of letters.proof: whoever sent it has not shown that they are who they say.
UNPROVEN = {"none", "failed"}
_ON_THIS_MACHINE = {"loopback", "operator"}


@dataclass(frozen=True)
class Viewer:
    """Somebody signed in, and the consultants whose packages are theirs today.

    `consultants` holds the viewer's own consultant and everyone whom the viewer covers today.
    """

    account_id: int
    name: str
    email: str
    role: Role
    consultants: frozenset[int]

    @property
    def works_in_operations(self) -> bool:
        """Whether the team's queue and the outbox are this viewer's business."""
        return self.role == "operations"


@dataclass(frozen=True)
class Filing:
    """What the rule needs to know of one submission of a letter."""

    consultant_id: int | None
    restricted: bool


def may_see(viewer: Viewer, filings: Iterable[Filing]) -> bool:
    """Decide whether a viewer may see a letter, given its submissions.

    A letter with a submission to a restricted case is for that case's consultant and cover alone;
    while it has no consultant, operations see it, or nobody ever would. Any other letter is seen by
    operations, held ones included, and by the consultant of one of its submissions and their cover.
    """
    filings = tuple(filings)
    if any(filing.restricted and not _is_open_to(viewer, filing) for filing in filings):
        return False
    return viewer.works_in_operations or any(
        filing.consultant_id in viewer.consultants for filing in filings
    )


def may_open(viewer: Viewer, filing: Filing) -> bool:
    """Decide whether a viewer, who may see a letter, opens a submission of it and may hand it on.

    Where a letter's documents went to several cases, each consultant sees those of their own.
    """
    if filing.restricted:
        return _is_open_to(viewer, filing)
    return viewer.works_in_operations or filing.consultant_id in viewer.consultants


def may_decide(viewer: Viewer, filings: Iterable[Filing]) -> bool:
    """Decide whether a viewer may decide about a letter that waits, given its submissions.

    Operations may, of every letter that they may see, and file it to any case, a restricted one as
    well: whoever finds out where a letter belongs is not kept from saying so.
    """
    return viewer.works_in_operations and may_see(viewer, filings)


def visible(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Return `may_see` as a condition on rows of `letters`.

    What is in another letter's package is seen by whoever sees that one.
    """
    of_letter = submissions.c.letter_id == sa.func.coalesce(letters.c.home_id, letters.c.id)
    mine = submissions.c.consultant_id.in_(sorted(viewer.consultants))
    # NULL IN (…) is NULL, not false: so the consultant that is missing is asked for by name.
    closed = sa.or_(
        sa.and_(submissions.c.consultant_id.is_not(None), sa.not_(mine)),
        sa.and_(
            submissions.c.consultant_id.is_(None),
            sa.literal(not viewer.works_in_operations),
        ),
    )
    no_restricted_one_is_closed = ~sa.exists().where(
        of_letter, cases.c.id == submissions.c.case_id, cases.c.restricted, closed
    )
    if viewer.works_in_operations:
        return no_restricted_one_is_closed
    return sa.and_(sa.exists().where(of_letter, mine), no_restricted_one_is_closed)


def is_told(address: str) -> sa.ColumnElement[bool]:
    """Return the condition on rows of `letters` and `outbox` that an address is told of a letter.

    Its receipt goes there (safety rule 4), so who reads its mail may open the sender's page. What
    the envelope says is not asked: whoever forges a From has an address of their own. Who reads a
    copy, a line of the daily list or a second question may where the address is, by its
    identifiers, that of the letter's firm. `address` is in lower case.
    """
    firms_own = sa.exists().where(
        identifiers.c.firm_id == letters.c.firm_id,
        sa.or_(
            sa.and_(identifiers.c.type == "mail_address", identifiers.c.value == address),
            sa.and_(
                identifiers.c.type == "mail_domain",
                identifiers.c.value == address.rpartition("@")[2],
            ),
        ),
    )
    return sa.and_(
        outbox.c.letter_id == letters.c.id,
        sa.or_(
            outbox.c.kind.in_(("receipt", "progress")),
            sa.and_(outbox.c.kind.in_(("receipt_copy", "listed", "second_question")), firms_own),
        ),
        sa.func.lower(outbox.c.recipient) == address,
    )


def is_private(proof: str, encrypted: bool | None) -> bool:
    """Decide whether the way back to a sender is closed to others, as far as we see.

    `encrypted` says whether our mails leave so; None that they leave into our own folder. That, and
    an operator's own screen, is the way back to whoever is on this machine, and to nobody else.
    """
    return proof in _ON_THIS_MACHINE if encrypted is None else encrypted


def may_read_details(firm_id: int | None, proof: str, encrypted: bool | None) -> bool:
    """Decide whether the sender's page of a letter names its files, or counts them.

    As receipts do (safety rule 4): of a firm that is known and proven, by a private way. The code
    that opens the page goes that way.
    """
    return firm_id is not None and proof not in UNPROVEN and is_private(proof, encrypted)


def viewer(connection: sa.Connection, account_id: int, today: date) -> Viewer:
    """Look up an account with the consultants whose packages are theirs on this day.

    `today` is a date of the office's time zone; the days of a cover count from the first to the
    last. An end that is not named is open. Raises sqlalchemy.exc.NoResultFound.
    """
    row = connection.execute(
        sa.select(
            accounts.c.name, accounts.c.email, accounts.c.role, accounts.c.consultant_id
        ).where(accounts.c.id == account_id)
    ).one()
    covered = connection.scalars(
        sa.select(consultants.c.id).where(
            sa.func.lower(consultants.c.cover_email) == row.email.lower(),
            sa.or_(consultants.c.cover_from.is_(None), consultants.c.cover_from <= today),
            sa.or_(consultants.c.cover_until.is_(None), consultants.c.cover_until >= today),
        )
    )
    own = () if row.consultant_id is None else (row.consultant_id,)
    return Viewer(
        account_id=account_id,
        name=row.name,
        email=row.email,
        role=row.role,
        consultants=frozenset((*own, *covered)),
    )


def _is_open_to(viewer: Viewer, filing: Filing) -> bool:
    if filing.consultant_id is None:
        return viewer.works_in_operations
    return filing.consultant_id in viewer.consultants

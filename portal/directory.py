"""The directory, as the road asks it: whose address this is, which case, and who may send to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.database import Database
from portal.firm_cases import contributes_on, holds_on
from portal.prepared import Prepared
from portal.rights import Viewer, viewer
from portal.stands_for import about
from portal.tables import (
    accounts,
    cases,
    consultants,
    contributors,
    firms,
    identifiers,
    letters,
    rights,
    submissions,
)

MAIL_ADDRESS = "mail_address"
MAIL_DOMAIN = "mail_domain"
_CONSULTANT = (
    consultants.c.id,
    consultants.c.name,
    consultants.c.email,
    consultants.c.cover_email,
    consultants.c.cover_from,
    consultants.c.cover_until,
)
# "mail_address" sorts before "mail_domain": the closer identity goes first.
_FIRM = (
    sa.select(firms.c.id, firms.c.name, identifiers.c.type)
    .join(identifiers, identifiers.c.firm_id == firms.c.id)
    .where(
        sa.or_(
            sa.and_(
                identifiers.c.type == MAIL_ADDRESS, identifiers.c.value == sa.bindparam("address")
            ),
            sa.and_(
                identifiers.c.type == MAIL_DOMAIN, identifiers.c.value == sa.bindparam("domain")
            ),
        )
    )
    .order_by(identifiers.c.type)
)
_FIRM_ID = Prepared(lambda: _FIRM.with_only_columns(firms.c.id))
_CASE = (
    sa.select(
        cases.c.id,
        cases.c.number,
        cases.c.state,
        cases.c.restricted,
        cases.c.consultant_id,
        *_CONSULTANT[1:],
    )
    .outerjoin(consultants, cases.c.consultant_id == consultants.c.id)
    .where(cases.c.number == sa.bindparam("wanted"))
)
_RIGHT = sa.select(rights.c.id).where(
    rights.c.firm_id == sa.bindparam("firm"),
    rights.c.case_id == sa.bindparam("case"),
    *holds_on(sa.bindparam("day", type_=sa.Date)),
)
_CONTRIBUTED = (
    sa.select(contributors.c.case_id)
    .where(*contributes_on(sa.bindparam("address"), sa.bindparam("day", type_=sa.Date)))
    .distinct()
)
_MEMBER = sa.select(accounts.c.id).where(sa.func.lower(accounts.c.email) == sa.bindparam("address"))
_EVERYBODY = sa.select(*_CONSULTANT).order_by(consultants.c.id)


@dataclass(frozen=True)
class Firm:
    """A firm that sends documents."""

    id: int
    name: str


@dataclass(frozen=True)
class Identified:
    """A firm, and by which kind of identifier an address is its own."""

    firm: Firm
    by: str  # MAIL_ADDRESS or MAIL_DOMAIN


@dataclass(frozen=True)
class Consultant:
    """A person of the claims desk."""

    id: int
    name: str
    email: str
    cover_email: str | None = None  # of who covers them, from the first day to the last
    cover_from: date | None = None
    cover_until: date | None = None

    def cover_on(self, day: date) -> str | None:
        """Return who covers them on a day; an end that is not named is open, as in rights.py."""
        begun = self.cover_from is None or self.cover_from <= day
        lasts = self.cover_until is None or self.cover_until >= day
        return self.cover_email if begun and lasts else None


@dataclass(frozen=True)
class AnsweredMail:
    """What a mail of ours was about that is answered: whose letter, and a case it was filed to."""

    firm_id: int | None
    number: str | None  # None where it was filed to none


@dataclass(frozen=True)
class Case:
    """A case, with its primary consultant where it has one."""

    id: int
    number: str
    closed: bool
    restricted: bool
    consultant: Consultant | None


def firm_id_of(connection: sa.Connection, address: str) -> int | None:
    """Return the id of an address's firm, as Directory.firm_of finds it. For each accept: cheap."""
    asked = {"address": address, "domain": address.rpartition("@")[2]}
    found = _FIRM_ID.first(connection, asked)
    return None if found is None else int(found[0])


def identified(connection: sa.Connection, address: str) -> Identified | None:
    """Return the firm of a mail address, as `Directory.firm_of` does, on a state that is read."""
    domain = address.rpartition("@")[2]
    rows = connection.execute(_FIRM, {"address": address, "domain": domain}).all()
    if not rows:
        return None
    firm = Firm(rows[0].id, rows[0].name)
    return Identified(firm, [row.type for row in rows if row.id == firm.id][-1])


@dataclass(frozen=True)
class Directory:
    """Questions to the directory, each on a snapshot of its own. Safe for threads."""

    database: Database

    def firm_of(self, address: str) -> Identified | None:
        """Return the firm of a mail address in canonical form: by the address, else by its domain.

        Where both are one firm's, the domain is what it was found by: whoever writes from there is
        of the firm. A domain stands for itself alone: `mail.bakerllp.example` is not
        `bakerllp.example`, since a sub-domain may be in other hands. The directory may name both.
        """
        with self.database.read() as connection:
            return identified(connection, address)

    def firm(self, firm_id: int) -> Firm | None:
        """Return the firm of this id."""
        with self.database.read() as connection:
            name = connection.scalar(sa.select(firms.c.name).where(firms.c.id == firm_id))
        return None if name is None else Firm(firm_id, name)

    def firm_named(self, name: str) -> int | None:
        """Return the id of the firm of this name."""
        with self.database.read() as connection:
            return connection.scalar(sa.select(firms.c.id).where(firms.c.name == name))

    def case(self, number: str) -> Case | None:
        """Return the case of a number in our form."""
        with self.database.read() as connection:
            row = connection.execute(_CASE, {"wanted": number}).one_or_none()
        if row is None:
            return None
        consultant = None
        if row.consultant_id is not None:
            consultant = Consultant(
                row.consultant_id,
                row.name,
                row.email,
                row.cover_email,
                row.cover_from,
                row.cover_until,
            )
        return Case(row.id, row.number, row.state == "closed", row.restricted, consultant)

    def has_right(self, firm_id: int, case_id: int, day: date) -> bool:
        """Say whether a firm may send to a case on a day; first and last day count."""
        asked = {"firm": firm_id, "case": case_id, "day": day}
        with self.database.read() as connection:
            return connection.execute(_RIGHT, asked).first() is not None

    def contributed(self, address: str, day: date) -> frozenset[int]:
        """Return the cases that a contributor's address may send to on a day, by their ids."""
        with self.database.read() as connection:
            asked = {"address": address, "day": day}
            return frozenset(connection.scalars(_CONTRIBUTED, asked))

    def member(self, address: str, day: date) -> Viewer | None:
        """Return who of the staff has this address, with the consultants who are theirs that day.

        `address` is in canonical form.
        """
        with self.database.read() as connection:
            account_id = connection.scalar(_MEMBER, {"address": address})
            return None if account_id is None else viewer(connection, account_id, day)

    def consultants(self) -> tuple[Consultant, ...]:
        """Return everybody of the claims desk: hundreds at most, by whom a letter may be meant."""
        with self.database.read() as connection:
            return tuple(Consultant(*row) for row in connection.execute(_EVERYBODY))

    def answered(self, message_ids: Collection[str]) -> tuple[AnsweredMail, ...]:
        """Return what these mails of ours were about, one for each case; nothing of unknown ones.

        `message_ids` are as the outbox holds them, without our domain.
        """
        if not message_ids:
            return ()
        mails = about(message_ids)
        query = (
            sa.select(letters.c.id, letters.c.firm_id, cases.c.number)
            .join(mails, mails.c.letter_id == letters.c.id)
            .outerjoin(submissions, submissions.c.letter_id == letters.c.id)
            .outerjoin(cases, submissions.c.case_id == cases.c.id)
            .order_by(letters.c.id, submissions.c.id)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(dict.fromkeys(AnsweredMail(row.firm_id, row.number) for row in rows))

"""The directory, as the road asks it: whose address this is, which case, and who may send to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from portal.database import Database
from portal.tables import cases, consultants, firms, identifiers, rights

MAIL_ADDRESS = "mail_address"
MAIL_DOMAIN = "mail_domain"


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


@dataclass(frozen=True)
class Case:
    """A case, with its primary consultant where it has one."""

    id: int
    number: str
    closed: bool
    restricted: bool
    consultant: Consultant | None


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
        domain = address.rpartition("@")[2]
        by_address = sa.and_(identifiers.c.type == MAIL_ADDRESS, identifiers.c.value == address)
        by_domain = sa.and_(identifiers.c.type == MAIL_DOMAIN, identifiers.c.value == domain)
        # "mail_address" sorts before "mail_domain": the closer identity goes first.
        query = (
            sa.select(firms.c.id, firms.c.name, identifiers.c.type)
            .join(identifiers, identifiers.c.firm_id == firms.c.id)
            .where(sa.or_(by_address, by_domain))
            .order_by(identifiers.c.type)
        )
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return None
        firm = Firm(rows[0].id, rows[0].name)
        return Identified(firm, [row.type for row in rows if row.id == firm.id][-1])

    def case(self, number: str) -> Case | None:
        """Return the case of a number in our form."""
        query = (
            sa.select(
                cases.c.id,
                cases.c.number,
                cases.c.state,
                cases.c.restricted,
                cases.c.consultant_id,
                consultants.c.name,
                consultants.c.email,
            )
            .outerjoin(consultants, cases.c.consultant_id == consultants.c.id)
            .where(cases.c.number == number)
        )
        with self.database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        consultant = None
        if row.consultant_id is not None:
            consultant = Consultant(row.consultant_id, row.name, row.email)
        return Case(row.id, row.number, row.state == "closed", row.restricted, consultant)

    def has_right(self, firm_id: int, case_id: int, day: date) -> bool:
        """Say whether a firm may send to a case on a day; first and last day count."""
        query = sa.select(rights.c.id).where(
            rights.c.firm_id == firm_id,
            rights.c.case_id == case_id,
            sa.or_(rights.c.starts.is_(None), rights.c.starts <= day),
            sa.or_(rights.c.ends.is_(None), rights.c.ends >= day),
        )
        with self.database.read() as connection:
            return connection.execute(query).first() is not None

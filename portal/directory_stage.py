"""The stage: what the lines of an export say, in temporary tables, and what they say of each other.

They are private to one connection: filling them keeps nobody from writing to the record. Questions
over whole files are the database's then, and memory holds one chunk of lines.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from portal.tables import cases, consultants, firms, offices

CHUNK = 500

Row = dict[str, Any]

_metadata = sa.MetaData()


def _table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    line = sa.Column("line", sa.Integer, primary_key=True)
    return sa.Table(f"staged_{name}", _metadata, line, *columns, prefixes=["TEMPORARY"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


staged_consultants = _table(
    "consultants",
    _text("email"),
    _text("name"),
    _text("cover_email"),
    sa.Column("cover_from", sa.Date),
    sa.Column("cover_until", sa.Date),
    sa.Index("ix_staged_consultants_email", "email"),
)
staged_claims = _table(
    "claims",
    _text("firm"),
    _text("office"),
    _text("type"),
    _text("value"),
    _text("copy_address"),
    _text("second_contact"),
    sa.Index("ix_staged_claims_firm", "firm"),
    sa.Index("ix_staged_claims_type_value", "type", "value"),
)
staged_cases = _table(
    "cases",
    _text("number"),
    _text("state"),
    _text("consultant_email"),
    sa.Column("restricted", sa.Boolean),
    sa.Index("ix_staged_cases_number", "number"),
)
staged_rights = _table(
    "rights",
    _text("firm"),
    _text("number"),
    sa.Column("starts", sa.Date),
    sa.Column("ends", sa.Date),
    sa.Index("ix_staged_rights_number_firm", "number", "firm"),
)
# The submissions that go along with a case to its new consultant, or stay as they were read.
staged_moves = _table(
    "moves",
    sa.Column("submission_id", sa.Integer),
    sa.Column("letter_id", sa.Integer),
    sa.Column("from_id", sa.Integer),
    sa.Column("to_id", sa.Integer),
    sa.Column("was_read", sa.Boolean),
)


def set_up(connection: sa.Connection) -> None:
    """Make the tables, for this connection alone."""
    _metadata.create_all(connection, checkfirst=False)


def clear(connection: sa.Connection) -> None:
    """Drop what there is of the tables: the connection is used again by others."""
    for table in _metadata.sorted_tables:
        connection.execute(sa.schema.DropTable(table, if_exists=True))


def fill(connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[int, Row]]) -> None:
    """Put rows in, each with the number of its line, a chunk at a time."""
    stream = iter(rows)
    while chunk := list(itertools.islice(stream, CHUNK)):
        connection.execute(table.insert(), [{"line": line, **row} for line, row in chunk])


def repeated(connection: sa.Connection, table: sa.Table, *key: str) -> Iterator[int]:
    """Return the lines whose key an earlier line of the file has already."""
    columns = [table.c[name] for name in key]
    nth = sa.func.row_number().over(partition_by=columns, order_by=table.c.line).label("nth")
    numbered = sa.select(table.c.line, nth).where(columns[0].is_not(None)).subquery()
    query = sa.select(numbered.c.line).where(numbered.c.nth > 1).order_by(numbered.c.line)
    yield from connection.scalars(query)


def contradicting(connection: sa.Connection, said: sa.Column[Any]) -> Iterator[int]:
    """Return the lines that say something else of a firm than its first one that says anything."""
    claims = staged_claims
    first = sa.func.first_value(said).over(partition_by=claims.c.firm, order_by=claims.c.line)
    beside = sa.select(claims.c.line, said.label("said"), first.label("first"))
    lines = beside.where(said.is_not(None)).subquery()
    query = sa.select(lines.c.line).where(lines.c.said != lines.c.first).order_by(lines.c.line)
    yield from connection.scalars(query)


def unknown(
    connection: sa.Connection, named: sa.Column[Any], staged: sa.Column[Any], kept: sa.Column[Any]
) -> Iterator[tuple[int, str]]:
    """Return line and name of what `named` names though neither files nor record have it."""
    line = named.table.c.line
    query = (
        sa.select(line, named)
        .where(
            named.is_not(None),
            ~sa.exists().where(staged == named).correlate(named.table),
            ~sa.exists().where(kept == named).correlate(named.table),
        )
        .order_by(line)
    )
    for row in connection.execute(query):
        yield row[0], row[1]


# -- what the tables are to say, as queries --------------------------------------------------------


def said_consultants() -> sa.Subquery:
    """Return rows for `consultants`."""
    table = staged_consultants
    return sa.select(*(column for column in table.c if column.name != "line")).subquery("said")


def said_firms() -> sa.Subquery:
    """Return rows for `firms`."""
    claims = staged_claims
    return (
        sa.select(
            claims.c.firm.label("name"),
            # Each is one address in all lines that have any, and NULL counts for nothing.
            sa.func.max(claims.c.copy_address).label("copy_address"),
            sa.func.max(claims.c.second_contact).label("second_contact"),
        )
        .group_by(claims.c.firm)
        .subquery("said")
    )


def said_offices() -> sa.Subquery:
    """Return rows for `offices`, once the firms are there."""
    return (
        sa.select(firms.c.id.label("firm_id"), staged_claims.c.office.label("name"))
        .join(firms, firms.c.name == staged_claims.c.firm)
        .where(staged_claims.c.office.is_not(None))
        .distinct()
        .subquery("said")
    )


def said_identifiers() -> sa.Subquery:
    """Return rows for `identifiers`, once firms and offices are there."""
    claims = staged_claims
    here = sa.and_(offices.c.firm_id == firms.c.id, offices.c.name == claims.c.office)
    return (
        sa.select(
            firms.c.id.label("firm_id"), offices.c.id.label("office_id"), claims.c.type,
            claims.c.value,
        )
        .select_from(
            claims.join(firms, firms.c.name == claims.c.firm).outerjoin(offices, here)
        )
        .where(claims.c.type.is_not(None))
        .subquery("said")
    )  # fmt: skip


def said_cases() -> sa.Subquery:
    """Return rows for `cases`, once the consultants are there."""
    table = staged_cases
    return (
        sa.select(
            table.c.number,
            table.c.state,
            consultants.c.id.label("consultant_id"),
            table.c.restricted,
        )
        .select_from(table.outerjoin(consultants, consultants.c.email == table.c.consultant_email))
        .subquery("said")
    )


def said_rights() -> sa.Subquery:
    """Return rows for `rights`, once firms and cases are there."""
    table = staged_rights
    return (
        sa.select(
            firms.c.id.label("firm_id"), cases.c.id.label("case_id"), table.c.starts, table.c.ends
        )
        .join(firms, firms.c.name == table.c.firm)
        .join(cases, cases.c.number == table.c.number)
        .subquery("said")
    )

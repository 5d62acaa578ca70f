"""Columns: how the record names and types them, and the list that every table is on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from portal.database import UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key() -> sa.Column[int]:
    """Make the number of a row."""
    return sa.Column("id", sa.Integer, primary_key=True)


def to(target: str, *, null: bool = False) -> sa.Column[Any]:
    """Make a reference to a row of another table."""
    name = target.partition(".")[0]
    column = name.removesuffix("s") + "_id"
    return sa.Column(column, sa.ForeignKey(target), nullable=null, index=True)


def text(name: str, *, null: bool = False, unique: bool = False) -> sa.Column[str]:
    """Make a column of text."""
    return sa.Column(name, sa.Text, nullable=null, unique=unique)


def number(name: str, *, null: bool = False) -> sa.Column[int]:
    """Make a column of whole numbers up to 2^63 - 1."""
    return sa.Column(name, sa.BigInteger, nullable=null)


def moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    """Make a column of moments in UTC."""
    return sa.Column(name, UtcDateTime, nullable=null)

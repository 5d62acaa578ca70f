"""Describe: the rows of a letter's parts, written by its first attempt and brought up to date by
every later one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.road.package import Fate, Package, Part
from portal import hiding
from portal.prepared import Prepared
from portal.tables import parts

KEPT = {Fate.FILED, Fate.CONVERTED, Fate.HELD}
_OF_LETTER = parts.c.letter_id == sa.bindparam("letter")
_THERE = sa.select(parts.c.id, parts.c.path, parts.c.rendition_id).where(_OF_LETTER)
_UNNAMED = parts.update().where(_OF_LETTER).values(filed_name=None)
_INSERT = Prepared(lambda: parts.insert().returning(parts.c.id))


@dataclass(frozen=True)
class Described:
    """What was written: the rows' ids by path, and the paths of the parts with a new PDF."""

    ids: dict[str, int]
    converted: frozenset[str]


def is_stored(part: Part) -> bool:
    """Say whether the vault holds the part beside the raw letter."""
    return part.fate in KEPT and part.reason != "narrative"


def describe_parts(connection: sa.Connection, package: Package, letter_id: int) -> Described:
    """Write a row for each part, in the caller's transaction.

    A part keeps the row that an earlier attempt gave it, by its path: the audit trail names who
    viewed and downloaded it by that row's id. Rows of parts that are not there any more go.
    """
    before = {row.path: row for row in connection.execute(_THERE, {"letter": letter_id})}
    if before:  # two parts may change names with each other, which are unique at every moment
        connection.execute(_UNNAMED, {"letter": letter_id})
    ids: dict[str, int] = {}
    converted: set[str] = set()
    for position, part in enumerate(package.parts, 1):
        row = _row(part, position)
        there = before.pop(part.path, None)
        if there is None:
            inserted = _INSERT.run(connection, {"letter_id": letter_id, **row})
            ids[part.path] = inserted.scalar_one()
        else:
            connection.execute(parts.update().where(parts.c.id == there.id).values(**row))
            ids[part.path] = there.id
        made = row["rendition_id"]
        if made is not None and (there is None or there.rendition_id != made):
            converted.add(part.path)
    if before:
        gone = [row.id for row in before.values()]
        hiding.part_with(connection, letter_id, gone)
        connection.execute(parts.delete().where(parts.c.id.in_(gone)))
    return Described(ids, frozenset(converted))


def _row(part: Part, position: int) -> dict[str, Any]:
    assert part.fate is not None, "every part has its fate by now"
    return {
        "position": position,
        "path": part.path,
        "container": part.container,
        "original_name": part.original_name,
        "filed_name": part.filed_name,
        "declared_type": part.declared_type,
        "detected_type": part.detected_type,
        "bytes": part.bytes,
        "sha256": part.sha256,
        "pages": part.pages,
        "stored": is_stored(part),
        "fate": part.fate.value,
        "reason": part.reason,
        "document_type": part.document_type,
        "description": part.description,
        "remarks": list(part.remarks),
        "scan": part.scan,
        "rendition_id": part.pdf.rendition_id if part.pdf else None,
    }

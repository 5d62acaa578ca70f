"""Submit: the rows of a package's submissions, and of the documents in each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from gateway.road.linked import linked
from gateway.road.package import Filing, Package
from portal.prepared import Prepared
from portal.tables import documents, submissions

_SUBMISSION = Prepared(lambda: submissions.insert().returning(submissions.c.id))
_DOCUMENT = Prepared(documents.insert)


def submit(
    connection: sa.Connection,
    package: Package,
    filing: Filing,
    *,
    letter_id: int,
    part_ids: Mapping[str, int],
    decision_id: int | None,
    now: datetime,
) -> None:
    """Write what a package becomes in one case, within the caller's transaction.

    `part_ids` are the rows of its parts by their paths.
    """
    for one in linked(package, filing):
        submission = {
            "letter_id": letter_id,
            "case_id": filing.case_id,
            "sequence": one.number,
            "consultant_id": filing.consultant_id,
            "narrative": one.narrative(package),
            "filed_at": now,
            "decision_id": decision_id,
        }
        submission_id = _SUBMISSION.run(connection, submission).scalar_one()
        for position, part in enumerate(one.documents, 1):
            document = {
                "submission_id": submission_id,
                "part_id": part_ids[part.path],
                "position": position,
                "document_type": part.document_type,
                "description": part.description,
            }
            _DOCUMENT.run(connection, document)

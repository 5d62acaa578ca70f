"""Closing: what did not reach us has come meanwhile, or a person says that nothing more will.

A letter is filed except some as long as documents that it speaks of are elsewhere. That ends when
its sender answers our receipt with as many of them, or when a person closes it; a person may open
it again. What was held, refused or empty is another matter, and no pressing ends that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from portal import events
from portal.absent import PROBLEMS, absent
from portal.dossier import Dossier
from portal.missing import is_missing
from portal.rights import Filing, Viewer, may_open
from portal.stands_for import about
from portal.tables import letters, packages, parts, submissions, upload_links


class NotClosable(Exception):
    """The letter is not as the page had said: it is closed, open or decided anew by now."""


def may_close(viewer: Viewer, dossier: Dossier) -> bool:
    """Decide whether a viewer, who may see a letter, may say that nothing more of it will come."""
    return _waits(dossier) and _is_theirs(viewer, dossier)


def may_reopen(viewer: Viewer, dossier: Dossier) -> bool:
    """Decide whether a viewer may say that documents of a letter are missing after all."""
    return dossier.state == "filed" and _lacks(dossier) > 0 and _is_theirs(viewer, dossier)


def close(connection: sa.Connection, viewer: Viewer, dossier: Dossier, *, now: datetime) -> None:
    """Close a letter, in the caller's transaction. Raises NotClosable."""
    if not may_close(viewer, dossier):
        raise NotClosable
    actor = events.account(viewer.account_id)
    if not _move(connection, dossier.letter_id, "filed_in_part", "filed", None, now):
        raise NotClosable
    _note(connection, dossier.letter_id, actor, events.CLOSED, {}, now)


def reopen(connection: sa.Connection, viewer: Viewer, dossier: Dossier, *, now: datetime) -> None:
    """Take back that a letter was closed, in the caller's transaction. Raises NotClosable."""
    if not may_reopen(viewer, dossier):
        raise NotClosable
    problems = dossier.contents.problems if dossier.contents else ()
    reason = next(one["code"] for one in problems if one["code"] in PROBLEMS)
    if not _move(connection, dossier.letter_id, "filed", "filed_in_part", reason, now):
        raise NotClosable
    actor = events.account(viewer.account_id)
    _note(connection, dossier.letter_id, actor, events.REOPENED, {}, now)


def arrived(
    connection: sa.Connection,
    answered: Collection[str],
    *,
    letter_id: int,
    documents: int,
    home_id: int | None = None,
    now: datetime,
) -> None:
    """Close the letters that a filed letter completes, where it brings what they lack.

    It answers a mail about them, or was sent by an upload link of theirs. `answered` are
    Message-IDs as the outbox holds them; `documents` counts what it brings, without what came in
    the place of a part that had failed. One that joined another's package is filed where that one,
    `home_id`, is. Only a letter of the same firm and filed to one of the same cases is closed, and
    only by as many documents as did not reach us: with fewer a person looks.
    """
    if not documents:
        return
    filed_in = letter_id if home_id is None else home_id
    here = sa.select(submissions.c.case_id).where(submissions.c.letter_id == filed_in)
    firm = sa.select(letters.c.firm_id).where(letters.c.id == letter_id).scalar_subquery()
    missed = sa.exists().where(parts.c.letter_id == letters.c.id, is_missing())
    rows = connection.execute(
        sa.select(letters.c.id, packages.c.problems)
        .join(packages, packages.c.letter_id == letters.c.id)
        .where(
            letters.c.id != letter_id,
            letters.c.state == "filed_in_part",
            letters.c.firm_id == firm,
            sa.or_(
                letters.c.id.in_(sa.select(about(answered).c.letter_id)),
                letters.c.id.in_(
                    sa.select(upload_links.c.letter_id).where(
                        upload_links.c.used_by_id == letter_id
                    )
                ),
            ),
            letters.c.id.in_(
                sa.select(submissions.c.letter_id).where(submissions.c.case_id.in_(here))
            ),
            ~missed,
        )
    ).all()
    for row in rows:
        enough = 0 < absent(row.problems) <= documents
        if enough and _move(connection, row.id, "filed_in_part", "filed", None, now):
            detail = {"letter": letter_id}
            _note(connection, row.id, events.GATEWAY, events.ARRIVED, detail, now)


def _lacks(dossier: Dossier) -> int:
    return absent(dossier.contents.problems if dossier.contents else ())


def _waits(dossier: Dossier) -> bool:
    lacks = _lacks(dossier)
    return dossier.state == "filed_in_part" and 0 < lacks == dossier.missing


def _is_theirs(viewer: Viewer, dossier: Dossier) -> bool:
    return any(
        may_open(viewer, Filing(one.consultant_id, one.restricted)) for one in dossier.submissions
    )


def _move(
    connection: sa.Connection,
    letter_id: int,
    before: str,
    state: str,
    reason: str | None,
    now: datetime,
) -> bool:
    moved = connection.execute(
        letters.update()
        .where(letters.c.id == letter_id, letters.c.state == before)
        .values(state=state, reason=reason, state_since=now)
    )
    return moved.rowcount == 1


def _note(
    connection: sa.Connection,
    letter_id: int,
    actor: str,
    kind: str,
    detail: dict[str, int],
    now: datetime,
) -> None:
    events.record(connection, letter_id=letter_id, actor=actor, kind=kind, detail=detail, at=now)

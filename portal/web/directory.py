"""The directory's imports, for operations: what each changed, or what must be corrected first."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from portal import events
from portal.directory_runs import runs
from portal.dossier import NotThere
from portal.web.desk import AtDesk
from portal.web.found import refuse
from portal.web.visitor import SignedIn

router = APIRouter()

_RUNS = 30


@router.get("/directory")
def directory(desk: AtDesk, visitor: SignedIn) -> Response:
    """Show the last imports. Rejected lines quote the insurer's files, so looking is recorded."""
    if not visitor.viewer.works_in_operations:
        refuse(desk, visitor, None)
        raise NotThere
    with desk.database.write() as connection:
        shown = runs(connection, _RUNS)
        events.record(
            connection,
            letter_id=None,
            actor=visitor.actor,
            kind=events.DIRECTORY_VIEWED,
            detail={},
            at=desk.clock(),
        )
    return desk.pages.render("directory.html", visitor=visitor, runs=shown)

"""The runs of the directory import: each leaves a row, for operations to see what became of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from portal import directory_export as export
from portal.database import Database
from portal.directory_import import Terms, import_directory
from portal.directory_report import Rejected, Report
from portal.tables import directory_runs

Source = Literal["command", "watched", "scheduled"]

_MOST_SHOWN = 100  # rejected lines that a row keeps
_DONE = ("loaded", "unchanged")


@dataclass(frozen=True)
class Run:
    """One time that the directory was loaded, or could not be."""

    id: int
    source: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    rejections: int
    detail: Mapping[str, Any]

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """The first rejected lines."""
        return tuple(Rejected(**one) for one in self.detail.get("rejected", ()))


def run(
    database: Database,
    folder: Path,
    case_number: Callable[[str], str | None],
    *,
    source: Source,
    clock: Callable[[], datetime],
    terms: Terms,
) -> Report:
    """Import a folder, and write what became of it: with the directory itself where it is loaded.

    A dry run leaves no row. What else goes wrong is written as `failed`, and raised.
    """
    started = clock()

    def row(
        outcome: str, fingerprint: str, rejections: int, detail: Mapping[str, Any]
    ) -> sa.Insert:
        return directory_runs.insert().values(
            source=source,
            fingerprint=fingerprint,
            started_at=started,
            ended_at=clock(),
            outcome=outcome,
            rejections=rejections,
            detail=dict(detail),
        )

    def also(connection: sa.Connection, report: Report) -> None:
        outcome = "loaded" if report.changed else "unchanged"
        connection.execute(row(outcome, report.fingerprint, 0, _detail(report)))

    terms = dataclasses.replace(terms, now=started, also=also)
    try:
        report = import_directory(database, folder, case_number, terms)
    except Exception as fault:
        with database.write() as connection:
            fields = {"fault": type(fault).__name__}
            connection.execute(row("failed", export.fingerprint(folder), 0, fields))
        raise
    if report.rejections and not terms.dry_run:
        with database.write() as connection:
            fields = _detail(report)
            connection.execute(row("rejected", report.fingerprint, report.rejections, fields))
    return report


def note_unchanged(
    connection: sa.Connection, *, source: Source, fingerprint: str, now: datetime
) -> None:
    """Write that an export came whose very bytes are loaded already."""
    connection.execute(
        directory_runs.insert().values(
            source=source,
            fingerprint=fingerprint,
            started_at=now,
            ended_at=now,
            outcome="unchanged",
            rejections=0,
            detail={},
        )
    )


def runs(connection: sa.Connection, most: int) -> tuple[Run, ...]:
    """Return the last runs, the newest first."""
    query = sa.select(
        directory_runs.c.id,
        directory_runs.c.source,
        directory_runs.c.started_at,
        directory_runs.c.ended_at,
        directory_runs.c.outcome,
        directory_runs.c.rejections,
        directory_runs.c.detail,
    ).order_by(directory_runs.c.id.desc())
    return tuple(Run(*row) for row in connection.execute(query.limit(most)))


def is_loaded(connection: sa.Connection, fingerprint: str) -> bool:
    """Say whether these bytes are what was loaded last, by anybody or from the watched folder.

    Only the last ones: an older export that comes again is to be loaded again.
    """
    last = sa.select(directory_runs.c.fingerprint).where(directory_runs.c.outcome.in_(_DONE))
    last = last.order_by(directory_runs.c.id.desc()).limit(1)
    watched = last.where(directory_runs.c.source != "command")
    return fingerprint in {connection.scalar(last), connection.scalar(watched)}


def last_done(connection: sa.Connection, source: Source | None = None) -> datetime | None:
    """Return when the directory was last found to be as the insurer's system has it."""
    query = sa.select(directory_runs.c.started_at).where(directory_runs.c.outcome.in_(_DONE))
    if source is not None:
        query = query.where(directory_runs.c.source == source)
    return connection.scalar(query.order_by(directory_runs.c.id.desc()).limit(1))


def figures(connection: sa.Connection, now: datetime) -> dict[str, float]:
    """Return the metrics: the age of the directory, and whether its last import was refused."""
    found: dict[str, float] = {}
    done = last_done(connection)
    if done is not None:
        found["casebridge_directory_loaded_age_seconds"] = (now - done).total_seconds()
    last = runs(connection, 1)
    if last:
        found["casebridge_directory_failing"] = float(last[0].outcome not in _DONE)
        found["casebridge_directory_rejections"] = float(last[0].rejections)
    return found


def _detail(report: Report) -> dict[str, Any]:
    said = report.as_dict()
    return {
        "counts": said["counts"],
        "packages": said["packages"],
        "rejected": said["rejected"][:_MOST_SHOWN],
    }

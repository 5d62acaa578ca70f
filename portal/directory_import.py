"""The directory import: a folder of four CSV files becomes the directory, whole or not at all.

Cases, consultants and firms that are not in the files stay, since packages may hang on them. Rights
and identifiers are what the files say and nothing more: one that is missing is taken away, so that
nobody keeps what the insurer's system has ended. Where one line is rejected nothing is loaded: half
a directory would send letters astray without a word.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from portal import directory_export as export
from portal import directory_stage as stage
from portal.database import Database
from portal.directory_follow import follow
from portal.directory_reading import Reading
from portal.directory_report import Progress, Rejected, Report
from portal.merge import Counts, merge
from portal.tables import cases, consultants, firms, identifiers, offices, rights

_MOST_KEPT = 1_000


@dataclass(frozen=True)
class Terms:
    """How an import is done.

    `most_removed_percent` of the rights, and of the identifiers, may go by one import; None is any
    number. `told` is handed each rejected line as it is found, `progress` how far the files were
    read. `also` writes what belongs to a loaded directory, in its transaction.
    """

    now: datetime | None = None
    most_removed_percent: int | None = None
    dry_run: bool = False
    told: Callable[[Rejected], None] = lambda _: None
    progress: Callable[[Progress], None] = lambda _: None
    also: Callable[[sa.Connection, Report], None] = lambda _connection, _report: None


def import_directory(
    database: Database,
    folder: Path,
    case_number: Callable[[str], str | None] = str.strip,
    terms: Terms | None = None,
) -> Report:
    """Load consultants.csv, firms.csv, cases.csv and rights.csv, in one transaction.

    `case_number` brings a case number into our form, or returns None for what has not its shape.
    Loading the same files again changes nothing. The files are streamed and checked before the
    record is locked. Where a case's consultant changes, their unread packages of it go along.
    """
    run = _Import(folder, case_number, terms or Terms())
    with database.aside() as connection:
        try:
            stage.set_up(connection)
            run.read(connection)
            connection.commit()
            return run.load(database, connection)
        finally:
            connection.rollback()
            stage.clear(connection)
            connection.commit()


class _NotToBe(Exception):
    """Rolls the transaction back: a line cannot be loaded, or it was to be dry."""


@dataclass
class _Import:
    folder: Path
    case_number: Callable[[str], str | None]
    terms: Terms
    kept: list[Rejected] = field(default_factory=list)
    rejections: int = 0
    fingerprint: str = ""

    def read(self, connection: sa.Connection) -> None:
        """Bring what the files say onto the stage."""
        self.fingerprint = export.fingerprint(self.folder)
        reading = Reading(self.folder, self.case_number, self._reject, self.terms.progress)
        for file, table in (
            (export.CONSULTANTS, stage.staged_consultants),
            (export.FIRMS, stage.staged_claims),
            (export.CASES, stage.staged_cases),
            (export.RIGHTS, stage.staged_rights),
        ):
            stage.fill(connection, table, reading.rows(file))
        if export.fingerprint(self.folder) != self.fingerprint:
            self._reject("", 0, "import it again: the files changed while they were read")

    def load(self, database: Database, connection: sa.Connection) -> Report:
        """Hold the lines against each other and the record, and bring the record to what they say.

        All of it on one state of the record, so nothing changes between the check and the change.
        """
        now = self.terms.now or datetime.now(UTC)
        report: Report | None = None
        with contextlib.suppress(_NotToBe), database.write_on(connection):
            self._check(connection)
            self._end_if(rejected=True)
            report = self._change(connection, now)
            self._guard(connection, report.counts)
            self._end_if(rejected=True, dry=True)
            self.terms.also(connection, report)
        if report is None or self.rejections:
            kept = tuple(sorted(self.kept, key=_place))
            return Report({}, kept, self.rejections, fingerprint=self.fingerprint)
        return report

    def _end_if(self, *, rejected: bool, dry: bool = False) -> None:
        if (rejected and self.rejections) or (dry and self.terms.dry_run):
            raise _NotToBe

    def _change(self, connection: sa.Connection, now: datetime) -> Report:
        """Bring the tables to what the stage says, in the order in which they name each other."""

        def to_be(
            table: sa.Table, key: tuple[str, ...], said: sa.Subquery, *, whole: bool = False
        ) -> None:
            counts[table.name] = merge(connection, table, key, said, remove_the_rest=whole)

        counts: dict[str, Counts] = {}
        to_be(consultants, ("email",), stage.said_consultants())
        to_be(firms, ("name",), stage.said_firms())
        to_be(offices, ("firm_id", "name"), stage.said_offices())
        to_be(identifiers, ("type", "value"), stage.said_identifiers(), whole=True)
        followed = follow(connection, now)
        to_be(cases, ("number",), stage.said_cases())
        to_be(rights, ("firm_id", "case_id"), stage.said_rights(), whole=True)
        return Report(counts, (), 0, followed, self.fingerprint, dry_run=self.terms.dry_run)

    def _check(self, connection: sa.Connection) -> None:
        """Reject what says a thing twice, and what names a thing that is nowhere."""
        for file, table, key in (
            (export.CONSULTANTS, stage.staged_consultants, ("email",)),
            (export.FIRMS, stage.staged_claims, ("type", "value")),
            (export.CASES, stage.staged_cases, ("number",)),
            (export.RIGHTS, stage.staged_rights, ("number", "firm")),
        ):
            for line in stage.repeated(connection, table, *key):
                fix = "remove this line or the earlier one that speaks of the same"
                self._reject(file, line, fix)
        for said in (stage.staged_claims.c.copy_address, stage.staged_claims.c.second_contact):
            for line in stage.contradicting(connection, said):
                fix = f"write the same {said.name} in each line of a firm, or in one of them alone"
                self._reject(export.FIRMS, line, fix)
        emails, firm_names = stage.staged_consultants.c.email, stage.staged_claims.c.firm
        numbers, named = stage.staged_cases.c.number, stage.staged_cases.c.consultant_email
        for line, email in stage.unknown(connection, named, emails, consultants.c.email):
            fix = f"add {email!r} to consultants.csv, or leave consultant_email empty"
            self._reject(export.CASES, line, fix)
        nowhere = set()
        of_right = stage.staged_rights.c
        for line, firm in stage.unknown(connection, of_right.firm, firm_names, firms.c.name):
            nowhere.add(line)
            self._reject(export.RIGHTS, line, f"add {firm!r} to firms.csv")
        for line, number in stage.unknown(connection, of_right.number, numbers, cases.c.number):
            if line not in nowhere:
                self._reject(export.RIGHTS, line, f"add {number!r} to cases.csv")

    def _guard(self, connection: sa.Connection, counts: dict[str, Counts]) -> None:
        """Reject what takes away so much that it is rather an export that broke off."""
        most = self.terms.most_removed_percent
        if most is None:
            return
        meant = "where that is meant, import it with --allow-removals"
        for table, file in (
            (consultants, export.CONSULTANTS),
            (firms, export.FIRMS),
            (cases, export.CASES),
        ):
            one = counts[table.name]
            named = one.added + one.changed + one.unchanged
            if not named and connection.execute(sa.select(table.c.id).limit(1)).first():
                self._reject(file, 0, f"export it again, there is no line in it; {meant}")
        for noun, file in (("identifiers", export.FIRMS), ("rights", export.RIGHTS)):
            one = counts[noun]
            were = one.changed + one.unchanged + one.removed
            if one.removed * 100 > most * were:
                self._reject(
                    file,
                    0,
                    f"look whether the export broke off: it takes away {one.removed:,} of"
                    f" {were:,} {noun} (at most {most} % by directory.max_removed_percent);"
                    f" {meant}",
                )

    def _reject(self, file: str, line: int, fix: str) -> None:
        self.rejections += 1
        rejected = Rejected(file, line, fix)
        self.terms.told(rejected)
        if len(self.kept) < _MOST_KEPT:
            self.kept.append(rejected)


def _place(rejected: Rejected) -> tuple[int, int]:
    """Order the rejected lines as the files name each other: a fault before what it brings."""
    file = rejected.file
    return export.FILES.index(file) if file in export.FILES else -1, rejected.line

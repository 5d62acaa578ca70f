"""The directory import: a folder of four CSV files becomes the directory, whole or not at all.

Cases, consultants and firms that are not in the files stay, since packages may hang on them. Rights
and identifiers are what the files say and nothing more: one that is missing is taken away, so that
nobody keeps what the insurer's system has ended. Where one line is rejected nothing is loaded: half
a directory would send letters astray without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from portal import directory_file as csv_file
from portal.database import Database
from portal.directory_file import Line, Rejection
from portal.directory_report import Rejected, Report
from portal.merge import Counts, Row, chunks, merge
from portal.tables import cases, consultants, firms, identifiers, offices, rights

_CONSULTANTS = ("email", "name", "cover_email", "cover_from", "cover_until")
_FIRMS = ("firm", "office", "identifier_type", "identifier")
_CASES = ("number", "state", "consultant_email", "restricted")
_RIGHTS = ("firm", "case_number", "from", "until")
_MOST_TOLD = 1_000

_Checked = TypeVar("_Checked")


def import_directory(
    database: Database, folder: Path, case_number: Callable[[str], str | None] = str.strip
) -> Report:
    """Load consultants.csv, firms.csv, cases.csv and rights.csv, in one transaction.

    `case_number` brings a case number into our form, or returns None for what has not its shape.
    Loading the same files again changes nothing. Cases and rights are streamed.
    """
    run = _Import(folder, case_number)
    try:
        with database.write() as connection:
            counts = run.load(connection)
    except _LinesRejected:
        counts = {}
    return Report(counts, tuple(run.rejected), run.rejections)


class _LinesRejected(Exception):
    """Some line cannot be loaded. Rolls the transaction back: nothing is half loaded."""


@dataclass(frozen=True)
class _Claim:
    """What a line of firms.csv says."""

    firm: str
    office: str
    identifier: tuple[str, str] | None


@dataclass
class _Import:
    folder: Path
    case_number: Callable[[str], str | None]
    rejected: list[Rejected] = field(default_factory=list)
    rejections: int = 0

    def load(self, connection: sa.Connection) -> dict[str, Counts]:
        """Load the four files, in the order in which they name each other.

        Raises _LinesRejected at the end, so that every line is looked at.
        """
        counts = {
            "consultants": merge(
                connection,
                consultants,
                ("email",),
                self._checked("consultants.csv", _CONSULTANTS, _consultant),
                self._twice("consultants.csv"),
            )
        }
        counts.update(self._firms(connection))
        emails = _ids(connection, consultants.c.email)
        counts["cases"] = merge(
            connection,
            cases,
            ("number",),
            self._checked("cases.csv", _CASES, lambda line: self._case(line, emails)),
            self._twice("cases.csv"),
        )
        counts["rights"] = merge(
            connection,
            rights,
            ("firm_id", "case_id"),
            self._rights(connection),
            self._twice("rights.csv"),
            remove_the_rest=True,
        )
        if self.rejections:
            raise _LinesRejected
        return counts

    def _firms(self, connection: sa.Connection) -> dict[str, Counts]:
        # Firms are few, and a line says three things: a firm, an office of it, an identifier.
        claims = list(self._checked("firms.csv", _FIRMS, _claim))
        twice = self._twice("firms.csv")
        names = dict.fromkeys(claim.firm for _, claim in claims)
        firm_counts = merge(
            connection, firms, ("name",), ((0, {"name": name}) for name in names), twice
        )
        ids = _ids(connection, firms.c.name)
        places = dict.fromkeys((ids[one.firm], one.office) for _, one in claims if one.office)
        office_counts = merge(
            connection,
            offices,
            ("firm_id", "name"),
            ((0, {"firm_id": firm_id, "name": name}) for firm_id, name in places),
            twice,
        )
        query = sa.select(offices.c.firm_id, offices.c.name, offices.c.id)
        office_ids = {(row.firm_id, row.name): row.id for row in connection.execute(query)}
        named = (
            (
                number,
                {
                    "firm_id": ids[claim.firm],
                    "office_id": office_ids.get((ids[claim.firm], claim.office)),
                    "type": claim.identifier[0],
                    "value": claim.identifier[1],
                },
            )
            for number, claim in claims
            if claim.identifier is not None
        )
        identifier_counts = merge(
            connection, identifiers, ("type", "value"), named, twice, remove_the_rest=True
        )
        return {"firms": firm_counts, "offices": office_counts, "identifiers": identifier_counts}

    def _case(self, line: Line, consultant_ids: dict[str, int]) -> Row:
        written, state = csv_file.needed(line, "number"), line.fields["state"].casefold()
        number = self.case_number(written)
        if number is None:
            raise Rejection(f"correct number {written!r}, or cases.pattern of the settings")
        if state not in {"open", "closed"}:
            raise Rejection("write state as open or closed")
        email = line.fields["consultant_email"]
        consultant_id = consultant_ids.get(csv_file.mail_address(email)) if email else None
        if email and consultant_id is None:
            raise Rejection(f"add {email!r} to consultants.csv, or leave consultant_email empty")
        return {
            "number": number,
            "state": state,
            "consultant_id": consultant_id,
            "restricted": csv_file.is_yes(line, "restricted"),
        }

    def _rights(self, connection: sa.Connection) -> Iterator[tuple[int, Row]]:
        firm_ids = _ids(connection, firms.c.name)
        for chunk in chunks(self._checked("rights.csv", _RIGHTS, self._right)):
            numbers = {right["number"] for _, right in chunk}
            query = sa.select(cases.c.number, cases.c.id).where(cases.c.number.in_(numbers))
            case_ids = {row.number: row.id for row in connection.execute(query)}
            for line, right in chunk:
                firm_id, case_id = firm_ids.get(right["firm"]), case_ids.get(right["number"])
                if firm_id is None:
                    self._reject("rights.csv", line, f"add {right['firm']!r} to firms.csv")
                elif case_id is None:
                    self._reject("rights.csv", line, f"add {right['number']!r} to cases.csv")
                else:
                    yield (
                        line,
                        {
                            "firm_id": firm_id,
                            "case_id": case_id,
                            "starts": right["starts"],
                            "ends": right["ends"],
                        },
                    )

    def _right(self, line: Line) -> Row:
        written = csv_file.needed(line, "case_number")
        starts, ends = csv_file.span(line, "from", "until")
        number = self.case_number(written)
        if number is None:
            raise Rejection(f"correct case_number {written!r}")
        return {
            "firm": csv_file.needed(line, "firm"),
            "number": number,
            "starts": starts,
            "ends": ends,
        }

    def _checked(
        self, file: str, columns: tuple[str, ...], check: Callable[[Line], _Checked]
    ) -> Iterator[tuple[int, _Checked]]:
        """Read a file, and pass on what `check` makes of its lines. The rest is rejected."""
        records = csv_file.lines(
            self.folder / file, columns, lambda line, fix: self._reject(file, line, fix)
        )
        try:
            for line in records:
                try:
                    yield line.number, check(line)
                except Rejection as rejection:
                    self._reject(file, line.number, rejection.fix)
        except Rejection as rejection:
            self._reject(file, rejection.line or 0, rejection.fix)

    def _twice(self, file: str) -> Callable[[int], None]:
        fix = "remove this line or the earlier one that speaks of the same"
        return lambda line: self._reject(file, line, fix)

    def _reject(self, file: str, line: int, fix: str) -> None:
        self.rejections += 1
        if len(self.rejected) < _MOST_TOLD:
            self.rejected.append(Rejected(file, line, fix))


def _ids(connection: sa.Connection, column: sa.Column[Any]) -> dict[str, int]:
    query = sa.select(column, column.table.c.id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _consultant(line: Line) -> Row:
    starts, ends = csv_file.span(line, "cover_from", "cover_until")
    cover = line.fields["cover_email"]
    if not cover and (starts or ends):
        raise Rejection("fill in cover_email, or leave its dates empty")
    return {
        "email": csv_file.mail_address(csv_file.needed(line, "email")),
        "name": csv_file.needed(line, "name"),
        "cover_email": csv_file.mail_address(cover) if cover else None,
        "cover_from": starts,
        "cover_until": ends,
    }


def _claim(line: Line) -> _Claim:
    kind, value = line.fields["identifier_type"], line.fields["identifier"]
    if bool(kind) != bool(value):
        raise Rejection("fill in both identifier_type and identifier, or neither")
    return _Claim(
        firm=csv_file.needed(line, "firm"),
        office=line.fields["office"],
        identifier=csv_file.identifier(kind, value) if kind else None,
    )

"""The reading of an export: its lines, checked one by one, as rows for the stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from portal import directory_export as export
from portal import directory_field as field_of
from portal.directory_file import Line, Rejection, lines
from portal.directory_report import Progress
from portal.directory_stage import Row

_COLUMNS = {
    export.CONSULTANTS: ("email", "name", "cover_email", "cover_from", "cover_until"),
    export.FIRMS: ("firm", "office", "identifier_type", "identifier"),
    export.CASES: ("number", "state", "consultant_email", "restricted"),
    export.RIGHTS: ("firm", "case_number", "from", "until"),
}
_OPTIONAL = {export.FIRMS: ("copy_address", "second_contact")}
_TELL_EVERY = 2_000  # lines


@dataclass(frozen=True)
class Reading:
    """Reads the files of a folder. `reject` takes file, line and fix of what cannot be used."""

    folder: Path
    case_number: Callable[[str], str | None]
    reject: Callable[[str, int, str], None]
    progress: Callable[[Progress], None]

    def rows(self, file: str) -> Iterator[tuple[int, Row]]:
        """Return the rows that a file's lines are, each with its line's number."""
        check = {
            export.CONSULTANTS: _consultant,
            export.FIRMS: _claim,
            export.CASES: self._case,
            export.RIGHTS: self._right,
        }[file]
        path = self.folder / file
        meter = _Meter(self.progress, file, path.stat().st_size if path.is_file() else 0)

        def reject(line: int, fix: str) -> None:
            self.reject(file, line, fix)

        try:
            optional = _OPTIONAL.get(file, ())
            for line in lines(path, _COLUMNS[file], reject, meter.read, optional=optional):
                try:
                    yield line.number, check(line)
                except Rejection as rejection:
                    reject(line.number, rejection.fix)
        except Rejection as rejection:
            reject(rejection.line or 0, rejection.fix)
        meter.tell()

    def _case(self, line: Line) -> Row:
        written, state = field_of.needed(line, "number"), line.fields["state"].casefold()
        number = self.case_number(written)
        if number is None:
            raise Rejection(f"correct number {written!r}, or cases.pattern of the settings")
        if state not in {"open", "closed"}:
            raise Rejection("write state as open or closed")
        email = line.fields["consultant_email"]
        return {
            "number": number,
            "state": state,
            "consultant_email": field_of.mail_address(email) if email else None,
            "restricted": field_of.is_yes(line, "restricted"),
        }

    def _right(self, line: Line) -> Row:
        written = field_of.needed(line, "case_number")
        starts, ends = field_of.span(line, "from", "until")
        number = self.case_number(written)
        if number is None:
            raise Rejection(f"correct case_number {written!r}")
        return {
            "firm": field_of.needed(line, "firm"),
            "number": number,
            "starts": starts,
            "ends": ends,
        }


@dataclass
class _Meter:
    """Counts what was read of a file, and tells it every so often."""

    progress: Callable[[Progress], None]
    file: str
    total: int
    lines: int = 0
    octets: int = 0

    def read(self, octets: int) -> None:
        """Count a line."""
        self.lines += 1
        self.octets += octets
        if self.lines % _TELL_EVERY == 0:
            self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        self.progress(Progress(self.file, self.lines, self.octets, self.total))


def _consultant(line: Line) -> Row:
    starts, ends = field_of.span(line, "cover_from", "cover_until")
    cover = line.fields["cover_email"]
    if not cover and (starts or ends):
        raise Rejection("fill in cover_email, or leave its dates empty")
    return {
        "email": field_of.mail_address(field_of.needed(line, "email")),
        "name": field_of.needed(line, "name"),
        "cover_email": field_of.mail_address(cover) if cover else None,
        "cover_from": starts,
        "cover_until": ends,
    }


def _claim(line: Line) -> Row:
    kind, value = line.fields["identifier_type"], line.fields["identifier"]
    if bool(kind) != bool(value):
        raise Rejection("fill in both identifier_type and identifier, or neither")
    known: tuple[str, str] | tuple[None, None] = (None, None)
    if kind:
        known = field_of.identifier(kind, value)
    return {
        "firm": field_of.needed(line, "firm"),
        "office": line.fields["office"] or None,
        "type": known[0],
        "value": known[1],
        "copy_address": _address_in(line, "copy_address"),
        "second_contact": _address_in(line, "second_contact"),
    }


def _address_in(line: Line, column: str) -> str | None:
    written = line.fields[column]
    return field_of.mail_address(written) if written else None

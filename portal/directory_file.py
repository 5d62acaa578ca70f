"""A CSV file of the directory: its lines, and the checks that a field must pass."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import idna

from portal.directory import MAIL_ADDRESS, MAIL_DOMAIN

_MOST_CHARACTERS = 200  # in a field
_MOST_BYTES = 1 << 16  # in a line
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_IDENTIFIER_TYPES = {
    "mail domain": MAIL_DOMAIN,
    "email domain": MAIL_DOMAIN,
    "domain": MAIL_DOMAIN,
    "mail address": MAIL_ADDRESS,
    "email address": MAIL_ADDRESS,
    "email": MAIL_ADDRESS,
    "address": MAIL_ADDRESS,
    "office id": "office_id",
    "tax id": "tax_id",
    "national provider id": "national_provider_id",
    "npi": "national_provider_id",
    "vendor id": "vendor_id",
}


class Rejection(Exception):
    """A line cannot be used. `fix` says what to change; a check leaves `line` None."""

    def __init__(self, fix: str, line: int | None = None) -> None:
        super().__init__(fix)
        self.fix = fix
        self.line = line


@dataclass(frozen=True)
class Line:
    """One record: the number of its last line in the file, and its fields without outer space."""

    number: int
    fields: dict[str, str]


def lines(
    file: Path, columns: tuple[str, ...], reject: Callable[[int, str], None]
) -> Iterator[Line]:
    """Read the records of a file, streaming; empty lines are passed over, further columns too.

    UTF-8, with or without a byte order mark; the header line names the columns, in any order. A
    record that cannot be read goes to `reject`. Raises Rejection where the file cannot be read on.
    """
    try:
        stream = file.open("rb")
    except OSError as error:
        raise Rejection(f"add the file, with the columns {', '.join(columns)}", 0) from error
    with stream:
        reader = csv.reader(_decoded(iter(lambda: stream.readline(_MOST_BYTES), b"")), strict=True)
        try:
            header = [name.strip().casefold() for name in next(reader, [])]
            if missing := [name for name in columns if name not in header]:
                raise Rejection(
                    f"name the columns {', '.join(columns)} in the first line, separated by commas"
                    f" (missing: {', '.join(missing)})",
                    1,
                )
            for record in reader:
                if not any(field.strip() for field in record):
                    continue
                if len(record) != len(header):
                    fix = f"write {len(header)} fields, as in the first line"
                    reject(reader.line_num, f"{fix} (there are {len(record)})")
                    continue
                fields = dict(zip(header, (" ".join(one.split()) for one in record), strict=True))
                odd = next((name for name in columns if not fields[name].isprintable()), None)
                if odd is not None:
                    reject(reader.line_num, f"remove the invisible characters from {odd}")
                elif any(len(fields[name]) > _MOST_CHARACTERS for name in columns):
                    reject(
                        reader.line_num, f"write at most {_MOST_CHARACTERS} characters in a field"
                    )
                else:
                    yield Line(reader.line_num, fields)
        except csv.Error as error:
            raise Rejection(f"write it as CSV: {error}", reader.line_num) from error


def _decoded(raw: Iterator[bytes]) -> Iterator[str]:
    for number, line in enumerate(raw, 1):
        if len(line) >= _MOST_BYTES:
            raise Rejection(f"a line may have {_MOST_BYTES} bytes at most", number)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Rejection("save the file as UTF-8", number) from error


def needed(line: Line, column: str) -> str:
    """Return a field that must not be empty. Raises Rejection."""
    value = line.fields[column]
    if not value:
        raise Rejection(f"fill in {column}")
    return value


def mail_address(text: str) -> str:
    """Return a mail address in canonical form. Raises Rejection."""
    local, at, domain = text.lower().rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        raise Rejection(f"write {text!r} as a mail address, like name@example.com")
    return f"{local}@{mail_domain(domain)}"


@lru_cache(maxsize=4096)  # a consultant's stands in every line of theirs
def mail_domain(text: str) -> str:
    """Return a domain in lower case and ASCII (UTS 46, RFC 5891). Raises Rejection."""
    try:
        return idna.encode(text.removeprefix("@").rstrip("."), uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise Rejection(f"write {text!r} as a domain, like example.com") from error


def identifier(kind: str, value: str) -> tuple[str, str]:
    """Return type and value of an identifier in the form that they are looked up in.

    Raises Rejection for a type that is not known, or an address or domain that is none.
    """
    plain = re.sub(r"[\s_-]+", " ", kind.casefold()).strip().replace("e mail", "email")
    known = _IDENTIFIER_TYPES.get(plain)
    if known is None:
        raise Rejection(
            f"write identifier_type {kind!r} as one of: mail domain, mail address, office id, tax"
            " id, national provider id, vendor id"
        )
    if known == MAIL_DOMAIN:
        return known, mail_domain(value)
    if known == MAIL_ADDRESS:
        return known, mail_address(value)
    return known, value


def day(line: Line, column: str) -> date | None:
    """Return a date, or None for an empty field. Raises Rejection."""
    value = line.fields[column]
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise Rejection(f"write {column} as 2026-11-21") from error


def span(line: Line, first: str, last: str) -> tuple[date | None, date | None]:
    """Return two dates in their order. Raises Rejection."""
    starts, ends = day(line, first), day(line, last)
    if starts is not None and ends is not None and ends < starts:
        raise Rejection(f"{last} is before {first}: correct one of them")
    return starts, ends


def is_yes(line: Line, column: str) -> bool:
    """Return a yes or no; an empty field is no. Raises Rejection."""
    value = line.fields[column].casefold()
    if value in {"yes", "true", "1", "y"}:
        return True
    if value in {"no", "false", "0", "n", ""}:
        return False
    raise Rejection(f"write {column} as yes or no")

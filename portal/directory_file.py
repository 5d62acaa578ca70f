"""A CSV file of the directory, line by line: what is no record of ours is rejected with its fix."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MOST_CHARACTERS = 200  # in a field
_MOST_BYTES = 1 << 16  # in a line


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
    file: Path,
    columns: tuple[str, ...],
    reject: Callable[[int, str], None],
    read: Callable[[int], None] = lambda _: None,
    *,
    optional: tuple[str, ...] = (),
) -> Iterator[Line]:
    """Read the records of a file, streaming; empty lines are passed over, further columns too.

    UTF-8, with or without a byte order mark; the header line names the columns, in any order. Where
    it does not name an `optional` one that field is empty. A record that cannot be read goes to
    `reject`, and the next one is read. `read` is told how many bytes were taken, a line at a time.
    Raises Rejection where the file cannot be used at all.
    """
    try:
        stream = file.open("rb")
    except OSError as error:
        raise Rejection(f"add the file, with the columns {', '.join(columns)}", 0) from error
    with stream:
        source = _Source(stream, read)
        reader = csv.reader(source, strict=True)
        places = _places(_record(reader, source) or [], columns, optional)
        width = len(places.header)
        while True:
            begins = source.number + 1
            try:
                record = _record(reader, source)
            except Rejection as rejection:
                reject(source.number, rejection.fix + _since(begins, source.number))
                continue
            if record is None:
                return
            fields = [" ".join(one.split()) for one in record]
            if not any(fields):
                continue
            fault = _fault(fields, places, columns)
            if fault is None:
                missing = dict.fromkeys(optional, "")
                yield Line(source.number, missing | places.ours(fields))
            else:
                long = len(fields) != width
                reject(source.number, fault + (_since(begins, source.number) if long else ""))


@dataclass(frozen=True)
class _Places:
    """The header, and the place of each of our columns in it."""

    header: list[str]
    at: Mapping[str, int]

    def ours(self, fields: list[str]) -> dict[str, str]:
        """Return the fields of a record that are in our columns."""
        return {name: fields[at] for name, at in self.at.items()}


def _places(header: list[str], columns: tuple[str, ...], optional: tuple[str, ...]) -> _Places:
    """Find the columns in the first line. Raises Rejection."""
    names = [" ".join(name.split()).casefold() for name in header]
    if any("\0" in name or not _is_whole(name) for name in names):
        raise Rejection("save the file as UTF-8", 1)
    if missing := [name for name in columns if name not in names]:
        raise Rejection(
            f"name the columns {', '.join(columns)} in the first line, separated by commas"
            f" (missing: {', '.join(missing)})",
            1,
        )
    if twice := [name for name in (*columns, *optional) if names.count(name) > 1]:
        raise Rejection(f"name each column once in the first line (twice: {', '.join(twice)})", 1)
    there = [name for name in (*columns, *optional) if name in names]
    return _Places(names, {name: names.index(name) for name in there})


def _fault(fields: list[str], places: _Places, columns: tuple[str, ...]) -> str | None:
    """Return what to change in a record, or None where it can be read."""
    if len(fields) != len(places.header):
        fix = f"write {len(places.header)} fields, as in the first line"
        return f"{fix} (there are {len(fields)})"
    ours = places.ours(fields)
    if not "".join(ours.values()).isprintable():
        if not all(map(_is_whole, ours.values())):
            return "save the file as UTF-8"
        odd = next(name for name, one in ours.items() if not one.isprintable())
        return f"remove the invisible characters from {odd}"
    if max(map(len, ours.values())) > _MOST_CHARACTERS:
        return f"write at most {_MOST_CHARACTERS} characters in a field"
    if ours[columns[0]].casefold() == columns[0] and (
        [field.casefold() for field in fields] == places.header
    ):
        return "remove this line: it says the first one again"
    return None


def _is_whole(text: str) -> bool:
    """Say whether every byte of it was UTF-8: what was not stands in it as a lone surrogate."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _since(begins: int, ends: int) -> str:
    if ends <= begins:
        return ""
    return f" (it begins in line {begins}: look for a quotation mark that is not closed there)"


def _record(reader: Iterator[list[str]], source: _Source) -> list[str] | None:
    """Return the next record, or None at the end. Raises Rejection; the next one can be read."""
    try:
        return next(reader, None)
    except csv.Error as error:
        raise Rejection(f"write it as CSV: {error}", source.number) from error


class _Source:
    """The lines of a file as text, for the reader of CSV. It can be read on after a fault."""

    def __init__(self, stream: BinaryIO, read: Callable[[int], None]) -> None:
        self.number = 0
        self._stream = stream
        self._read = read

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        """Return the next line. Raises Rejection for one that is too long, and passes over it."""
        line = self._stream.readline(_MOST_BYTES)
        if not line:
            raise StopIteration
        self.number += 1
        self._read(len(line))
        if len(line) >= _MOST_BYTES:
            while not line.endswith(b"\n") and (line := self._stream.readline(_MOST_BYTES)):
                self._read(len(line))
            raise Rejection(f"a line may have {_MOST_BYTES} bytes at most", self.number)
        encoding = "utf-8-sig" if self.number == 1 else "utf-8"
        return line.decode(encoding, "surrogateescape")

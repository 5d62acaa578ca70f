"""What a mail server answers, as values: found UIDs, messages that wait, pieces of a body.

A literal (RFC 3501, 4.3) is a bytearray among the lines, as aioimaplib gives it, and what stands in
a line is the server's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_FETCHED = re.compile(rb"\d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"[( ]UID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"[( ]RFC822\.SIZE (\d+)", re.IGNORECASE)
_DATE = re.compile(rb'[( ]INTERNALDATE "([^"]*)"', re.IGNORECASE)
_SECTION = re.compile(
    rb'[( ]BODY\[[^\]]*\](?:<\d+>)? (?:(NIL)|"((?:[^"\\]|\\.)*)"|\{\d+\})', re.IGNORECASE
)
_RETURN_PATH = re.compile(rb"return-path:[ \t]*<([^<>]*)>", re.IGNORECASE)
_FOLD = re.compile(rb"\r?\n[ \t]+")

Lines = Sequence[bytes | bytearray]


@dataclass(frozen=True)
class Waiting:
    """A message in a folder, before it is fetched."""

    uid: int
    size: int  # in bytes, as the server says: some only estimate it
    stored: str  # INTERNALDATE, as written
    return_path: bytes | None  # of its topmost Return-Path, without < and >


def uid_validity(lines: Lines) -> int | None:
    """Return the folder's UIDVALIDITY from the answer to SELECT, where there is one."""
    found = [match for line in lines if (match := _VALIDITY.search(line))]
    return int(found[0][1]) if found else None


def is_read_only(lines: Lines) -> bool:
    """Say whether the answer to SELECT lets nothing be moved."""
    return any(line.upper().startswith(b"[READ-ONLY]") for line in lines)


def uids(lines: Lines) -> list[int]:
    """Return the numbers of an answer to UID SEARCH; its last line is the server's own words."""
    return sorted({int(word) for line in lines[:-1] for word in line.split() if word.isdigit()})


def messages(lines: Lines) -> list[Waiting]:
    """Return what an answer to UID FETCH says of messages; one without a size is not among them."""
    return [one for text, literal in _fetched(lines) if (one := _waiting(text, literal))]


def piece(lines: Lines, uid: int) -> bytes | bytearray | None:
    """Return the bytes of one section of one message; None where the server has none of it."""
    for text, literal in _fetched(lines):
        found = _UID.search(text)
        if found is not None and int(found[1]) == uid and _SECTION.search(text):
            return _section(text, literal)
    return None


def _fetched(lines: Lines) -> Iterator[tuple[bytes, bytes | bytearray | None]]:
    """Go through an answer message by message: what its lines say, and its first literal."""
    text, literal = b"", None
    for line in lines:
        if isinstance(line, bytearray):
            literal = line if literal is None else literal
        elif _FETCHED.match(line):
            if text:
                yield text, literal
            text, literal = bytes(line), None
        elif text:
            text += b" " + line
    if text:
        yield text, literal


def _waiting(text: bytes, literal: bytes | bytearray | None) -> Waiting | None:
    uid, size, stored = _UID.search(text), _SIZE.search(text), _DATE.search(text)
    if uid is None or size is None:
        return None
    header = _FOLD.sub(b" ", bytes(_section(text, literal) or b""))
    path = _RETURN_PATH.match(header)
    return Waiting(
        uid=int(uid[1]),
        size=int(size[1]),
        stored=stored[1].decode("ascii", "replace").strip() if stored else "",
        return_path=path[1].strip() if path else None,
    )


def _section(text: bytes, literal: bytes | bytearray | None) -> bytes | bytearray | None:
    found = _SECTION.search(text)
    if found is None or found[1]:
        return None
    if found[2] is not None:
        return re.sub(rb"\\(.)", rb"\1", found[2])
    return literal

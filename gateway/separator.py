"""What stands between the messages of a mailbox file: which kind of line, and whether one is it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

# A From_ line that says when, as RFC 4155, appendix A, has it; read kindly.
_DATED = re.compile(rb"From \S.{0,500}\d{1,2}:\d{2}.{0,60}\d{4}\b")
_NETSCAPE = re.compile(rb"From -[ \t]*\r?\Z")  # and its heirs
# One that says nothing but who: some webmail's. A person may write such a line.
_BARE = re.compile(rb"From (?:\S{1,320}@\S{1,320}|MAILER-DAEMON)[ \t]*\r?\Z")
_HEADER_LINE = re.compile(rb">?From |[!-9;-~]{1,200}[ \t]*:")
_YEAR = re.compile(rb"20\d\d[ \t]*\r?\Z")
_MMDF = re.compile(rb"\x01{4}\r?\Z")
_FOXMAIL = re.compile(rb"\x10{7}\x11{6}S\r?\Z")
_TIME = re.compile(
    rb"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* +(?P<day>\d{1,2}) +"
    rb"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    rb"(?: +(?P<zone>[+-]\d{4}|[A-Z]{1,5}))?(?: +[A-Z]{1,5})? +(?P<year>\d{4})"
    rb"(?: +(?P<late>[+-]\d{4}))?\b"
)
_OLDEST_YEAR = 1971
_MONTHS = b"JanFebMarAprMayJunJulAugSepOctNovDec"


class Kind(Enum):
    """Which line separates the messages of a file, by what such a line begins with."""

    FROM = b"From "
    MMDF = b"\x01\x01\x01\x01"
    FOXMAIL = b"\x10" * 7 + b"\x11" * 6
    YEAR = b"20"  # some list archives: a blank line and the year
    NONE = b""  # the whole file is one message


@dataclass(frozen=True)
class Lines:
    """A line that may separate two messages, with what stands around it."""

    line: bytes
    next: bytes  # b"" for a blank line, and behind the last one
    after_blank: bool  # a blank line is before it, or nothing at all


def kind_of(first: bytes, second: bytes) -> Kind:
    """Say how a file's messages are separated, by its first two lines that are not blank."""
    if _MMDF.match(first):
        return Kind.MMDF
    if _FOXMAIL.match(first):
        return Kind.FOXMAIL
    if _YEAR.match(first) and _HEADER_LINE.match(second):
        return Kind.YEAR
    is_from = _DATED.match(first) or _NETSCAPE.match(first) or _BARE.match(first)
    return Kind.FROM if is_from else Kind.NONE


def separates(kind: Kind, at: Lines) -> bool:
    """Say whether a line separates messages.

    A message may hold a line that looks like it, where its writer left that as it was. So a From_
    line counts where a header's first line comes behind it; a blank line has to be in front of one
    that only says who, and of one before a message without a header.
    """
    if kind is Kind.MMDF:
        return _MMDF.match(at.line) is not None
    if kind is Kind.FOXMAIL:
        return _FOXMAIL.match(at.line) is not None
    has_header = _HEADER_LINE.match(at.next) is not None
    if kind is Kind.YEAR:
        return at.after_blank and has_header and _YEAR.match(at.line) is not None
    if _NETSCAPE.match(at.line):
        return has_header
    if _DATED.match(at.line):
        return has_header or (at.after_blank and not at.next)
    return at.after_blank and has_header and _BARE.match(at.line) is not None


def moment_of(line: bytes) -> datetime | None:
    """Return when a From_ line says that its message came, or None. Without a zone it is UTC."""
    found = _TIME.search(line)
    if found is None:
        return None
    zone = found["late"] or found["zone"] or b""
    offset = int(zone) if zone[:1] in {b"+", b"-"} else 0
    hours, minutes = divmod(abs(offset), 100)
    away = timedelta(hours=hours, minutes=minutes) * (1 if offset >= 0 else -1)
    try:
        moment = datetime(
            int(found["year"]),
            _MONTHS.index(found["month"]) // 3 + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            int(found["second"] or 0),
            tzinfo=timezone(away),
        )
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.year >= _OLDEST_YEAR else None

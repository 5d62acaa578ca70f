"""One command line, and the arguments of MAIL and RCPT (RFC 5321, 4.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

# RFC 5321 4.5.3.1.4 asks for at least 512 octets with CRLF, and for more with extensions.
LINE_LIMIT = 1000

_LINE = re.compile(rb"[ -~]*\r\n")
# The path may hold a quoted string with a > or a space in it. Spaces after the colon are not in the
# grammar, but common, and cannot be read in two ways.
_PATH = re.compile(r'(FROM|TO): *<((?:[^"<> ]|"(?:[^"\\]|\\.)*")*)>((?: +[^ ]+)*)', re.IGNORECASE)
_PARAMETER = re.compile(r"([A-Z0-9][A-Z0-9-]*)(?:=([!-<>-~]+))?", re.IGNORECASE)


class SyntaxFault(Exception):
    """A command line, or an argument, that RFC 5321 does not know."""


@dataclass(frozen=True)
class Command:
    """A verb in upper case, and what follows it."""

    verb: str
    argument: str


@dataclass(frozen=True)
class Path:
    """The argument of MAIL or RCPT: what stands between < and >, and its parameters by name."""

    text: str
    parameters: dict[str, str]


def command(line: bytes) -> Command:
    """Read a command line with its end.

    Raises SyntaxFault unless it is printable ASCII and ends with CRLF: NUL, 8-bit, escapes, and a
    bare CR or LF are never part of a command, nor its end.
    """
    if not _LINE.fullmatch(line):
        raise SyntaxFault
    verb, _, argument = line[:-2].decode("ascii").partition(" ")
    return Command(verb.upper(), argument.strip())


def path(argument: str, keyword: str) -> Path:
    """Read the argument of MAIL (keyword FROM) or RCPT (keyword TO). Raises SyntaxFault."""
    match = _PATH.fullmatch(argument)
    if match is None or match[1].upper() != keyword:
        raise SyntaxFault
    parameters: dict[str, str] = {}
    for word in match[3].split():
        parameter = _PARAMETER.fullmatch(word)
        if parameter is None or parameter[1].upper() in parameters:
            raise SyntaxFault
        parameters[parameter[1].upper()] = parameter[2] or ""
    return Path(match[2], parameters)

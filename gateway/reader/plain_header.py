"""A plain header: one that every program reads the same fields out of, with the same body below.

We read what broken programs write: a bare CR ends a line, a line that is no field ends the header
or is left out. Whoever has checked a message, dkimpy or a mail server in front, may have read it
otherwise. A stranger who has a signed message could put such a line behind its last field: the
signature holds, and what we read as the message's words is the stranger's.
"""

from __future__ import annotations

import re

from gateway.reader.header import Header

_BARE_CR = re.compile(rb"\r(?!\n)")
_EMPTY_LINE = re.compile(rb"(?:\A|\n)\r?\n")
_LINE = re.compile(rb"[^\n]+")
_BEGINS = re.compile(rb"[!-9;-~]")  # no mark of its byte order, no blank
_CONTINUED = (b" ", b"\t")
_PLAINLY = re.compile(
    rb"(?!--)[!-9;-~]+[ \t]*:[^\r\n]*\r?\n"
    rb"(?:(?:(?!--)[!-9;-~]+[ \t]*:|[ \t])[^\r\n]*\r?\n)*\r?\n"
)


def begins_plainly(head: bytes) -> bool:
    """Say the same of a message by its first bytes alone, where its header ends within them.

    One regular expression, linear: nothing is decoded, so nothing need be killed.
    """
    return _PLAINLY.match(head) is not None


def is_plain(block: bytes, header: Header, *, is_all: bool) -> bool:
    """Say whether a message that begins with this block has this header in every program's eyes.

    `block` is all that stands before the body, with the empty line, and `header` what we read in
    it. Each line is a field or goes on with one, none was left out, and the first empty line is the
    end (RFC 5322, 2.1 and 2.2). A message that `is_all` header may have none.
    """
    if _BARE_CR.search(block) or not _BEGINS.match(block):
        return False
    empty = _EMPTY_LINE.search(block)
    ends = is_all and block.endswith(b"\n") if empty is None else empty.end() == len(block)
    lines = (line for line in _LINE.findall(block) if line != b"\r")
    begun = sum(1 for line in lines if not line.startswith(_CONTINUED))
    return ends and begun == len(header.fields)

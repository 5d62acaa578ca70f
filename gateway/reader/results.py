"""Results: what a trusted relay says about a message, in the fields that it put on top.

Whatever stands below the relay's own Received lines was there before, and may be anybody's.
"""

from __future__ import annotations

import email.utils
import ipaddress
import re
from collections.abc import Iterator
from typing import Any

from gateway.reader.header import Header

_MOST_BYTES = 1 << 14
_TOKEN = re.compile(rb"\"(?:[^\"\\]|\\.)*\"|[^\s\"();=]+|[();=]", re.DOTALL)
_CLIENT = re.compile(rb"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]", re.IGNORECASE)
_BY = re.compile(rb"\bby\b", re.IGNORECASE)


def results(header: Header, authserv_id: str, hops: int) -> dict[str, Any]:
    """Return what the relay says: "dmarc", "domain", "client" and "at", each None without a word.

    `hops` is how many Received lines it adds: the last of them names the client that it took the
    message from. Only fields above the Received line that follows them are looked at. DMARC's
    result is believed with the domain that it is about; where two fields differ, neither is.
    """
    nothing = {"dmarc": None, "domain": None, "client": None, "at": None}
    places = [index for index, (name, _) in enumerate(header.fields) if name == "received"]
    if len(places) < hops:
        return nothing
    below = places[hops] if len(places) > hops else len(header.fields)
    said = {
        found
        for name, value in header.fields[:below]
        if name == "authentication-results"
        for found in _dmarc(value[:_MOST_BYTES], authserv_id)
    }
    result, domain = said.pop() if len(said) == 1 else (None, None)
    client, at = _hop(header.fields[places[hops - 1]][1][:_MOST_BYTES])
    return {"dmarc": result, "domain": domain, "client": client, "at": at}


def _dmarc(value: bytes, authserv_id: str) -> Iterator[tuple[str, str]]:
    """Give each result of DMARC with its domain, where the field is this server's (RFC 8601, 2.2).

    What is quoted or in a comment is one word, or none: it ends no result and begins none.
    """
    statements = _statements(value)
    if not statements or not statements[0]:
        return
    if statements[0][0].lower() != authserv_id.lower().encode():
        return
    for words in statements[1:]:
        if len(words) < 3 or words[0].lower() not in {b"dmarc", b"dmarc/1"} or words[1] != b"=":
            continue
        about = [
            words[place + 2]
            for place in range(3, len(words) - 2)
            if words[place].lower() == b"header.from" and words[place + 1] == b"="
        ]
        if len(about) == 1:
            yield words[2].lower().decode("latin-1"), about[0].lower().decode("latin-1")


def _statements(value: bytes) -> list[list[bytes]]:
    statements: list[list[bytes]] = [[]]
    for token in _TOKEN.findall(_without_comments(value)):
        if token == b";":
            statements.append([])
        else:
            statements[-1].append(token)
    return statements


def _without_comments(value: bytes) -> bytes:
    """Leave the comments out, which may be nested (RFC 5322, 3.2.2). What never ends is nothing."""
    kept = bytearray()
    depth, quoted, escaped = 0, False, False
    for place in range(len(value)):
        char = value[place : place + 1]
        if escaped:
            escaped = False
        elif char == b"\\" and (quoted or depth):
            escaped = True
        elif char == b'"' and not depth:
            quoted = not quoted
        elif char == b"(" and not quoted:
            depth += 1
        elif char == b")" and depth:
            depth -= 1
            char = b" "
        if not depth:
            kept += char
    return b"" if depth or quoted else bytes(kept)


def _hop(value: bytes) -> tuple[str | None, str | None]:
    """Return the client's address and the time of a Received line (RFC 5321, 4.4)."""
    before = _BY.split(value, maxsplit=1)[0]
    found = _CLIENT.findall(before)
    client = None
    if found:
        try:
            client = str(ipaddress.ip_address(found[-1].decode("ascii")))
        except ValueError:
            client = None
    stamp = value.rpartition(b";")[2].decode("latin-1").strip()
    try:
        moment = email.utils.parsedate_to_datetime(stamp)
    except ValueError:
        return client, None
    return client, moment.isoformat() if moment.tzinfo is not None else None

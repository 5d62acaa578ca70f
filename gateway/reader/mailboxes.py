"""Mailboxes: whom a message is addressed to, as names and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gateway.address import AddressFault, canonical
from gateway.reader.encoded_word import read_text
from gateway.reader.header import Header

OPENLY = ("to", "cc")
IN_ALL = (*OPENLY, "bcc")  # which is in the sender's own copy alone
_MOST = 100
_MOST_FIELD_BYTES = 1 << 15
_MOST_NAME_CHARACTERS = 200
# An encoded word first: real ones hold commas (RFC 2047, 5 forbids that).
_TOKEN = re.compile(
    rb"=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=|\"(?:[^\"\\]|\\.){0,1000}\"|\([^()]*\)|<[^<>]*>"
    rb"|[^\"(<,;:=]+|.",
    re.DOTALL,
)
_ESCAPED = re.compile(rb"\\(.)")
_CONTROLS = dict.fromkeys((*range(32), 127))


@dataclass(frozen=True)
class Mailbox:
    """One mailbox: the name that is shown for it, and its address in canonical form."""

    name: str  # "" where it has none
    address: str | None  # None where it is no address


def mailboxes(header: Header, fields: tuple[str, ...] = OPENLY) -> tuple[Mailbox, ...]:
    """Return the mailboxes of these fields, in their order, the first hundred.

    Nothing is decided by them alone, so a field is read kindly: an address that is none leaves the
    name, and the mailboxes of a group stand for themselves (RFC 5322, 3.4).
    """
    found = [
        mailbox
        for name in fields
        for value in header.all(name)
        for piece in _pieces(value[:_MOST_FIELD_BYTES])
        if (mailbox := _mailbox(piece)) is not None
    ]
    return tuple(dict.fromkeys(found))[:_MOST]


def _pieces(value: bytes) -> list[list[bytes]]:
    """Split a field at its commas, and at the colon and the semicolon of a group."""
    pieces: list[list[bytes]] = [[]]
    for token in _TOKEN.findall(value):
        if token in {b",", b";", b":"}:
            pieces.append([])
        else:
            pieces[-1].append(token)
    return pieces


def _mailbox(tokens: list[bytes]) -> Mailbox | None:
    address = next((token[1:-1] for token in tokens if token.startswith(b"<")), None)
    words = b"".join(
        _unquoted(token) for token in tokens if not token.startswith((b"<", b"("))
    ).strip()
    if address is None and b"@" in words and b" " not in words:
        address, words = words, b""
    name = read_text(words).translate(_CONTROLS).strip("' ")[:_MOST_NAME_CHARACTERS]
    place = _address(address)
    return Mailbox(name, place) if name or place else None


def _unquoted(token: bytes) -> bytes:
    return _ESCAPED.sub(rb"\1", token[1:-1]) if token.startswith(b'"') else token


def _address(raw: bytes | None) -> str | None:
    try:
        return None if raw is None else canonical(raw.strip().decode("ascii"))
    except (AddressFault, UnicodeDecodeError):
        return None

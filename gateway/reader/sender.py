"""Who wrote a message, and whether a machine did: decided from the header, or not at all."""

from __future__ import annotations

import re

from gateway.address import AddressFault, canonical
from gateway.reader.encoded_word import without_words
from gateway.reader.header import Header

_MAX_FROM_BYTES = 2048
_COMMENT = rb"\([^()<>@\\,;:\"]*\)"
# A display name: words of RFC 5322 or 8-bit text, quoted strings and plain comments. No comma, no
# @ and no bracket outside quotation marks: with one of them there are two ways to read the field.
_NAME = (
    rb"(?:[^\x00-\x08\x0a-\x1f\x7f()<>@,;:\\\"\[\]]|\"(?:[^\"\\\x00-\x1f]|\\[\x20-\x7e])*\"|"
    + _COMMENT
    + rb")*"
)
_ADDRESS = rb"[^\x00-\x20\x7f-\xff()<>,;:\\\"\[\]@]+@[^\x00-\x20\x7f-\xff()<>,;:\\\"\[\]@]+"
_MAILBOX = re.compile(
    rb"[ \t]*(?:%(name)b<[ \t]*(%(address)b)[ \t]*>|(%(address)b))[ \t]*(?:%(comment)b[ \t]*)?"
    % {b"name": _NAME, b"address": _ADDRESS, b"comment": _COMMENT}
)
# What readpst writes where Outlook has kept a name, and no address.
_NO_ADDRESS = re.compile(rb"[ \t]*%s<MAILER-DAEMON>[ \t]*" % _NAME)
_MACHINES = re.compile(
    r"(?:mailer-daemon|postmaster|(?:no|do-?not|dont)[-_.]?reply|bounces?|auto-?reply|listserv"
    r"|majordomo)(?:[-+=._].*)?@.*"
)
_AFTER_WORD = re.compile(rb"[;(]")
_BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
_MACHINE_FIELDS = ("list-id", "list-unsubscribe", "list-post", "x-autoreply", "x-autorespond")


def one_sender(header: Header) -> str | None:
    """Return the address in From, in canonical form, or None where that is undecided.

    There must be one From field with one mailbox (RFC 5322, 3.6.2). Whatever could be read in two
    ways is nobody's (CVE-2023-27043 and its kin): no address is ever taken out of a broken field.
    """
    fields = header.all("from")
    if len(fields) != 1 or len(fields[0]) > _MAX_FROM_BYTES:
        return None
    match = _MAILBOX.fullmatch(without_words(fields[0]))
    if match is None:
        return None
    try:
        return canonical((match[1] or match[2]).decode("ascii"))
    except AddressFault:
        return None


def is_housemates(header: Header) -> bool:
    """Say whether a message names no address, as Outlook keeps one from within its own Exchange.

    So it keeps what its owner has sent, and what a colleague has. Whatever came from elsewhere has
    travelled, and says so.
    """
    fields = header.all("from")
    has_none = len(fields) == 1 and _NO_ADDRESS.fullmatch(without_words(fields[0])) is not None
    travelled = any(header.first(name) is not None for name in ("received", "return-path"))
    return has_none and not travelled


def is_automatic(header: Header, sender: str | None, media_type: str) -> bool:
    """Say whether a machine wrote a message, so that nobody answers it (RFC 3834, 2 and 5).

    Seen by Auto-Submitted, mailing list fields, Precedence, a report's type, the null return path
    or the sender's name.
    """
    submitted = (field_word(value) for value in header.all("auto-submitted"))
    return (
        any(word != "no" for word in submitted)
        or any(field_word(value) in _BULK for value in header.all("precedence"))
        or any(header.first(name) is not None for name in _MACHINE_FIELDS)
        or any(value.strip() == b"<>" for value in header.all("return-path"))
        or media_type == "multipart/report"
        or (sender is not None and is_machine(sender))
    )


def is_machine(address: str) -> bool:
    """Say whether an address is, by its name, one that no person reads."""
    return _MACHINES.fullmatch(address.lower()) is not None


def field_word(value: bytes) -> str:
    """Return the first word of a field, without its parameters and comments (RFC 3834, 5.2)."""
    return _AFTER_WORD.split(value, maxsplit=1)[0].strip().lower().decode("latin-1")

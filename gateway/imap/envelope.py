"""The envelope of a message that was found in a mailbox, where no transport said one."""

from __future__ import annotations

from datetime import datetime

from config.settings import Mailbox
from gateway.address import AddressFault, reverse_path
from gateway.imap.answers import Waiting
from gateway.letter import Envelope, Proof


def envelope_of(
    found: Waiting, mailbox: Mailbox, validity: int | None, address: str, now: datetime
) -> Envelope:
    """Return the envelope; `address` is the one that firms write to.

    The sender is the topmost Return-Path, which the server that delivered the message has written
    in the place of any other (RFC 5321, 4.4). Without one, or with one that is no address, it is
    the null sender, and nobody is answered. Header From says nothing here.
    """
    try:
        sender = reverse_path((found.return_path or b"").decode("ascii"))
    except (AddressFault, UnicodeDecodeError):
        sender = ""
    return Envelope(
        door="imap",
        sender=sender,
        recipients=(address,),
        arrived_at=now,
        proof=Proof.MAILBOX if mailbox.is_trusted else Proof.NONE,
        origin=origin_of(found, mailbox, validity),
    )


def origin_of(found: Waiting, mailbox: Mailbox, validity: int | None) -> str | None:
    """Return what names this very message; None where the server has no UIDVALIDITY.

    UID and UIDVALIDITY should do (RFC 3501, 2.3.1.1). A server that was put back from a backup may
    give both to another message: size and time of storing are in it, so that such a one is new.
    """
    if validity is None:
        return None
    return f"{mailbox.name}/{validity}/{found.uid}/{found.size}/{found.stored}"

"""A message: a mail of the outbox as bytes for the wire, with the envelope's two addresses.

No header can be a stranger's: each value is one line of printable characters, or there is no
message at all; and the library that writes it refuses line ends once more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

import sqlalchemy as sa

from config.settings import Settings
from gateway.address import AddressFault, bounce_address, canonical
from gateway.telling.report import report_of

# Answers to a letter of the recipient's; everything else is ours to begin (RFC 3834, 5).
_ANSWERS = {"receipt", "progress"}
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")


class _Policy(EmailPolicy):
    """Writes a header's value where its name is, and Message-IDs as they are.

    The library begins a value that would fit into a line of its own on the next one: then the
    line of the name is empty, and some programs show such a mail without its subject. An id that
    is longer than a line, as Exchange's are, it writes as an encoded word, which no program knows
    again: then the mail stands in no thread.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write a header. A line may pass 78 characters, never 998 (RFC 5322, 2.1.1)."""
        named = name.encode("ascii") + b":"
        if name in _OF_IDS:
            return named + b" " + b"\r\n ".join(value.encode("ascii").split()) + b"\r\n"
        folded = super().fold_binary(name, value)
        empty = named + b"\r\n "
        if not folded.startswith(empty):
            return folded
        joined = folded.replace(empty, named + b" ", 1)
        return joined if joined.index(b"\r\n") <= _MOST_OCTETS else folded


_OF_IDS = {"In-Reply-To", "References"}
_MOST_OCTETS = 998
# Seven bits: a relay that does not offer 8BITMIME need not be asked.
_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


class Unsendable(Exception):
    """A row of the outbox that no mail can be made of. Its text never quotes the row."""


@dataclass(frozen=True)
class Message:
    """What is handed to a relay, or written to a file."""

    outbox_id: int
    kind: str
    sender: str  # of the envelope; empty for the null sender
    recipient: str
    content: bytes  # line ends as CRLF, nothing beyond ASCII


def message_of(
    row: sa.Row[tuple[object, ...]],
    earlier: Sequence[str],
    settings: Settings,
    now: datetime,
    *,
    failed: Sequence[str] = (),
) -> Message:
    """Build the message of an outbox row. Raises Unsendable.

    `earlier` are the Message-IDs, as stored, of the mails that this thread holds already. Where
    the mail says that a letter was not filed, `failed` are the addresses it came to: then it is a
    delivery status notification.
    """
    intake = settings.intake
    try:
        recipient = canonical(_line(row.recipient))
    except AddressFault as fault:
        raise Unsendable("the recipient is no address") from fault
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(
        f"{settings.service.organisation} documents", intake.mailbox, intake.domain
    )
    mail["To"] = recipient
    mail["Subject"] = _line(row.subject)
    mail["Date"] = format_datetime(now.astimezone(UTC))
    mail["Message-ID"] = f"<{_line(row.message_id)}@{intake.domain}>"
    if row.in_reply_to:
        thread = [row.in_reply_to, *(f"<{one}@{intake.domain}>" for one in earlier)]
        _refer(mail, "In-Reply-To", thread[:1])
        _refer(mail, "References", thread)
    # Nobody's machine is to answer this one.
    is_answer = row.kind in _ANSWERS or row.in_reply_to
    mail["Auto-Submitted"] = "auto-replied" if is_answer else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(row.text)
    if row.html:
        mail.add_alternative(row.html, subtype="html")
        # Its own, so that a mail that is written twice is the same mail.
        mail.set_boundary(f"=_{_line(row.message_id)}")
    # Last, since what is said of content moves into the first of two forms.
    mail["Content-Language"] = "en"
    to = [one for one in map(_address, failed) if one is not None]
    if to:
        mail = report_of(mail, reporter=intake.domain, failed=to, returned=row.in_reply_to)
        mail.set_boundary(f"=_report_{_line(row.message_id)}")
    sender = "" if row.return_token is None else bounce_address(row.return_token, intake.address)
    return Message(row.id, row.kind, sender, recipient, mail.as_bytes())


def _address(text: str) -> str | None:
    """Return an address as it may stand in a report; None for `postmaster` without a domain."""
    try:
        return canonical(text)
    except AddressFault:
        return None


def _refer(mail: EmailMessage, name: str, ids: Sequence[str]) -> None:
    """Name messages in a header, but for one that no header may hold."""
    written = [one for one in map(_line, ids) if one.isascii() and len(one) < _MOST_OCTETS - 20]
    if written:
        mail[name] = " ".join(written)


def _line(value: str) -> str:
    if not _ONE_LINE.fullmatch(value):
        raise Unsendable("a header value is not one line")
    return value

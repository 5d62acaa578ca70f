"""The relay: hands our mails to a mail server, over TLS whose certificate was verified."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiosmtplib
import structlog

from config.settings import Relay
from gateway.sending.way import IsOwed, Note, Outcome, Verdict, WayDown
from gateway.telling.message import Message

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|\Z)")  # RFC 3463, 2
_CLOSING = 421  # RFC 5321, 3.8: said to any command, and of the connection
_GONE = "no answer"


@dataclass(frozen=True)
class RelayWay:
    """Sends by SMTP, one connection for a batch and one recipient for a mail.

    What the relay says to a connection, a sign-in or MAIL is about us: the mails wait. What it says
    to RCPT or DATA is about the mail: 4xx is later, 5xx is never. A mail that was in hand when the
    relay went away or turned against us is tried later than the others: if it is that mail which
    the relay cannot bear, the others must not wait behind it.
    """

    relay: Relay
    hostname: str  # what we say in EHLO

    def carry(self, messages: Sequence[Message], is_owed: IsOwed, note: Note) -> None:
        """Send. Each outcome is noted before the next mail is begun.

        Only a crash between the relay's 250 and that note sends a mail twice, under one Message-ID.
        """
        try:
            asyncio.run(self._carry(messages, is_owed, note))
        except ssl.SSLError as fault:
            raise WayDown("tls") from fault
        except aiosmtplib.SMTPAuthenticationError as fault:
            raise WayDown("sign_in") from fault
        except (aiosmtplib.SMTPException, OSError) as fault:
            raise WayDown("connection") from fault

    async def _carry(self, messages: Sequence[Message], is_owed: IsOwed, note: Note) -> None:
        client = aiosmtplib.SMTP(
            hostname=self.relay.host,
            port=self.relay.port,
            local_hostname=self.hostname,
            timeout=self.relay.seconds,
            use_tls=self.relay.security == "tls",
            start_tls=self.relay.security == "starttls",
            tls_context=None if self.relay.security == "none" else self._trust(),
            username=self.relay.user or None,
            password=self._password(),
        )
        async with client:
            for message in messages:
                if is_owed(message.outbox_id):
                    note([await self._in_hand(client, message, note)])

    async def _in_hand(self, client: aiosmtplib.SMTP, message: Message, note: Note) -> Outcome:
        try:
            return await _send(client, message)
        except aiosmtplib.SMTPResponseException as answer:
            note([Outcome(message.outbox_id, Verdict.LATER, _failure(answer))])
            raise
        except (aiosmtplib.SMTPException, OSError):
            note([Outcome(message.outbox_id, Verdict.LATER, _GONE)])
            raise

    def _trust(self) -> ssl.SSLContext:
        """Return what verifies the relay's certificate and the name in it. Raises OSError."""
        context = ssl.create_default_context(cafile=self.relay.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
        return context

    def _password(self) -> str | None:
        """Read the password, anew each time: it may have been changed. Raises WayDown."""
        if not self.relay.password_file:
            return None
        try:
            return Path(self.relay.password_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise WayDown("password_file") from fault


async def _send(client: aiosmtplib.SMTP, message: Message) -> Outcome:
    """Send one mail. Raises SMTPException where the relay is at fault and not the mail."""
    await client.mail(message.sender, options=[f"SIZE={len(message.content)}"] * _sizes(client))
    try:
        await client.rcpt(message.recipient)
        await client.data(message.content)
    except aiosmtplib.SMTPResponseException as refusal:
        if refusal.code == _CLOSING:
            raise
        failure = _failure(refusal)
        structlog.get_logger().error("mail.failed", outbox=message.outbox_id, reply=failure)
        # A relay that hangs up behind its refusal has refused all the same.
        with contextlib.suppress(aiosmtplib.SMTPException):
            await client.rset()
        verdict = Verdict.REFUSED if 500 <= refusal.code < 600 else Verdict.LATER
        return Outcome(message.outbox_id, verdict, failure)
    return Outcome(message.outbox_id, Verdict.SENT)


def _sizes(client: aiosmtplib.SMTP) -> bool:
    return client.supports_extension("size")


def _failure(refusal: aiosmtplib.SMTPResponseException) -> str:
    """Return a reply's codes: `550 5.1.1`."""
    enhanced = _ENHANCED.match(refusal.message)
    return f"{refusal.code} {enhanced[1]}" if enhanced else str(refusal.code)

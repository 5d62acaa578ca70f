"""Outbound: carries the outbox's receipts and notices out, as .eml files into a folder.

A row is marked sent after its file is durable, and its file is named by the row: a crash between
the two writes the same file again, and nobody is told twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import sqlalchemy as sa
import structlog

from config.settings import Settings
from gateway.watch import Metrics, fault_fields
from portal import events
from portal.database import Database
from portal.tables import outbox

_BATCH = 50
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class Outbound:
    """Sends what is due, again and again until it is sent."""

    database: Database
    folder: Path
    settings: Settings
    clock: Callable[[], datetime]
    metrics: Metrics

    def send_due(self) -> int:
        """Send one batch of what is due. Return how many rows were tried."""
        now = self.clock()
        with self.database.read() as connection:
            due = connection.execute(
                sa.select(outbox)
                .where(
                    outbox.c.sent_at.is_(None),
                    outbox.c.withdrawn_at.is_(None),
                    outbox.c.not_before <= now,
                )
                .order_by(outbox.c.id)
                .limit(_BATCH)
            ).all()
        if not due:
            return 0
        sent: list[sa.Row[tuple[object, ...]]] = []
        failed: list[sa.Row[tuple[object, ...]]] = []
        self.folder.mkdir(exist_ok=True, mode=0o700)
        for row in due:
            try:
                self._write(row, now)
            except (OSError, ValueError) as fault:
                failed.append(row)
                structlog.get_logger().error("mail.failed", outbox=row.id, **fault_fields(fault))
            else:
                sent.append(row)
        self._note(sent, failed, now)
        return len(due)

    def _note(
        self,
        sent: list[sa.Row[tuple[object, ...]]],
        failed: list[sa.Row[tuple[object, ...]]],
        now: datetime,
    ) -> None:
        with self.database.write() as connection:
            for row in sent:
                connection.execute(
                    outbox.update()
                    .where(outbox.c.id == row.id)
                    .values(sent_at=now, tries=row.tries + 1)
                )
                events.record(
                    connection,
                    letter_id=row.letter_id,
                    actor="gateway",
                    kind=f"{row.kind}.sent",
                    detail={},
                    at=now,
                )
            for row in failed:
                wait = min(timedelta(seconds=2 ** min(row.tries, 12)), _LONGEST_WAIT)
                connection.execute(
                    outbox.update()
                    .where(outbox.c.id == row.id)
                    .values(not_before=now + wait, tries=row.tries + 1)
                )
        for row in sent:
            self.metrics.mail_sent(row.kind, "sent")
        for row in failed:
            self.metrics.mail_sent(row.kind, "failed")

    def _write(self, row: sa.Row[tuple[object, ...]], now: datetime) -> None:
        path = self.folder / f"{row.id:08d}-{row.kind}.eml"
        draft = path.with_suffix(".part")
        with draft.open("wb") as stream:
            stream.write(self._message(row, now).as_bytes(policy=SMTP))
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(path)
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _message(self, row: sa.Row[tuple[object, ...]], now: datetime) -> EmailMessage:
        """Build the mail. The library refuses a header value that holds a line end."""
        intake = self.settings.intake
        message = EmailMessage(policy=SMTP)
        message["From"] = f'"{self.settings.service.organisation} documents" <{intake.address}>'
        message["To"] = row.recipient
        message["Subject"] = row.subject
        message["Date"] = format_datetime(now.astimezone(UTC))
        message["Message-ID"] = f"<{row.message_id}@{intake.domain}>"
        if row.in_reply_to:
            message["In-Reply-To"] = row.in_reply_to
            message["References"] = row.in_reply_to
        # RFC 3834, 5: nobody's machine is to answer this one.
        message["Auto-Submitted"] = "auto-replied" if row.kind == "receipt" else "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message["Content-Language"] = "en"
        message.set_content(row.text)
        return message

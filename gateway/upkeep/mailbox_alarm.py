"""Mailbox alarms: operations are told of messages that the IMAP door cannot take or move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from config import remarks
from config.problems import problem
from config.settings import Settings
from portal.database import Database
from portal.postbox import Owed, owe
from portal.tables import outbox

KIND = "alarm"


@dataclass(frozen=True)
class MailboxAlarm:
    """Owes operations one mail an hour at most for each mailbox and problem. Safe for threads."""

    database: Database
    settings: Settings
    clock: Callable[[], datetime]

    def tell(self, mailbox: str, code: str) -> None:
        """Owe a mail, unless one of this hour is. It names the mailbox, and nobody."""
        now = self.clock()
        occasion = f"{mailbox} {code} {now:%Y-%m-%dT%H}"
        with self.database.write() as connection:
            told = sa.select(outbox.c.id).where(
                outbox.c.kind == KIND, outbox.c.letter_id.is_(None), outbox.c.occasion == occasion
            )
            if connection.execute(told).first() is None:
                mail = self._mail(mailbox, code)
                owe(connection, mail, letter_id=None, occasion=occasion, now=now)

    def _mail(self, mailbox: str, code: str) -> Owed:
        row = problem(code)
        fields = {name: f"[{remarks.on_field(name)}]" for name in row.fields}
        folder = next(
            (one.failed_folder for one in self.settings.imap.mailboxes if one.name == mailbox), ""
        )
        service = self.settings.service
        text = (
            f"A message in the mailbox {mailbox} needs a person.\n"
            "\n"
            f"Why:      {row.title.format(**fields)} ({code})\n"
            f"Do:       {row.fix.format(**fields)}\n"
            f"Folder:   {folder}\n"
            "\n"
            "The other messages are taken as ever. You hear of this once an hour at most.\n"
            f"What the code means: {service.base_url}/help#{code}\n"
        )
        subject = f"A message cannot be taken from the mailbox {mailbox}"
        return Owed(KIND, service.operations_address, subject, text, begun=True)

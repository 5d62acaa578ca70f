"""Operations hear of what a mailbox cannot give, once an hour, and nobody is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from config.settings import Imap, Mailbox, Settings
from gateway.stores import Stores
from gateway.upkeep.mailbox_alarm import MailboxAlarm
from portal.tables import outbox

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("code", ["email_too_large", "mailbox_unfetchable", "mailbox_not_moved"])
def test_one_mail_an_hour_for_each_mailbox_and_problem(
    code: str, stores: Stores, settings: Settings
) -> None:
    mailboxes = tuple(
        Mailbox(name=name, host="imap.example", user="u", password_file="p", failed_folder="Odd")
        for name in ("boston", "worcester")
    )
    times = [NOW]
    alarm = MailboxAlarm(
        stores.database,
        settings.model_copy(update={"imap": Imap(mailboxes=mailboxes)}),
        lambda: times[-1],
    )
    for name in ("boston", "boston", "worcester"):
        alarm.tell(name, code)
    times.append(NOW + timedelta(hours=1))
    alarm.tell("boston", code)
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(outbox).order_by(outbox.c.id)).all()
    assert [row.subject.rpartition(" ")[2] for row in rows] == ["boston", "worcester", "boston"]
    assert {row.recipient for row in rows} == {settings.service.operations_address}
    text = rows[0].text
    assert "{" not in text
    assert f"({code})" in text
    assert "Folder:   Odd\n" in text

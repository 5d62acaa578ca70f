"""Patience: one mail, or two that belong together, and none to whom nobody answers."""

from __future__ import annotations

import dataclasses
import threading
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from gateway.letter import Proof
from gateway.sending.outbound import Outbound
from gateway.sending.patience import Patience
from gateway.sending.way import FolderWay
from gateway.stores import Stores
from gateway.watch import Metrics
from portal.tables import letters, outbox
from tests import forwarding
from tests.carrying import MAIL, NOW, Carrier, ReaderHere

pytestmark = pytest.mark.record

AFTER = timedelta(seconds=120)


@dataclasses.dataclass
class Waiting:
    """Letters in motion, whoever waits for them, and the post."""

    carrier: Carrier
    now: datetime = NOW + AFTER

    def __post_init__(self) -> None:
        stores, worker = self.carrier.stores, self.carrier.worker
        self.patience = Patience(
            stores.database,
            worker.raw,
            worker.road,
            stores.settings,
            stores.work,
            lambda: self.now,
        )
        self.folder = stores.folder / "outbox"
        self.outbound = Outbound(
            stores.database, FolderWay(self.folder), stores.settings, lambda: self.now, Metrics()
        )

    def look(self) -> list[Any]:
        self.patience.look(threading.Event())
        return self.rows()

    def rows(self) -> list[Any]:
        with self.carrier.stores.database.read() as connection:
            return list(connection.execute(outbox.select().order_by(outbox.c.id)))

    def mails(self) -> list[Any]:
        return [
            message_from_bytes(file.read_bytes(), policy=default)
            for file in sorted(self.folder.glob("*.eml"))
        ]


@pytest.fixture
def waiting(sample_stores: Stores) -> Waiting:
    return Waiting(Carrier(sample_stores))


def test_whoever_waits_long_gets_two_mails_that_belong_together(waiting: Waiting) -> None:
    waiting.carrier.accept()
    (owed,) = waiting.look()
    assert waiting.look() == [owed], "once"
    assert (owed.kind, owed.recipient) == ("progress", "pat.hall@bakerllp.example")
    assert owed.subject.startswith("Received: 2 files, still checking (receipt ")
    assert "24-001234" not in owed.text + owed.html
    assert "notes" not in owed.text + owed.html
    assert waiting.outbound.send_due() == 1
    assert waiting.carrier.carry() == "filed"
    waiting.outbound.send_due()
    first, second, _notice = waiting.mails()
    assert first["In-Reply-To"] == second["In-Reply-To"] == "<1@bakerllp.example>"
    assert first["References"] == "<1@bakerllp.example>"
    assert second["References"] == f"<1@bakerllp.example> {first['Message-ID']}"
    assert first["Auto-Submitted"] == "auto-replied"
    assert first["Subject"] != second["Subject"]


def test_a_quiet_firm_hears_before_the_second_letter_of_a_flood(waiting: Waiting) -> None:
    for number in range(10):
        waiting.carrier.accept(MAIL + b"%d\r\n" % number)
    waiting.carrier.accept(
        MAIL.replace(b"pat.hall@bakerllp", b"jo@quillmarsh").replace(b"Pat Hall", b"Jo Quill"),
        sender="jo@quillmarsh.example",
    )
    told = [row.letter_id for row in waiting.look()]
    assert told == [1, 11, 2, 3]


def test_before_its_time_nobody_is_told(waiting: Waiting) -> None:
    waiting.now -= timedelta(seconds=1)
    waiting.carrier.accept()
    assert waiting.look() == []


def test_a_receipt_that_comes_first_is_the_only_mail(waiting: Waiting) -> None:
    waiting.carrier.accept()
    assert [row.kind for row in waiting.look()] == ["progress"]
    waiting.carrier.carry()
    waiting.outbound.send_due()
    assert [mail["Auto-Submitted"] for mail in waiting.mails()] == [
        "auto-replied",
        "auto-generated",
    ]
    assert not any("still checking" in mail["Subject"] for mail in waiting.mails())
    assert waiting.rows()[0].withdrawn_at == NOW


def test_a_letter_at_rest_is_not_looked_at(waiting: Waiting) -> None:
    waiting.carrier.accept()
    waiting.carrier.carry()
    assert [row.kind for row in waiting.look()] == ["receipt", "notice"]


def test_a_letter_that_ends_while_it_is_looked_at_is_not_still_checked(waiting: Waiting) -> None:
    def end() -> None:
        waiting.carrier.reader.before = lambda: None
        waiting.carrier.carry()

    waiting.carrier.accept()
    waiting.carrier.reader.before = end
    assert sorted(row.kind for row in waiting.look()) == ["notice", "receipt"]


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        (b"Auto-Submitted: auto-replied\r\n", {}),
        (b"List-Id: <claims.bakerllp.example>\r\n", {}),
        (b"Precedence: bulk\r\n", {}),
        (b"", {"sender": ""}),
        (b"", {"sender": "eve@evil.example"}),
        (b"", {"sender": "mailer-daemon@bakerllp.example"}),
        (b"", {"sender": "claims@casebridge.example"}),
        (b"", {"quiet": True}),
    ],
)
def test_nobody_is_told_who_would_get_no_receipt(
    waiting: Waiting, header: bytes, changes: dict[str, Any]
) -> None:
    waiting.carrier.accept(header + MAIL, **changes)
    assert waiting.look() == []


def test_another_mailbox_at_a_public_provider_is_told_nothing(waiting: Waiting) -> None:
    spoofed = MAIL.replace(b"pat.hall@bakerllp.example", b"ortega.defense@postbox.example")
    waiting.carrier.accept(spoofed, sender="attacker@postbox.example")
    assert waiting.look() == []


def test_whoever_passes_a_message_on_is_told_and_of_a_mail_of_ours_nobody_is(
    waiting: Waiting,
) -> None:
    for sender in (forwarding.PAT, "Claims <claims@casebridge.example>"):
        mail = forwarding.outlook(forwarding.inner("24-001234", sender=sender, name=None))
        waiting.carrier.accept(mail.as_bytes(), sender=forwarding.DANA)
    assert [(row.letter_id, row.recipient) for row in waiting.look()] == [(1, forwarding.DANA)]


def test_a_stranger_is_told_that_it_came(waiting: Waiting) -> None:
    stranger = MAIL.replace(b"pat.hall@bakerllp.example", b"jo@elsewhere.example")
    waiting.carrier.accept(stranger, sender="jo@elsewhere.example", proof=Proof.NONE)
    assert [row.recipient for row in waiting.look()] == ["jo@elsewhere.example"]


def test_what_cannot_be_read_is_left_to_its_receipt(waiting: Waiting) -> None:
    waiting.carrier.accept()
    waiting.carrier.reader.answers = lambda _: {"stopped": "too_deep"}
    assert waiting.look() == []
    waiting.carrier.reader.answers = ReaderHere().answers
    assert waiting.look() == [], "one look is enough"


def test_a_letter_whose_second_attempt_waits_was_answered_before(waiting: Waiting) -> None:
    waiting.carrier.accept()
    waiting.carrier.carry()
    with waiting.carrier.stores.database.write() as connection:
        connection.execute(letters.update().values(state="checking", attempt=2))
    assert [row.kind for row in waiting.look()] == ["receipt", "notice"]

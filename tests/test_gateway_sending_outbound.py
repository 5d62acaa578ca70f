"""Outbound: nobody is told twice, nobody is forgotten, and no header is a stranger's."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from config.settings import CONFIG_FOLDER
from config.settings import Outbound as OutboundSettings
from gateway.sending.outbound import BATCH, Outbound
from gateway.sending.way import FolderWay
from gateway.stores import Stores
from gateway.upkeep.chore import Chore
from gateway.watch import Metrics
from portal.directory_import import import_directory
from portal.tables import events, letters, outbox
from tests.carrying import Carrier
from tests.live_door import until

NOW = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)


@dataclasses.dataclass
class Post:
    """The outbox and what carries it out, with a clock that stands still until it is turned."""

    stores: Stores
    now: datetime = NOW
    set_back: timedelta = timedelta()  # what the clock was set back by, and time was not

    def __post_init__(self) -> None:
        Carrier(self.stores).accept()
        settings = self.stores.settings.model_copy(
            update={"outbound": OutboundSettings(poll_seconds=0.01)}
        )
        self.metrics = Metrics()
        self.outbound = Outbound(
            *(self.stores.database, FolderWay(self.folder), settings, lambda: self.now),
            *(self.metrics, self.monotonic),
        )

    def monotonic(self) -> float:
        """Return the clock that nobody sets, in seconds."""
        return (self.now + self.set_back).timestamp()

    @property
    def folder(self) -> Path:
        return self.stores.folder / "outbox"

    def owe(self, **changes: Any) -> None:
        row: dict[str, Any] = {
            "letter_id": 1,
            "kind": "receipt",
            "occasion": "1",
            "message_id": f"unguessable-{len(self.rows()) + 1}",
            "created_at": self.now,
            "recipient": "pat.hall@bakerllp.example",
            "subject": "Filed: 1 document (receipt 7KQ4-M2XD)",
            "text": "We received your message and filed it.\n",
            "in_reply_to": "<1@bakerllp.example>",
            "not_before": self.now,
            "tries": 0,
        }
        with self.stores.database.write() as connection:
            connection.execute(outbox.insert().values(row | changes))

    def rows(self) -> list[Any]:
        with self.stores.database.read() as connection:
            return list(connection.execute(outbox.select().order_by(outbox.c.id)))

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.eml"))


@pytest.fixture
def post(stores: Stores) -> Post:
    return Post(stores)


def test_a_receipt_is_a_mail_that_no_machine_answers(post: Post) -> None:
    post.owe(text="Größe: 3 documents.\n" + "x" * 2000 + "\n.\n")
    assert post.outbound.send_due() == 1
    (file,) = post.files()
    raw = file.read_bytes()
    mail = message_from_bytes(raw, policy=default)
    assert (file.name, mail["To"]) == ("00000001-receipt.eml", "pat.hall@bakerllp.example")
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["In-Reply-To"] == mail["References"] == "<1@bakerllp.example>"
    assert mail["Message-ID"] == "<unguessable-1@casebridge.example>"
    assert mail.get_content().split() == ["Größe:", "3", "documents.", "x" * 2000, "."]
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998, "RFC 5322, 2.1.1"
    (row,) = post.rows()
    assert (row.sent_at, row.tries) == (NOW, 1)
    with post.stores.database.read() as connection:
        assert connection.execute(sa.select(events.c.kind)).scalars().all() == ["receipt.sent"]


def test_a_notice_is_nobodys_reply(post: Post) -> None:
    post.owe(kind="notice", in_reply_to=None)
    post.outbound.send_due()
    mail = message_from_bytes(post.files()[0].read_bytes(), policy=default)
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == ("auto-generated", None)


def test_what_is_sent_or_not_yet_due_stays(post: Post) -> None:
    post.owe()
    post.owe(kind="notice", not_before=NOW + timedelta(minutes=1))
    assert post.outbound.send_due() == 1
    assert post.outbound.send_due() == 0
    post.now += timedelta(minutes=1)
    assert post.outbound.send_due() == 1


def test_a_firms_flood_of_receipts_stands_behind_the_first_one_of_another(post: Post) -> None:
    Carrier(post.stores).accept(b"Subject: y\r\n\r\n", sender="kim@quillmarsh.example")
    for number in range(BATCH + 20):
        post.owe(kind="notice", recipient=f"{number}@sample-mutual.example")
    post.owe(kind="notice", letter_id=2, recipient="dana.reyes@sample-mutual.example")
    post.owe(kind="notice", letter_id=None, recipient="lee.park@sample-mutual.example")
    assert post.outbound.send_due() == BATCH
    sent = {row.id for row in post.rows() if row.sent_at}
    assert sent == {*range(1, BATCH - 1), BATCH + 21, BATCH + 22}
    assert post.outbound.send_due() == 22
    assert all(row.sent_at for row in post.rows())


def rests(post: Post, **changes: Any) -> None:
    with post.stores.database.write() as connection:
        connection.execute(letters.update().values(changes))


def lines_of(part: MIMEPart) -> list[str]:
    content = part.get_content()
    assert isinstance(content, str)
    return content.splitlines()


def test_what_was_not_filed_comes_back_as_a_report_that_programs_read(post: Post) -> None:
    """RFC 3464 and RFC 6522, from a letter that holds nothing, parsed by nothing of ours."""
    import_directory(post.stores.database, CONFIG_FOLDER / "directory")
    carrier = Carrier(post.stores)
    carrier.accept(
        b"From: pat.hall@bakerllp.example\r\nSubject: 24-001234\r\n"
        b"Message-ID: <2@bakerllp.example>\r\n\r\n"
    )
    carrier.carry(2)
    (row,) = post.rows()
    assert row.subject.startswith("Not filed: your message of ")
    post.now = row.not_before
    assert post.outbound.send_due() == 1
    raw = post.files()[0].read_bytes()
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    said, status, returned = mail.iter_parts()
    assert said.get_content_type() == "multipart/alternative"
    plain, html = said.iter_parts()
    assert lines_of(plain) == row.text.splitlines()
    assert lines_of(html) == row.html.splitlines()
    assert status.get_content_type() == "message/delivery-status"
    assert [list(map(tuple, block.items())) for block in status.iter_parts()] == [
        [("Reporting-MTA", "dns; casebridge.example")],
        [
            ("Final-Recipient", "rfc822; claims@casebridge.example"),
            ("Action", "failed"),
            ("Status", "5.6.0"),
        ],
    ]
    assert returned.get_content_type() == "text/rfc822-headers"
    assert lines_of(returned) == ["Message-ID: <2@bakerllp.example>"]
    assert (mail["Auto-Submitted"], mail["To"]) == ("auto-replied", "pat.hall@bakerllp.example")
    assert mail["In-Reply-To"] == "<2@bakerllp.example>"
    assert [len(mail.get_all(name, [])) for name in ("MIME-Version", "Content-Type")] == [1, 1]
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "filed"},
        {"state": "rehearsed"},
        {"state": "not_filed", "attempt": 2},  # decided anew: what this one says is over
        {"state": "not_filed", "proof": "none"},
        {"state": "not_filed", "recipients": ["postmaster"]},  # no address to report on
    ],
)
def test_every_other_receipt_is_no_report(post: Post, changes: dict[str, Any]) -> None:
    rests(post, **changes)
    post.owe()
    post.outbound.send_due()
    mail = message_from_bytes(post.files()[0].read_bytes(), policy=default)
    assert mail.get_content_type() == "text/plain"


def test_a_report_holds_no_line_of_a_strangers(post: Post) -> None:
    hostile = ["claims@casebridge.example\r\nBcc: eve@evil.example"]
    rests(post, state="not_filed", reason="no_content", recipients=hostile)
    post.owe(in_reply_to=None)
    post.outbound.send_due()
    assert b"evil" not in post.files()[0].read_bytes()


class Crash(BaseException):
    """The process ends here."""


def test_a_crash_between_file_and_row_writes_the_same_file_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.owe()
    with monkeypatch.context() as patch:
        patch.setattr(Outbound, "_note", crash)
        with pytest.raises(Crash):
            post.outbound.send_due()
    (before,) = (file.read_bytes() for file in post.files())
    assert [row.sent_at for row in post.rows()] == [None]
    assert post.outbound.send_due() == 1
    assert [file.read_bytes() for file in post.files()] == [before]
    assert [row.sent_at for row in post.rows()] == [NOW]


def crash(*_arguments: object) -> None:
    raise Crash


def test_half_a_file_of_a_crash_is_written_over(post: Post) -> None:
    post.owe()
    post.folder.mkdir()
    (post.folder / "00000001-receipt.part").write_bytes(b"half" * 9000)
    post.outbound.send_due()
    assert [file.name for file in post.folder.iterdir()] == ["00000001-receipt.eml"]
    assert b"half" not in post.files()[0].read_bytes()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\u2028", "\x85"])
@pytest.mark.parametrize("field", ["subject", "recipient", "in_reply_to"])
@pytest.mark.slow
def test_a_line_end_makes_no_header(post: Post, field: str, end: str) -> None:
    """CVE-2024-6923, CVE-2026-1299: whatever got into the row, the mail has our headers alone."""
    post.owe(**{field: f"a@b.example{end}Bcc: eve@evil.example{end}{end}<html>"})
    post.owe(kind="notice")
    with structlog.testing.capture_logs():
        assert post.outbound.send_due() == 2
    for file in post.files():
        mail = message_from_bytes(file.read_bytes())
        assert mail["Bcc"] is None
        assert "evil" not in str(mail.get_payload())
        assert len(mail.get_all("To", [])) == 1
    assert post.rows()[1].sent_at == NOW, "the next one is sent all the same"


def test_a_failure_backs_off_and_is_tried_until_it_is_sent(post: Post) -> None:
    post.owe()
    post.folder.mkdir()
    (post.folder / "00000001-receipt.part").mkdir()  # it cannot be written
    waits = []
    with structlog.testing.capture_logs() as log:
        for _ in range(14):
            assert post.outbound.send_due() == 1
            (row,) = post.rows()
            waits.append((row.not_before - post.now).total_seconds())
            assert post.outbound.send_due() == 0
            post.now = row.not_before
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-2:] == [3600, 3600]
    assert {line["event"] for line in log} == {"mail.failed"}
    assert "bakerllp" not in str(log)
    (post.folder / "00000001-receipt.part").rmdir()
    assert post.outbound.send_due() == 1
    (row,) = post.rows()
    assert (row.sent_at, row.tries) == (post.now, 15)


def test_a_storage_that_fails_for_a_while_ends_nothing(post: Post) -> None:
    post.owe()
    post.folder.write_text("in the way")
    stop = threading.Event()
    thread = threading.Thread(
        target=Chore("outbound", lambda _: post.outbound.send_due() > 0, 0.01).run, args=(stop,)
    )
    with structlog.testing.capture_logs() as log:
        thread.start()
        try:
            until(lambda: bool(log) or not thread.is_alive())
            assert thread.is_alive()
            post.folder.unlink()
            post.now += timedelta(hours=1)
            until(lambda: post.rows()[0].sent_at is not None)
        finally:
            stop.set()
            thread.join(10)

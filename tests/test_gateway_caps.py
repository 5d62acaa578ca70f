"""Caps: five receipts, then one digest; nobody unknown gets many; and nothing urgent waits."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from config.settings import Receipts
from gateway.caps import CAPPED, TOLD_BY_DIGEST
from gateway.stores import Stores
from portal.tables import decisions, firms, letters, outbox, packages
from tests.carrying import Carrier
from tests.stripped import stripped
from tests.test_gateway_outbound import NOW, Post

PAT = "pat.hall@bakerllp.example"


class Bulk(Post):
    """An outbox with a letter for each receipt, of a firm that is known, or of nobody."""

    def send(self, many: int, *, known: bool = True, **changes: Any) -> None:
        urgent, state = changes.pop("urgent", None), changes.pop("state", "filed")
        forwarded = changes.pop("forwarded", None)
        for _ in range(many):
            number = self._letter(known, urgent, state, forwarded)
            self.owe(letter_id=number, not_before=self.now, **changes)

    def _letter(
        self, known: bool, urgent: str | None, state: str, forwarded: dict[str, str] | None
    ) -> int:
        number = len(self.rows()) + 2
        Carrier(self.stores).accept(b"Subject: %d\r\n\r\n" % number, arrived_at=self.now)
        with self.stores.database.write() as connection:
            identity: int = connection.execute(
                letters.select().order_by(letters.c.id.desc()).limit(1)
            ).scalar_one()
            if known and connection.execute(firms.select()).first() is None:
                connection.execute(firms.insert().values(id=1, name="Baker LLP"))
            connection.execute(
                letters.update()
                .where(letters.c.id == identity)
                .values(firm_id=1 if known else None, state=state)
            )
            connection.execute(
                packages.insert().values(
                    letter_id=identity,
                    header_from="",
                    subject="",
                    narrative="",
                    candidates=[],
                    problems=[],
                    consultant_how="case",
                    urgent=urgent,
                    forwarded=forwarded,
                )
            )
        return identity

    def drain(self) -> None:
        while self.outbound.send_due():
            pass

    def kinds_sent(self) -> list[str]:
        return [file.name.partition("-")[2] for file in self.files()]


@pytest.fixture
def post(stores: Stores) -> Bulk:
    return Bulk(stores)


@pytest.mark.slow
def test_a_bulk_day_is_five_receipts_and_one_digest(post: Bulk) -> None:
    post.send(20)
    post.drain()
    post.now += timedelta(minutes=15)
    post.send(20)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 5
    digest = next(row for row in post.rows() if row.kind == "digest")
    assert (digest.letter_id, digest.not_before) == (None, NOW + timedelta(hours=1))
    assert [row.digest_id for row in post.rows() if row.kind == "receipt"] == (
        [None] * 5 + [digest.id] * 35
    )
    post.now = NOW + timedelta(hours=1)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 5 + ["digest.eml"]
    mail = message_from_bytes(post.files()[-1].read_bytes(), policy=default)
    assert mail["Subject"] == "Filed: 35 more messages"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert text.split() == stripped(html).split()
    with post.stores.database.read() as connection:
        rows = connection.execute(letters.select().order_by(letters.c.id)).all()
    assert [one for one in rows if f"{one.receipt[:4]}-{one.receipt[4:]}" in text] == rows[6:]
    assert all(row.sent_at is not None for row in post.rows())
    assert digest.return_token is not None
    post.now += timedelta(minutes=1)
    post.send(1)
    post.drain()
    assert post.kinds_sent()[-1] == "receipt.eml", "it begins anew"


@pytest.mark.slow
def test_a_digest_that_is_full_goes_out_at_once(post: Bulk) -> None:
    post.send(70)
    post.drain()
    digests = [row for row in post.rows() if row.kind == "digest"]
    assert [row.sent_at for row in digests] == [NOW, None]
    members = [sum(row.digest_id == one.id for row in post.rows()) for one in digests]
    assert members == [60, 5]
    assert len((digests[0].html or "").encode()) < 60_000


def test_what_is_urgent_is_never_put_into_a_digest(post: Bulk) -> None:
    post.send(7)
    post.send(2, urgent="The message says so.")
    post.drain()
    assert [row.sent_at is not None for row in post.rows() if row.kind == "receipt"] == (
        [True] * 5 + [False] * 2 + [True] * 2
    )


def test_who_rehearses_sees_each_receipt(post: Bulk) -> None:
    post.send(8, state="rehearsed")
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 8


def test_a_notice_is_not_counted_and_another_recipient_neither(post: Bulk) -> None:
    post.send(5)
    post.send(1, recipient="lee@bakerllp.example")
    post.owe(kind="notice", letter_id=2)
    post.drain()
    assert len(post.files()) == 7


def test_after_ten_minutes_receipts_go_singly_again(post: Bulk) -> None:
    post.send(5)
    post.drain()
    post.now += timedelta(minutes=10)
    post.send(1)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 6


def test_an_unknown_address_gets_ten_mails_in_three_hours(post: Bulk) -> None:
    for _ in range(4):
        post.send(5, known=False)
        post.drain()
        post.now += timedelta(minutes=11)
    stopped = [row for row in post.rows() if row.withdrawn_at is not None]
    assert post.kinds_sent() == ["receipt.eml"] * 10
    assert [row.failure for row in stopped] == [CAPPED] * 10
    post.now = NOW + timedelta(minutes=181)
    post.send(1, known=False)
    post.drain()
    assert len(post.files()) == 11


def test_a_digest_to_an_unknown_address_is_stopped_as_well(post: Bulk) -> None:
    post.outbound.settings = post.outbound.settings.model_copy(
        update={"receipts": Receipts(singles=2, unproven_mails=3)}
    )
    post.send(4, known=False)
    post.drain()
    post.send(1, known=False, urgent="The message says so.")
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 3
    post.now += timedelta(hours=1)
    post.drain()
    assert len(post.files()) == 3
    digest = next(row for row in post.rows() if row.kind == "digest")
    assert (digest.withdrawn_at, digest.failure) == (post.now, CAPPED)


def test_one_of_the_staff_who_forwards_much_is_never_stopped(post: Bulk) -> None:
    for _ in range(4):
        post.send(5, known=False, forwarded={"by": "Dana Reyes"})
        post.drain()
        post.now += timedelta(minutes=11)
    assert post.kinds_sent() == ["receipt.eml"] * 20


def test_a_known_firm_is_never_stopped(post: Bulk) -> None:
    for _ in range(4):
        post.send(5)
        post.drain()
        post.now += timedelta(minutes=11)
    assert len(post.files()) == 20


def test_a_progress_mail_among_many_is_not_sent(post: Bulk) -> None:
    post.send(5)
    post.drain()
    post.owe(kind="progress", letter_id=2)
    post.drain()
    assert post.rows()[-1].failure == TOLD_BY_DIGEST
    assert len(post.files()) == 5


def test_what_was_withdrawn_is_not_in_the_digest_and_an_empty_one_is_not_sent(post: Bulk) -> None:
    post.send(7)
    post.drain()
    with post.stores.database.write() as connection:
        connection.execute(
            outbox.update().where(outbox.c.digest_id.is_not(None)).values(withdrawn_at=NOW)
        )
    post.now += timedelta(hours=1)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 5
    assert post.rows()[-1].withdrawn_at == post.now


def test_what_nobody_proved_neither_stops_nor_gathers_a_known_firms_receipts(post: Bulk) -> None:
    """A stranger writes in a firm's name, over and over; then the firm writes."""
    post.send(20, known=False)
    post.drain()
    post.send(3)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 8, "five of each are single"
    post.now += timedelta(hours=1)
    post.drain()
    assert [row.failure for row in post.rows() if row.kind == "digest"] == [None]


def test_each_kind_of_proof_has_a_digest_of_its_own(post: Bulk) -> None:
    post.send(6, known=False)
    post.send(6)
    post.drain()
    digests = [row.id for row in post.rows() if row.kind == "digest"]
    gathered = [row.digest_id for row in post.rows() if row.digest_id is not None]
    assert sorted(gathered) == digests
    assert len(digests) == 2


def test_of_a_digest_that_is_stopped_what_was_proven_since_is_told_by_itself(post: Bulk) -> None:
    post.outbound.settings = post.outbound.settings.model_copy(
        update={"receipts": Receipts(singles=2, unproven_mails=3)}
    )
    post.send(4, known=False)
    post.drain()
    post.send(1, known=False, urgent="The message says so.")
    post.drain()
    gathered = [row for row in post.rows() if row.digest_id is not None]
    with post.stores.database.write() as connection:
        connection.execute(firms.insert().values(id=1, name="Baker LLP"))
        known = letters.update().where(letters.c.id == gathered[0].letter_id)
        connection.execute(known.values(firm_id=1))
    post.now += timedelta(hours=1)
    post.drain()
    proven, other = (next(row for row in post.rows() if row.id == one.id) for one in gathered)
    assert (proven.sent_at, proven.digest_id) == (post.now, None)
    assert (other.sent_at, other.withdrawn_at, other.failure) == (None, post.now, CAPPED)


@pytest.mark.parametrize("state", ["needs_you", "filed_in_part", "not_filed"])
def test_what_the_sender_has_to_do_something_about_comes_by_itself(post: Bulk, state: str) -> None:
    post.send(6)
    post.send(1, state=state)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 6
    assert [row.sent_at for row in post.rows() if row.kind == "receipt"][-1] == post.now


@pytest.mark.parametrize("undone", [False, True])
def test_a_digest_tells_no_decision_that_may_be_taken_back(post: Bulk, undone: bool) -> None:
    post.send(7, state="with_us")
    post.drain()
    told = [row.letter_id for row in post.rows() if row.digest_id is not None]
    post.now += timedelta(minutes=60)
    with post.stores.database.write() as connection:
        connection.execute(letters.update().where(letters.c.id == told[0]).values(state="filed"))
        connection.execute(
            decisions.insert().values(
                letter_id=told[0],
                kind="file",
                detail={},
                decided_at=post.now,
                undo_until=post.now + timedelta(seconds=60),
                carried_at=post.now,
                undone_at=post.now if undone else None,
            )
        )
    post.drain()
    text = message_from_bytes(post.files()[-1].read_bytes(), policy=default)
    body = text.get_body(("plain",))
    assert body is not None
    assert body.get_content().count("With our team") == (1 if undone else 2)

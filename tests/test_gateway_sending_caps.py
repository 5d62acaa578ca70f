"""Caps: five receipts, then one digest; nobody unknown gets many; and nothing urgent waits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import Receipts
from gateway.sending.caps import TOLD_BY_DIGEST, sent_lately
from gateway.sending.due import DUE
from gateway.stores import Stores
from portal.tables import confirmations, decisions, firms, identifiers, letters, outbox, packages
from tests.carrying import Carrier
from tests.planned import steps
from tests.stripped import stripped
from tests.test_gateway_sending_outbound import NOW, Post

PAT = "pat.hall@bakerllp.example"


class Bulk(Post):
    """An outbox with a letter for each receipt, of a firm that is known, or of nobody."""

    def send(self, many: int, *, known: bool = True, **changes: Any) -> None:
        urgent, state = changes.pop("urgent", None), changes.pop("state", "filed")
        forwarded, said = changes.pop("forwarded", None), changes.pop("said", {})
        for _ in range(many):
            number = self._letter(known, urgent, state, {"forwarded": forwarded, **said})
            self.owe(letter_id=number, not_before=self.now, **changes)

    def _letter(self, known: bool, urgent: str | None, state: str, said: dict[str, Any]) -> int:
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
                    **said,
                )
            )
        return identity

    def flood(self, many: int) -> None:
        """Owe receipts for so many letters more like the last one, of which the last is urgent."""
        with self.stores.database.write() as connection:

            def last(query: sa.Select[Any], table: sa.Table) -> dict[str, Any]:
                newest = query.order_by(table.primary_key.columns[0].desc()).limit(1)
                return dict(connection.execute(newest).one()._mapping)

            letter = last(letters.select(), letters)
            package = last(packages.select(), packages)
            receipts = outbox.select().where(outbox.c.kind == "receipt")
            mail = last(receipts, outbox) | {"sent_at": None, "tries": 0, "digest_id": None}
            del mail["id"]
            first = letter["id"] + 1
            numbers = range(first, first + many)
            new = [
                letter | {"id": one, "receipt": f"{one:08d}", "fingerprint": str(one),
                          "arrived_at": self.now} for one in numbers
            ]  # fmt: skip
            connection.execute(letters.insert(), new)
            urgent = {numbers[-1]: "The message says so."}
            described = [package | {"letter_id": one, "urgent": urgent.get(one)} for one in numbers]
            connection.execute(packages.insert(), described)
            owed = [
                mail | {"letter_id": one, "message_id": f"unguessable {one}",
                        "created_at": self.now, "not_before": self.now} for one in numbers
            ]  # fmt: skip
            connection.execute(outbox.insert(), owed)

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


def test_an_answer_about_another_letter_is_never_a_line_of_a_digest(post: Bulk) -> None:
    post.send(6)
    post.send(2, state="set_aside")
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 7
    post.now += timedelta(hours=1)
    post.drain()
    assert "With our team" not in body(post)


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


def test_an_unknown_address_gets_ten_mails_in_three_hours_and_the_rest_in_a_digest(
    post: Bulk,
) -> None:
    for _ in range(4):
        post.send(5, known=False)
        post.drain()
        post.now += timedelta(minutes=11)
    assert post.kinds_sent() == ["receipt.eml"] * 10
    post.now = NOW + timedelta(minutes=179)
    post.drain()
    assert len(post.files()) == 10, "the digest waits as well"
    post.now = NOW + timedelta(minutes=180)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 10 + ["digest.eml"]
    assert all(row.sent_at is not None for row in post.rows())
    assert body(post).count("With our team") + body(post).count("Filed") >= 10


def test_what_is_put_into_a_digest_has_asked_nobody(post: Bulk) -> None:
    for _ in range(2):
        post.send(5, known=False)
        post.drain()
        post.now += timedelta(minutes=11)
    post.send(1, known=False)
    with post.stores.database.write() as connection:
        asked = {"letter_id": post.rows()[-1].letter_id, "email": "pat", "asked_at": post.now}
        connection.execute(confirmations.insert().values(asked))
    post.drain()
    with post.stores.database.read() as connection:
        row = connection.execute(confirmations.select()).one()
    told = next(one for one in post.rows() if one.letter_id == row.letter_id)
    assert (told.sent_at, row.asked_at) == (None, None)
    assert told.digest_id is not None


def test_ten_urgent_letters_in_somebodys_name_do_not_cost_them_their_own_receipt(
    post: Bulk,
) -> None:
    post.send(10, known=False, state="with_us", urgent="The message says so.")
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 5, "half of the room is for what is not urgent"
    post.now += timedelta(minutes=11)
    post.send(1, known=False, state="with_us")
    post.drain()
    post.now = NOW + timedelta(minutes=60)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 5 + ["digest.eml"]
    owners = [row for row in post.rows() if row.kind == "receipt"][-1]
    assert owners.sent_at == post.now
    assert body(post).count("With our team") == 6


@pytest.mark.slow
def test_a_flood_in_an_unproven_name_is_ten_mails_in_each_window_and_nothing_is_dropped(
    post: Bulk,
) -> None:
    post.send(1, known=False, state="with_us")
    post.flood(700)
    sent_in: Counter[int] = Counter()
    for _ in range(14 * 4):
        before = len(post.files())
        post.drain()
        sent_in[int((post.now - NOW) / timedelta(minutes=180))] += len(post.files()) - before
        post.now += timedelta(minutes=15)
    assert max(sent_in.values()) <= 10
    assert all(row.sent_at is not None for row in post.rows())
    told = Counter(row.digest_id for row in post.rows() if row.digest_id is not None)
    assert max(told.values()) == 60


@pytest.mark.slow
def test_one_of_the_staff_who_forwards_much_is_never_stopped(post: Bulk) -> None:
    for _ in range(4):
        post.send(5, known=False, forwarded={"by": "Dana Reyes"})
        post.drain()
        post.now += timedelta(minutes=11)
    assert post.kinds_sent() == ["receipt.eml"] * 20


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_of_a_digest_that_waits_what_was_proven_since_is_told_by_itself(post: Bulk) -> None:
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
    assert (other.sent_at, other.digest_id is not None) == (None, True)
    post.now = NOW + timedelta(minutes=180)
    post.drain()
    assert all(row.sent_at is not None for row in post.rows())


# -- the floor under everything: a cap for whoever is proven --------------------------------------


@pytest.mark.slow
def test_thirty_mails_an_hour_go_to_whoever_is_proven_and_the_rest_is_in_a_digest(
    post: Bulk,
) -> None:
    for _ in range(10):
        post.send(4, state="needs_you")
        post.drain()
        post.now += timedelta(minutes=1)
    assert post.kinds_sent() == ["receipt.eml"] * 30
    post.now = NOW + timedelta(minutes=68)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 30 + ["digest.eml"]
    assert all(row.sent_at is not None for row in post.rows()), "nothing is dropped"
    said = body(post)
    assert said.count("Waiting for you") == 10
    assert "http://127.0.0.1:8080/p/ and its receipt number" in " ".join(said.split())


def test_over_the_cap_an_answer_says_in_its_line_what_its_letter_was_taken_for(post: Bulk) -> None:
    post.outbound.settings = post.outbound.settings.model_copy(
        update={"receipts": Receipts(proven_mails=1)}
    )
    post.send(4, state="set_aside")
    _, added, answer, _ = [row.letter_id for row in post.rows()]
    with post.stores.database.write() as connection:
        for letter, changes in ((added, {"home_id": 1}), (answer, {"copy_of": 1})):
            this = letters.update().where(letters.c.id == letter)
            connection.execute(this.values(changes))
    post.drain()
    post.now += timedelta(hours=1)
    post.drain()
    for words in ("Added to an earlier one", "Read as an answer", "Not filed"):
        assert body(post).count(words) == 1, words


@pytest.mark.slow
def test_what_is_urgent_waits_for_room_by_itself_and_is_in_no_digest(post: Bulk) -> None:
    post.send(33, urgent="The message says so.")
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 30
    post.now += timedelta(minutes=60)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 33
    assert not any(row.kind == "digest" for row in post.rows())


@pytest.mark.slow
def test_a_progress_mail_over_the_cap_is_not_sent(post: Bulk) -> None:
    post.send(30, state="needs_you")
    post.drain()
    post.owe(kind="progress", letter_id=2)
    post.drain()
    assert post.rows()[-1].failure == TOLD_BY_DIGEST


# -- a digest that could not be sent --------------------------------------------------------------


def test_a_digest_that_was_tried_takes_no_more_and_says_the_same(post: Bulk) -> None:
    post.send(7)
    post.drain()
    post.now += timedelta(hours=1)
    (first,) = [row for row in post.rows() if row.kind == "digest"]
    with post.stores.database.write() as connection:
        text = {"text": "as it was tried", "tries": 1, "not_before": post.now}
        connection.execute(outbox.update().where(outbox.c.id == first.id).values(text))
        later = outbox.update().where(outbox.c.id == first.id)
        connection.execute(later.values(not_before=post.now + timedelta(minutes=1)))
    post.send(7)
    post.drain()
    digests = [row for row in post.rows() if row.kind == "digest"]
    assert [sum(row.digest_id == one.id for row in post.rows()) for one in digests] == [2, 2]
    post.now += timedelta(minutes=1)
    post.drain()
    assert body(post) == "as it was tried"
    assert next(row for row in post.rows() if row.id == first.id).sent_at == post.now


@pytest.mark.slow
def test_what_could_not_be_sent_stands_behind_its_own_and_no_others(post: Bulk) -> None:
    post.send(40, recipient="lee@bakerllp.example", state="rehearsed")
    with post.stores.database.write() as connection:
        connection.execute(letters.update().values(turn="firm 1"))
    post.send(1, recipient="quiet@other.example", tries=1)
    with post.stores.database.write() as connection:
        last = post.rows()[-1].letter_id
        connection.execute(letters.update().where(letters.c.id == last).values(turn="firm 2"))
        again = outbox.update().where(outbox.c.id == 1)
        connection.execute(again.values(tries=1))
        order = [row.id for row in connection.execute(DUE)]
    assert order[:2] == [2, 41], "a quiet firm's is second"
    assert order[-1] == 1


# -- what it costs ---------------------------------------------------------------------------------


def test_what_is_due_and_what_was_sent_lately_are_found_by_indices(post: Bulk) -> None:
    post.send(1)
    with post.stores.database.read() as connection:
        due = steps(connection, DUE.where(outbox.c.not_before <= post.now).limit(50))
        lately = steps(connection, sent_lately(PAT, ("receipt",), post.now))
    assert any("SEARCH outbox USING INDEX ix_outbox_owed" in step for step in due), due
    assert any("INDEX ix_outbox_recipient_sent_at" in step for step in lately), lately
    for step in (*due, *lately):
        assert not step.startswith("SCAN outbox"), step


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


# -- a bulk day, as its sender reads it -----------------------------------------------------------


def body(post: Bulk, kind: str = "digest") -> str:
    return str(next(row.text for row in post.rows() if row.kind == kind))


def in_digest(post: Bulk) -> str:
    """Return the digest as it went out."""
    post.drain()
    post.now += timedelta(hours=1)
    post.drain()
    return body(post)


@pytest.mark.slow
def test_sixty_mails_in_an_hour_are_five_receipts_and_one_digest_of_fifty_five(post: Bulk) -> None:
    for _ in range(12):
        post.send(5)
        post.drain()
        post.now += timedelta(minutes=5)
    post.now += timedelta(minutes=5)
    post.drain()
    assert post.kinds_sent() == ["receipt.eml"] * 5 + ["digest.eml"]
    mail = message_from_bytes(post.files()[-1].read_bytes(), policy=default)
    assert mail["Subject"] == "Filed: 55 more messages"


def test_a_digest_names_each_message_by_when_it_was_sent_and_its_message_id(post: Bulk) -> None:
    sent_at = NOW - timedelta(hours=3)
    post.send(5)
    post.send(1, said={"message_id": "<of-a-day@bakerllp.example>", "sent_at": sent_at})
    post.send(1)
    _, _, told = in_digest(post).partition("MESSAGES: 2\n")
    columns, first, second, *_ = told.splitlines()
    assert columns.split() == ["Sent", "Documents", "Outcome", "Receipt", "Message-ID"]
    assert first.startswith("Nov 21, 12:42 pm  0")
    assert first.endswith("  <of-a-day@bakerllp.example>")
    assert second.startswith("Nov 21, 3:42 pm   0"), "without a Date, when we had it"
    assert second.endswith("  none")


@pytest.mark.parametrize(
    "message_id",
    ["<a@b>\r\nBcc: eve@evil.example", "<" + "x" * 500 + ">", "no brackets", "<a b@c>", ""],
)
def test_a_message_id_that_is_none_is_not_told(post: Bulk, message_id: str) -> None:
    post.send(6, said={"message_id": message_id})
    text = in_digest(post)
    assert "Message-ID" not in text
    assert "evil" not in text


def test_a_stranger_writes_no_word_into_a_digest(post: Bulk) -> None:
    """Else whoever forges a From mails words of theirs to anybody, in our name."""
    post.send(7, known=False, said={"message_id": "<call.1-800-555@evil.example>"})
    text = in_digest(post)
    assert "evil.example" not in text
    assert "2 more messages" in text


def test_a_digest_of_copies_names_nothing_to_whoever_is_not_of_the_firm(post: Bulk) -> None:
    for recipient in ("office@bakerllp.example", "bureau@elsewhere.example"):
        post.send(
            7,
            kind="receipt_copy",
            recipient=recipient,
            in_reply_to=None,
            said={"message_id": f"<to-{recipient}>"},
        )
    with post.stores.database.write() as connection:
        connection.execute(
            identifiers.insert().values(firm_id=1, type="mail_domain", value="bakerllp.example")
        )
    in_digest(post)
    theirs, others = (row.text for row in post.rows() if row.kind == "digest")
    assert "We received 2 more messages from your firm" in theirs
    assert "<to-office@bakerllp.example>" in theirs
    assert PAT in theirs, "who sent them"
    assert "Message-ID" not in others
    assert PAT not in others


@pytest.mark.parametrize("kind", ["receipt_copy", "listed"])
@pytest.mark.parametrize(
    "changes",
    [{"urgent": "The message says so."}, {"state": "needs_you"}, {"state": "filed_in_part"}],
)
@pytest.mark.slow
def test_nothing_urgent_and_no_question_is_in_any_digest_of_copies_or_devices(
    post: Bulk, kind: str, changes: dict[str, Any]
) -> None:
    post.send(7, kind=kind)
    post.send(1, kind=kind, **changes)
    post.drain()
    last = [row for row in post.rows() if row.kind == kind][-1]
    assert (last.sent_at, last.digest_id) == (post.now, None)


@pytest.mark.slow
def test_two_thousand_messages_in_a_day_are_all_told_and_no_digest_is_cut_off(post: Bulk) -> None:
    """Whatever is urgent among them goes out at once, and nothing is told twice."""
    post.send(1)
    for _ in range(8):
        post.flood(250)
        post.drain()
        post.now += timedelta(hours=1)
    post.drain()
    rows = post.rows()
    receipts = [row for row in rows if row.kind == "receipt"]
    digests = {row.id: row for row in rows if row.kind == "digest"}
    assert len(receipts) == 2001
    assert all(row.sent_at is not None and row.failed_at is None for row in receipts)
    assert all(row.sent_at is not None for row in digests.values())
    told = Counter(row.digest_id for row in receipts)
    assert max(told[one] for one in digests) <= 60
    assert sum(told[one] for one in digests) + told[None] == 2001
    with post.stores.database.read() as connection:
        urgent = set(
            connection.execute(
                sa.select(packages.c.letter_id).where(packages.c.urgent.is_not(None))
            ).scalars()
        )
    assert {row.digest_id for row in receipts if row.letter_id in urgent} == {None}
    for one in digests.values():
        assert len(one.html.encode()) < 100_000
        assert one.text.count("Filed") >= told[one.id]

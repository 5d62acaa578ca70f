"""The wall: whole and once, or nothing; and a repeat is answered as the first was."""

from __future__ import annotations

import dataclasses
import io
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.intake import Intake, WallDown
from gateway.letter import Accepted, Envelope, Letter, Proof
from gateway.moving.queue import Queue
from gateway.stores import Stores
from portal import receipt_number
from portal.tables import letters
from portal.vault import DiskFull


def letter(stores: Stores, content: bytes = b"Subject: x\r\n\r\ny\r\n", **changes: Any) -> Letter:
    envelope = Envelope(
        door="smtp",
        sender="pat@bakerllp.example",
        recipients=("claims@casebridge.example",),
        arrived_at=datetime(2026, 11, 21, 20, 42, tzinfo=UTC),
        proof=Proof.LOOPBACK,
    )
    return Letter(
        dataclasses.replace(envelope, **changes),
        stores.vault.add(io.BytesIO(content)),
    )


def count(stores: Stores) -> int:
    with stores.database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(letters)).scalar_one()


def test_an_accepted_letter_has_its_row_and_its_workflow(stores: Stores) -> None:
    accepted = stores.intake().accept(letter(stores))
    assert not accepted.repeated
    assert receipt_number.parsed(accepted.receipt) == accepted.receipt
    with stores.database.read() as connection:
        row = connection.execute(sa.select(letters)).one()
    assert (row.receipt, row.state, row.attempt) == (accepted.receipt, "checking", 1)
    assert row.arrived_at == datetime(2026, 11, 21, 20, 42, tzinfo=UTC)
    assert stores.queue().depth() == 1


def test_a_letter_of_the_same_origin_is_a_repeat_whatever_its_bytes_are(stores: Stores) -> None:
    intake = stores.intake()
    assert intake.taken("claims/7/1") is None
    first = intake.accept(letter(stores, b"a", origin="claims/7/1", tls="TLSv1.3"))
    again = intake.accept(letter(stores, b"b", origin="claims/7/1"))
    assert again == Accepted(first.receipt, repeated=True)
    assert intake.taken("claims/7/1") == first.receipt
    # Under another UID or UIDVALIDITY the same bytes are a repeat all the same.
    assert intake.accept(letter(stores, b"a", origin="claims/8/1")).receipt == first.receipt
    assert intake.accept(letter(stores, b"c", origin="claims/8/2")).receipt != first.receipt
    # Letters without an origin have none in common.
    assert not intake.accept(letter(stores, b"d")).repeated
    assert not intake.accept(letter(stores, b"e")).repeated
    assert count(stores) == 4
    with stores.database.read() as connection:
        rows = connection.execute(sa.select(letters.c.tls).order_by(letters.c.id)).scalars().all()
    assert rows == ["TLSv1.3", None, None, None]


def test_a_repeat_is_answered_with_the_first_receipt(stores: Stores) -> None:
    intake = stores.intake()
    first = intake.accept(letter(stores))
    assert intake.accept(letter(stores)) == Accepted(first.receipt, repeated=True)
    assert count(stores) == 1
    assert stores.queue().depth() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "stranger@elsewhere.example"},
        {"recipients": ("claims+24-001234@casebridge.example",)},
        {"door": "import"},
    ],
    ids=["another sender", "another recipient", "another door"],
)
def test_the_same_bytes_from_elsewhere_are_a_letter_of_their_own(
    stores: Stores, changes: dict[str, Any]
) -> None:
    intake = stores.intake()
    first = intake.accept(letter(stores))
    second = intake.accept(letter(stores, **changes))
    assert not second.repeated
    assert second.receipt != first.receipt


def test_recipients_in_another_order_are_a_repeat(stores: Stores) -> None:
    intake = stores.intake()
    both = ("claims@casebridge.example", "claims+24-001234@casebridge.example")
    first = intake.accept(letter(stores, recipients=both))
    assert intake.accept(letter(stores, recipients=both[::-1])).receipt == first.receipt


def test_a_receipt_number_that_is_taken_is_drawn_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(["AAAAAAAA", "AAAAAAAA", "BBBBBBBB"])
    monkeypatch.setattr(receipt_number, "new", lambda: next(numbers))
    intake = stores.intake()
    assert intake.accept(letter(stores, b"one")).receipt == "AAAAAAAA"
    assert intake.accept(letter(stores, b"two")).receipt == "BBBBBBBB"


def test_many_doors_at_once_lose_and_double_nothing(stores: Stores) -> None:
    intake = stores.intake()
    answers: list[Accepted] = []

    def send(sender: int) -> None:
        # Each letter is sent by two threads, as two deliveries of one message that race.
        answers.extend(
            intake.accept(letter(stores, f"{sender // 2}-{number}".encode()))
            for number in range(10)
        )

    threads = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert len({answer.receipt for answer in answers}) == 40
    assert sum(not answer.repeated for answer in answers) == 40
    assert count(stores) == 40
    assert stores.queue().depth() == 40


class RefusingQueue(Queue):
    """A queue that cannot take one letter: the shape of a fault in the middle of a batch."""

    def __init__(self, engine: sa.Engine, refused: str) -> None:
        super().__init__(engine)
        self.refused = refused

    def put(
        self, connection: sa.Connection, letter_id: int, attempt: int, turn: str | None
    ) -> None:
        sha256 = connection.execute(
            sa.select(letters.c.raw_sha256).where(letters.c.id == letter_id)
        ).scalar_one()
        if sha256 == self.refused:
            raise sa.exc.IntegrityError("put", {}, Exception("refused"))
        super().put(connection, letter_id, attempt, turn)


def test_one_letter_that_cannot_be_written_does_not_take_others_along(stores: Stores) -> None:
    bad = letter(stores, b"bad")
    good = [letter(stores, b"good %d" % number) for number in range(4)]
    intake = Intake(stores.database, RefusingQueue(stores.database.queue_engine, bad.raw.sha256))
    outcomes: list[object] = []

    def send(one: Letter) -> None:
        try:
            outcomes.append(intake.accept(one))
        except WallDown as fault:
            outcomes.append(fault)

    # The lead is taken until all have come, so that they share one transaction.
    intake._led = True
    threads = [threading.Thread(target=send, args=(one,)) for one in (*good, bad)]
    for thread in threads:
        thread.start()
    while len(intake._waiting) < 5:
        pass
    intake._lead()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 4
    assert sum(isinstance(outcome, WallDown) for outcome in outcomes) == 1
    assert count(stores) == 4


def test_who_comes_while_a_commit_is_in_hand_shares_the_next_one(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = stores.intake()
    commits: list[int] = []
    first_in, go_on = threading.Event(), threading.Event()
    accept_all = Intake._accept_all

    def held(self: Intake, turns: list[Any]) -> None:
        commits.append(len(turns))
        first_in.set()
        assert go_on.wait(10)
        accept_all(self, turns)

    monkeypatch.setattr(Intake, "_accept_all", held)
    threads = [
        threading.Thread(target=intake.accept, args=(letter(stores, b"%d" % number),))
        for number in range(5)
    ]
    threads[0].start()
    assert first_in.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(intake._waiting) < 4:
        pass
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert commits == [1, 4]
    assert count(stores) == 5
    intake.accept(letter(stores, b"later"))
    assert commits == [1, 4, 1], "nobody has the lead when nobody waits"


def test_a_record_without_room_is_a_full_disk_and_not_a_yes(stores: Stores) -> None:
    """SQLITE_FULL itself, by a limit of its own; the record takes letters again when there is."""
    sound = letter(stores, b"sound")
    with stores.database.engine.connect() as connection:  # the pool's only one so far
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    intake = stores.intake()
    content = bytes(200_000)
    with pytest.raises(DiskFull):
        intake.accept(dataclasses.replace(sound, content=content))
    assert count(stores) == 0
    with stores.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
    assert not intake.accept(dataclasses.replace(sound, content=content)).repeated


def test_a_locked_record_is_a_fault_and_not_a_yes(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_arguments: object) -> None:
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    monkeypatch.setattr(stores.database.engine, "begin", locked)
    with pytest.raises(WallDown):
        stores.intake().accept(letter(stores))
    monkeypatch.undo()
    assert count(stores) == 0

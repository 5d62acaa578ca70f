"""The worker: one letter, one live attempt, one filing; and nothing left behind."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

from converters.fault import JobStopped
from gateway.letter import Proof
from gateway.moving.worker import STALE, AttemptFailed, AttemptInterrupted
from gateway.stores import Stores
from gateway.verification import damages, disagreements
from portal.tables import (
    documents,
    events,
    letters,
    outbox,
    packages,
    parts,
    pouch,
    renditions,
    submissions,
)
from portal.vault import DiskFull, Draft
from tests.carrying import MAIL, Carrier, ReaderHere

pytestmark = pytest.mark.record


@pytest.fixture
def carrier(sample_stores: Stores) -> Carrier:
    return Carrier(sample_stores)


def rows(carrier: Carrier, table: sa.Table) -> list[Any]:
    with carrier.stores.database.read() as connection:
        return list(connection.execute(table.select().order_by(table.primary_key.columns[0])))


def nothing_is_filed(carrier: Carrier) -> bool:
    return not any(rows(carrier, one) for one in (packages, parts, submissions, outbox, events))


def raise_attempt(carrier: Carrier) -> None:
    with carrier.stores.database.write() as connection:
        connection.execute(letters.update().values(attempt=letters.c.attempt + 1))


def test_a_letter_is_filed_whole_with_its_answers_owed(carrier: Carrier) -> None:
    carrier.accept()
    assert carrier.carry() == "filed"
    (letter,) = rows(carrier, letters)
    assert (letter.state, letter.reason, letter.attempt) == ("filed", None, 1)
    assert [row.fate for row in rows(carrier, parts)] == ["filed", "converted", "filed"]
    assert len(rows(carrier, submissions)) == 1
    assert len(rows(carrier, documents)) == 2
    assert sorted(row.kind for row in rows(carrier, outbox)) == ["notice", "receipt"]
    assert list(disagreements(carrier.stores.database)) == []
    assert list(damages(carrier.stores.database, carrier.stores.vault)) == []
    assert list(carrier.stores.work.iterdir()) == []


def test_a_small_letter_is_brought_into_the_vault_by_the_commit_that_files_it(
    carrier: Carrier,
) -> None:
    carrier.accept(pouched=True)
    sha256 = rows(carrier, letters)[0].raw_sha256
    seen: list[tuple[bool, int]] = []

    def look() -> None:
        seen.append((carrier.stores.vault.holds(sha256), len(rows(carrier, pouch))))

    carrier.reader = ReaderHere(before=look)
    assert carrier.carry() == "filed"
    assert seen == [(True, 1)], "the row stays until the letter is filed"
    assert rows(carrier, pouch) == []
    assert len(rows(carrier, documents)) == 2
    assert list(damages(carrier.stores.database, carrier.stores.vault)) == []


def test_an_attempt_that_files_nothing_leaves_the_letter_in_the_pouch(carrier: Carrier) -> None:
    carrier.accept(pouched=True)
    carrier.reader = ReaderHere(before=lambda: raise_attempt(carrier))
    assert carrier.carry() == STALE
    assert [row.content for row in rows(carrier, pouch)] == [MAIL]
    carrier.reader = ReaderHere()
    assert carrier.carry(attempt=2) == "filed"
    assert rows(carrier, pouch) == []


def test_a_letter_whose_pouch_has_changed_is_held_and_verification_says_why(
    carrier: Carrier,
) -> None:
    carrier.accept(pouched=True)
    with carrier.stores.database.write() as connection:
        connection.execute(pouch.update().values(content=MAIL[:-1]))
    with pytest.raises(AttemptFailed, match="PouchChanged"):
        carrier.carry()
    assert carrier.worker.give_up(1, 1)
    (letter,) = rows(carrier, letters)
    assert (letter.state, letter.reason) == ("with_us", "not_finished")
    assert len(rows(carrier, pouch)) == 1
    assert list(damages(carrier.stores.database, carrier.stores.vault)) == [
        f"blob {letter.raw_sha256} has changed",
        f"blob {letter.raw_sha256} is missing",  # staff see a held letter as a file of the vault
    ]


def test_a_small_letter_that_is_given_up_is_a_file_that_staff_can_open(carrier: Carrier) -> None:
    carrier.accept(pouched=True)
    assert carrier.worker.give_up(1, 1)
    (part,) = rows(carrier, parts)
    with carrier.stores.vault.open(part.sha256) as whole:
        assert whole.read() == MAIL
    assert rows(carrier, pouch) == []


def test_a_letter_is_given_up_though_the_vault_takes_nothing(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier.accept(pouched=True)

    def full() -> Draft:
        raise DiskFull

    monkeypatch.setattr(carrier.stores.vault, "draft", full)
    assert carrier.worker.give_up(1, 1)
    assert rows(carrier, letters)[0].state == "with_us"
    assert [row.content for row in rows(carrier, pouch)] == [MAIL]


@pytest.mark.parametrize("attempt", [0, 2])
def test_an_attempt_that_is_not_the_live_one_changes_nothing(
    carrier: Carrier, attempt: int
) -> None:
    carrier.accept()
    assert carrier.carry(attempt=attempt) == STALE
    assert nothing_is_filed(carrier)
    assert carrier.workshop.made == []


def test_a_letter_that_rests_is_not_carried_again(carrier: Carrier) -> None:
    carrier.accept()
    carrier.carry()
    assert carrier.carry() == STALE
    assert len(rows(carrier, submissions)) == 1


def test_an_attempt_that_is_overtaken_on_the_road_files_nothing(carrier: Carrier) -> None:
    carrier.accept()
    carrier.reader = ReaderHere(before=lambda: raise_attempt(carrier))
    assert carrier.carry() == STALE
    assert nothing_is_filed(carrier)
    carrier.reader = ReaderHere()
    assert carrier.carry(attempt=2) == "filed"
    assert len(rows(carrier, submissions)) == 1


def test_two_workers_that_race_for_one_letter_file_it_once(carrier: Carrier) -> None:
    carrier.accept()
    together = threading.Barrier(2)

    def wait() -> None:
        together.wait(10)

    carrier.reader = ReaderHere(before=wait)
    ends: list[str] = []

    def race(work: str) -> None:
        # In production one lock file and one workflow id keep these two apart; the fence must too.
        worker = dataclasses.replace(carrier.worker, work=carrier.stores.work / work)
        ends.append(worker.carry(1, 1))

    threads = [threading.Thread(target=race, args=(work,)) for work in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == ["filed", STALE]
    assert len(rows(carrier, submissions)) == 1
    assert len(rows(carrier, outbox)) == 2


def test_whoever_covers_the_consultant_is_told_as_well(carrier: Carrier) -> None:
    carrier.accept(MAIL.replace(b"24-001234", b"26-000008"))  # Tomas is away on that day
    assert carrier.carry() == "filed"
    told = [row.recipient for row in rows(carrier, outbox) if row.kind == "notice"]
    assert sorted(told) == [
        "imani.okafor@sample-mutual.example",
        "tomas.lindqvist@sample-mutual.example",
    ]


def test_an_answer_to_a_receipt_goes_to_its_case_for_the_same_firm_alone(
    carrier: Carrier,
) -> None:
    carrier.accept()
    carrier.carry()
    (receipt,) = (row for row in rows(carrier, outbox) if row.kind == "receipt")
    answer = MAIL.replace(b"Case 24-001234", b"One more").replace(
        b"Message-ID: <1@bakerllp.example>",
        b"Message-ID: <2@bakerllp.example>\r\nIn-Reply-To: <%s@casebridge.example>"
        % receipt.message_id.encode(),
    )
    carrier.accept(answer)
    assert carrier.carry(2) == "filed"
    candidate, *_ = rows(carrier, packages)[1].candidates
    assert (candidate["number"], candidate["found_in"]) == ("24-001234", "thread")
    theirs = answer.replace(b"bakerllp.example", b"quillmarsh.example")
    carrier.accept(theirs, sender="pat.hall@quillmarsh.example")
    assert carrier.carry(3) == "needs_you"
    (candidate,) = rows(carrier, packages)[2].candidates
    assert (candidate["number"], candidate["text"]) == (None, "an earlier receipt")


def test_what_is_urgent_is_kept_with_its_why(carrier: Carrier) -> None:
    carrier.accept(MAIL.replace(b"Two files.", b"You must respond\r\nby Friday."))
    carrier.accept(
        MAIL.replace(b"Case 24-001234", b"Records").replace(
            b"\r\nMessage-ID", b"\r\nImportance: high\r\nMessage-ID"
        )
    )
    assert carrier.carry(1) == "filed"
    assert carrier.carry(2) == "needs_you"
    assert [row.urgent for row in rows(carrier, packages)] == [
        'The message says "respond by".',
        "The sender marked it with high importance.",
    ]


def test_a_second_attempt_repeats_no_conversion(carrier: Carrier) -> None:
    carrier.accept()
    carrier.reader = ReaderHere(before=lambda: raise_attempt(carrier))
    carrier.carry()
    assert carrier.workshop.made == ["notes.txt"]
    carrier.reader = ReaderHere()
    assert carrier.carry(attempt=2) == "filed"
    assert carrier.workshop.made == ["notes.txt"]


def test_letters_of_a_firm_share_an_engine_that_stays(carrier: Carrier) -> None:
    for number in (1, 2):
        carrier.accept(MAIL.replace(b"\r\nnotes\r\n", b"\r\nnotes %d\r\n" % number))
        carrier.carry(number)
    firm = rows(carrier, letters)[0].firm_id
    assert firm is not None
    assert carrier.workshop.owners == [f"firm {firm}"] * 2
    assert carrier.workshop.forgotten == []


def test_the_same_bytes_are_converted_once_within_a_firm_and_anew_for_another(
    carrier: Carrier,
) -> None:
    """What a file of one firm may have done to its engine is in no PDF that another one gets."""
    for number in (1, 2):
        carrier.accept(MAIL.replace(b"Two files", b"Letter %d" % number))
        carrier.carry(number)
    assert carrier.workshop.made == ["notes.txt"]
    other = MAIL.replace(b"bakerllp", b"quillmarsh")
    carrier.accept(other, sender="pat.hall@quillmarsh.example")
    carrier.carry(3)
    firms = [row.firm_id for row in rows(carrier, letters)]
    assert firms[0] == firms[1] != firms[2]
    assert carrier.workshop.owners == [f"firm {firms[0]}", f"firm {firms[2]}"]
    owners = [row.owner for row in rows(carrier, renditions)]
    assert owners == carrier.workshop.owners


def test_the_same_message_by_another_door_is_set_aside_and_nobody_is_told(
    carrier: Carrier,
) -> None:
    carrier.accept()
    carrier.carry()
    carrier.accept(door="import", sender="", proof=Proof.OPERATOR)
    assert carrier.carry(2) == "copy"
    first, second = rows(carrier, letters)
    assert (second.state, second.copy_of) == ("copy", first.id)
    assert len(rows(carrier, submissions)) == 1
    assert len(rows(carrier, outbox)) == 2
    assert list(disagreements(carrier.stores.database)) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MAIL, MAIL.replace(b"\r\n", b"\n")),
        (MAIL.replace(b"\r\n", b"\n"), MAIL),
        (MAIL, MAIL.replace(b"\r\n", b"\n").rstrip()),
        (MAIL.replace(b"\r\n", b"\n", 3), MAIL.replace(b"\r\n", b"\r")),
    ],
)
def test_line_ends_make_no_other_message(carrier: Carrier, first: bytes, second: bytes) -> None:
    carrier.accept(first)
    assert carrier.carry() == "filed"
    carrier.accept(second, door="import", sender="", proof=Proof.OPERATOR)
    assert carrier.carry(2) == "copy"
    assert [row.copy_of for row in rows(carrier, letters)] == [None, 1]
    assert len(rows(carrier, submissions)) == 1
    assert list(disagreements(carrier.stores.database)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "second", [MAIL.replace(b"Two files", b"Two  files"), MAIL + b"\r\n.\r\n", MAIL[:-4]]
)
def test_another_message_is_filed_by_any_door(carrier: Carrier, second: bytes) -> None:
    carrier.accept()
    carrier.carry()
    carrier.accept(second, door="import", sender="", proof=Proof.OPERATOR)
    assert carrier.carry(2) == "filed"
    assert len(rows(carrier, submissions)) == 2


def test_the_same_message_filed_meanwhile_is_not_filed_again(carrier: Carrier) -> None:
    """Both are on the road; the one that came second is filed first."""
    carrier.accept()
    carrier.accept(MAIL.replace(b"\r\n", b"\n"), door="import", sender="", proof=Proof.OPERATOR)
    other = Carrier(carrier.stores)
    carrier.reader = ReaderHere(before=lambda: ends.append(other.carry(2)))
    ends: list[str] = []
    ends.append(carrier.carry())
    assert ends == ["filed", "copy"]
    assert [(row.state, row.copy_of) for row in rows(carrier, letters)] == [
        ("copy", 2),
        ("filed", None),
    ]
    assert len(rows(carrier, submissions)) == 1
    assert list(disagreements(carrier.stores.database)) == []
    assert list(damages(carrier.stores.database, carrier.stores.vault)) == []


# As another way brings it: lines of its own above, some folded anew, the name in From left out.
BY_ANOTHER_WAY = (
    b"Return-Path: <pat.hall@bakerllp.example>\nReceived: from mx.example\n\tby box.example\n"
    + MAIL.replace(b"\r\n", b"\n").replace(
        b"Pat Hall <pat.hall@bakerllp.example>", b"pat.hall@bakerllp.example"
    )
)


def test_a_header_that_its_way_has_written_anew_makes_no_other_message(carrier: Carrier) -> None:
    carrier.accept()
    assert carrier.carry() == "filed"
    carrier.accept(BY_ANOTHER_WAY, door="imap", proof=Proof.MAILBOX)
    assert carrier.carry(2) == "copy"
    first, second = rows(carrier, letters)
    assert (second.copy_of, first.state) == (first.id, "filed")
    assert len(rows(carrier, submissions)) == 1
    assert {one.letter_id for one in rows(carrier, outbox)} == {first.id}, "nobody is told again"


@pytest.mark.parametrize(
    ("second", "changes", "state"),
    [
        (BY_ANOTHER_WAY + b"--\nA mailing list's footer\n", {}, "filed"),
        (BY_ANOTHER_WAY.replace(b"<1@", b"<2@"), {}, "filed"),
        (BY_ANOTHER_WAY, {"proof": Proof.NONE}, "with_us"),
        (BY_ANOTHER_WAY, {"door": "smtp"}, "filed"),
        (
            BY_ANOTHER_WAY.replace(b"bakerllp.example", b"quillmarsh.example").replace(
                b"<1@quillmarsh", b"<1@bakerllp"
            ),
            {"sender": "pat.hall@quillmarsh.example"},
            None,
        ),
    ],
    ids=["a footer", "another Message-ID", "not proven", "the same door", "another firm"],
)
def test_what_only_looks_like_it_is_a_letter_of_its_own(
    carrier: Carrier, second: bytes, changes: dict[str, Any], state: str | None
) -> None:
    carrier.accept()
    carrier.carry()
    carrier.accept(second, **({"door": "imap", "proof": Proof.MAILBOX} | changes))
    found = carrier.carry(2)
    assert found == state or (state is None and found != "copy")
    assert [row.copy_of for row in rows(carrier, letters)] == [None, None]


def test_messages_without_a_body_have_none_in_common(carrier: Carrier) -> None:
    head = b"From: Pat Hall <pat.hall@bakerllp.example>\r\nMessage-ID: <1@bakerllp.example>\r\n"
    carrier.accept(head + b"Subject: 24-001234\r\n\r\n")
    carrier.carry()
    carrier.accept(head + b"Subject: 24-001240\r\n\r\n", door="imap", proof=Proof.MAILBOX)
    assert carrier.carry(2) != "copy"


def test_a_copy_of_what_was_filed_before_there_were_normal_forms(carrier: Carrier) -> None:
    carrier.accept()
    carrier.carry()
    with carrier.stores.database.write() as connection:
        connection.execute(letters.update().values(normal_sha256=None))
    carrier.accept(door="import", sender="", proof=Proof.OPERATOR)
    assert carrier.carry(2) == "copy"


def test_a_strangers_copy_with_other_line_ends_shuts_nobody_out(carrier: Carrier) -> None:
    strangers = MAIL.replace(b"\r\n", b"\n")
    carrier.accept(strangers, sender="eve@evil.example", door="import", proof=Proof.NONE)
    assert carrier.carry() == "with_us"
    carrier.accept()
    assert carrier.carry(2) == "filed"
    # And the stranger's is not set aside beside the firm's by the same door.
    carrier.accept(strangers, sender="eve@evil.example", proof=Proof.NONE)
    assert carrier.carry(3) == "with_us"


def test_a_strangers_copy_that_is_held_shuts_nobody_out(carrier: Carrier) -> None:
    carrier.accept(sender="eve@evil.example", door="import", proof=Proof.NONE)
    assert carrier.carry() == "with_us"
    carrier.accept()
    assert carrier.carry(2) == "filed"


def test_a_message_that_cannot_be_taken_apart_is_held_whole(carrier: Carrier) -> None:
    carrier.accept(
        b"From: a@bakerllp.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"y\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7\r\n"
    )
    with structlog.testing.capture_logs() as log:
        assert carrier.carry() == "with_us"
    (letter,) = rows(carrier, letters)
    (part,) = rows(carrier, parts)
    assert letter.reason == "message_unreadable"
    assert (part.filed_name, part.fate, part.sha256) == ("Message.eml", "held", letter.raw_sha256)
    assert {"event": "letter.unreadable", "why": "undivided"}.items() <= log[0].items()
    assert list(damages(carrier.stores.database, carrier.stores.vault)) == []


def other_bytes(answer: dict[str, Any]) -> dict[str, Any]:
    answer["parts"][2]["sha256"] = "0" * 64
    return answer


def no_answer(_answer: dict[str, Any]) -> dict[str, Any]:
    raise RuntimeError("Jane Doe, MRN 4471")


@pytest.mark.parametrize(
    ("answers", "fault"), [(other_bytes, "PartChanged"), (no_answer, "RuntimeError")]
)
def test_a_fault_leaves_the_letter_in_motion_and_its_words_nowhere(
    carrier: Carrier, answers: Callable[[dict[str, Any]], dict[str, Any]], fault: str
) -> None:
    carrier.accept()
    carrier.reader = ReaderHere(answers=answers)
    with structlog.testing.capture_logs() as log, pytest.raises(AttemptFailed) as failed:
        carrier.carry()
    # The queue keeps what ended a workflow, its cause included.
    assert str(failed.value) == fault
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
    assert [(line["event"], line["fault"]) for line in log] == [("letter.failed", fault)]
    assert "Jane" not in str(log)
    assert nothing_is_filed(carrier)
    assert [row.state for row in rows(carrier, letters)] == ["checking"]
    assert list(carrier.stores.work.iterdir()) == []


def test_our_own_end_is_no_fault_of_the_letter(carrier: Carrier) -> None:
    def closed(_answer: dict[str, Any]) -> dict[str, Any]:
        raise JobStopped

    carrier.accept()
    carrier.reader = ReaderHere(answers=closed)
    with structlog.testing.capture_logs() as log, pytest.raises(AttemptInterrupted):
        carrier.carry()
    assert [line["event"] for line in log] == ["letter.interrupted"]
    assert nothing_is_filed(carrier)
    assert [(row.state, row.attempt) for row in rows(carrier, letters)] == [("checking", 1)]
    assert list(carrier.stores.work.iterdir()) == []


def test_what_a_crash_of_the_same_attempt_left_is_gone_first(carrier: Carrier) -> None:
    carrier.accept()
    left = carrier.stores.work / "1-1"
    left.mkdir(parents=True)
    (left / "p00001").write_bytes(b"half")
    assert carrier.carry() == "filed"


def test_a_quiet_letter_is_filed_and_nobody_is_told(carrier: Carrier) -> None:
    carrier.accept(door="import", sender="", proof=Proof.OPERATOR, quiet=True)
    assert carrier.carry() == "filed"
    assert rows(carrier, outbox) == []


@pytest.mark.parametrize(
    "sign", [b"Auto-Submitted: auto-replied", b"Precedence: bulk", b"List-Id: <l.example>"]
)
def test_a_machine_is_filed_and_not_answered(carrier: Carrier, sign: bytes) -> None:
    carrier.accept(sign + b"\r\n" + MAIL)
    assert carrier.carry() == "filed"
    assert [row.kind for row in rows(carrier, outbox)] == ["notice"]


def test_the_reader_is_told_whose_turn_a_letter_has(sample_stores: Stores) -> None:
    """So that a firm's many letters do not keep another's out of it."""
    reader = ReaderHere()
    carrier = Carrier(sample_stores, reader=reader)
    carrier.accept()
    assert carrier.carry() == "filed"
    with sample_stores.database.read() as connection:
        assert reader.turns == [connection.scalar(sa.select(letters.c.turn))]
    assert reader.turns[0] is not None

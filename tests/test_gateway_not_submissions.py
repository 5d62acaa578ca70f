"""No submission, on the record: set aside whole, nobody answered, filed after all by one press."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from typing import Any

import pytest

from config.settings import Devices, ListedDevice
from gateway.letter import Proof
from gateway.sending.patience import Patience
from gateway.stores import Stores
from gateway.verification import conservation
from portal.decision import AlreadyDecided, pending
from portal.tables import decisions, events, letters, outbox, packages, submissions
from portal.undo import UndoOver
from tests.carrying import MAIL, NOW, Carrier
from tests.deciding import NO_CASE, UNDO, Team, agrees, filed, mails, outbound, state

pytestmark = pytest.mark.record

AWAY = (
    b"From: Pat Hall <pat.hall@bakerllp.example>\r\nSubject: Automatic reply: case 24-001234\r\n"
    b"Auto-Submitted: auto-replied\r\n\r\nI am out of the office.\r\n"
)
REPORT = (
    b"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
    b"--r\r\n\r\nIt came back.\r\n"
    b"--r\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n"
    b"--r\r\nContent-Type: message/rfc822\r\n\r\n" + MAIL + b"\r\n--r--\r\n"
)
SCAN = MAIL.replace(b"Pat Hall <pat.hall@bakerllp.example>", b"scans@bakerllp.example")


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def thanks(team: Team) -> bytes:
    """File a letter, and write the thank-you for its receipt."""
    assert team.wait(MAIL) == "filed"
    receipt = next(one for one in team.rows(outbox) if one.kind == "receipt")
    domain = team.carrier.stores.settings.intake.domain
    return (
        "From: Pat Hall <pat.hall@bakerllp.example>\r\nSubject: Re: Filed\r\n"
        f"Message-ID: <2@bakerllp.example>\r\nIn-Reply-To: <{receipt.message_id}@{domain}>\r\n\r\n"
        "Thank you!\r\n"
    ).encode()


def told(team: Team, letter_id: int) -> list[tuple[str, dict[str, Any]]]:
    return [(one.kind, one.detail) for one in team.rows(events) if one.letter_id == letter_id]


def test_an_out_of_office_reply_is_set_aside_whole_and_nobody_is_answered(team: Team) -> None:
    assert team.wait(AWAY) == "set_aside"
    assert state(team) == ("set_aside", "out_of_office")
    assert mails(team) == []
    assert told(team, 1) == [
        ("letter.set_aside", {"reason": "out_of_office", "rule": "answers_by_itself"})
    ]
    (described,) = team.rows(packages)
    assert described.subject == "Automatic reply: case 24-001234"
    (letter,) = team.rows(letters)
    with team.carrier.stores.raw().open(letter.raw_sha256) as raw:
        assert raw.read() == AWAY
    assert team.carrier.workshop.made == [], "nothing is converted for it"
    with team.carrier.stores.database.read() as connection:
        assert conservation(connection).places["set_aside"] == 1
    assert agrees(team)


def test_a_thank_you_is_in_no_case_and_gets_no_receipt(team: Team) -> None:
    content = thanks(team)
    before = mails(team)
    assert team.wait(content) == "set_aside"
    assert state(team, 2) == ("set_aside", "thanks")
    assert mails(team) == before
    assert {one.letter_id for one in team.rows(submissions)} == {1}
    assert agrees(team)


def test_a_bounce_that_gives_a_document_back_files_none(team: Team) -> None:
    assert team.wait(REPORT, sender="", proof=Proof.NONE) == "set_aside"
    assert state(team) == ("set_aside", "bounce")
    assert team.rows(submissions) == []
    assert agrees(team)


def test_the_same_from_a_file_that_is_imported_is_set_aside_too(team: Team) -> None:
    assert team.wait(AWAY, door="import", proof=Proof.OPERATOR, quiet=True) == "set_aside"


def test_filed_after_all_it_goes_where_the_road_takes_it(team: Team) -> None:
    content = thanks(team)
    team.wait(content)
    decision = team.decide("after_all", letter_id=2)
    assert state(team, 2) == ("set_aside", "thanks"), "it is a row, and nothing has moved"
    assert agrees(team)
    assert team.carried(2) == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234", "24-001234"], "its thread's case"
    receipt = [one for one in team.rows(outbox) if one.letter_id == 2]
    assert {one.kind for one in receipt} == {"receipt", "notice"}
    assert {one.not_before for one in receipt} == {NOW + UNDO}, "nobody is told before"
    who = f"account:{team.people['Olu Adeyemi']}"
    assert [(one.kind, one.actor) for one in team.rows(events) if one.letter_id == 2][:3] == [
        ("letter.set_aside", "gateway"),
        ("decision.after_all", who),
        ("letter.filed", "gateway"),
    ]
    (row,) = team.rows(decisions)
    assert (row.id, row.carried_at) == (decision, NOW)
    assert agrees(team)


def test_filed_after_all_it_waits_for_a_case_where_it_names_none(team: Team) -> None:
    assert team.wait(AWAY.replace(b"24-001234", b"24")) == "set_aside"
    team.decide("after_all")
    assert team.carried() == "with_us"
    assert mails(team) == [], "a machine wrote it, and is answered by nobody"
    team.now += UNDO
    assert team.file("24-001234") == "filed", "never set aside again"
    assert agrees(team)


def test_the_press_can_be_taken_back_before_and_behind_the_road(team: Team) -> None:
    content = thanks(team)
    team.wait(content)
    first = team.decide("after_all", letter_id=2)
    team.undo(first)
    assert state(team, 2) == ("set_aside", "thanks")
    assert team.carrying.decisions() == 0
    second = team.decide("after_all", letter_id=2)
    assert team.carried(2) == "filed"
    team.undo(second)
    assert state(team, 2) == ("set_aside", "thanks")
    assert {one.letter_id for one in team.rows(submissions)} == {1}
    theirs = [one for one in team.rows(outbox) if one.letter_id == 2]
    assert all(one.withdrawn_at is not None for one in theirs)
    assert agrees(team)


def test_it_cannot_be_taken_back_once_somebody_was_told(team: Team) -> None:
    content = thanks(team)
    team.wait(content)
    decision = team.decide("after_all", letter_id=2)
    team.carried(2)
    team.now += UNDO
    outbound(team).send_due()
    with pytest.raises(UndoOver):
        team.undo(decision)


def test_two_presses_are_one(team: Team) -> None:
    team.wait(AWAY)
    team.decide("after_all")
    with pytest.raises(AlreadyDecided):
        team.decide("after_all", account="Lee Park")
    team.carried()
    with pytest.raises(AlreadyDecided):
        team.decide("after_all")
    assert len(team.rows(decisions)) == 1


def test_only_what_was_set_aside_is_filed_after_all(team: Team) -> None:
    assert team.wait(NO_CASE) == "needs_you"
    with pytest.raises(AlreadyDecided):
        team.decide("after_all")
    team.decide("not_submission")
    assert team.carrying.decisions() == 1
    assert state(team)[0] == "set_aside"
    team.now += timedelta(seconds=1)
    team.decide("after_all")
    assert team.carried() == "needs_you"
    assert agrees(team)


def test_an_answer_to_our_question_has_had_its_say(team: Team) -> None:
    assert team.wait(NO_CASE) == "needs_you"
    asked = next(one for one in team.rows(outbox))
    domain = team.carrier.stores.settings.intake.domain
    reply = (
        "From: pat.hall@bakerllp.example\r\nSubject: Re: Waiting\r\n"
        f"In-Reply-To: <{asked.message_id}@{domain}>\r\n\r\n24-001234\r\n"
    )
    assert team.wait(reply.encode()) == "set_aside"
    with pytest.raises(AlreadyDecided):
        team.decide("after_all", letter_id=2)


def test_what_a_person_has_looked_at_is_never_set_aside_by_the_road(team: Team) -> None:
    """As where the decision could not be carried out, and the letter goes on by itself."""
    team.wait(AWAY)
    team.decide("after_all")
    team.carrying.decisions()
    (row,) = team.rows(letters)
    assert team.carrier.worker.give_up(1, row.attempt)
    assert state(team) == ("with_us", "not_finished")
    with team.carrier.stores.database.write() as connection:
        assert pending(connection, 1) is None
        connection.execute(letters.update().values(state="checking", attempt=row.attempt + 1))
    assert team.carry() == "filed"


def test_a_rehearsal_is_answered_as_it_was(team: Team) -> None:
    words = b"From: pat.hall@bakerllp.example\r\nSubject: Thanks\r\n\r\nThanks!\r\n"
    assert team.wait(words, recipients=("try@casebridge.example",)) == "rehearsed"
    assert [kind for kind, _, _ in mails(team)] == ["receipt"]


# -- devices ---------------------------------------------------------------------------------------


def with_devices(stores: Stores, *listed: ListedDevice) -> Team:
    settings = stores.settings.model_copy(update={"devices": Devices(listed=listed)})
    return Team(Carrier(dataclasses.replace(stores, settings=settings)))


def receipts(team: Team) -> list[str]:
    return [one.recipient for one in team.rows(outbox) if one.kind == "receipt"]


@pytest.mark.parametrize(
    ("content", "sender"),
    [
        (SCAN.replace(b"scans@", b"scanner@"), "scanner@bakerllp.example"),
        (SCAN.replace(b"scans@", b"copier-2@"), "copier-2@bakerllp.example"),
        (b"X-Mailer: RICOH IM C4500\r\n" + SCAN, "scans@bakerllp.example"),
        (b"User-Agent: KONICA MINOLTA bizhub C360i\r\n" + SCAN, "scans@bakerllp.example"),
    ],
)
def test_a_device_is_known_by_its_program_or_its_name_and_not_answered(
    team: Team, content: bytes, sender: str
) -> None:
    assert team.wait(content, sender=sender) == "filed"
    assert receipts(team) == []
    assert [kind for kind, _, _ in mails(team)] == ["notice"], "the consultant is told"


def test_a_person_with_a_usual_program_is_answered(team: Team) -> None:
    content = b"X-Mailer: Microsoft Outlook 16.0\r\n" + SCAN
    assert team.wait(content, sender="scans@bakerllp.example") == "filed"
    assert receipts(team) == ["scans@bakerllp.example"]


@pytest.mark.parametrize("header", [b"", b"Auto-Submitted: auto-generated\r\n"])
def test_the_contact_of_a_device_hears_in_its_place(sample_stores: Stores, header: bytes) -> None:
    device = ListedDevice(address="scans@bakerllp.example", contact="pat.hall@bakerllp.example")
    team = with_devices(sample_stores, device)
    assert team.wait(header + SCAN, sender="scans@bakerllp.example") == "filed"
    assert receipts(team) == []
    assert ("listed", "pat.hall@bakerllp.example", False) in mails(team)


def test_the_contact_is_asked_which_case_it_is(sample_stores: Stores) -> None:
    device = ListedDevice(address="scans@bakerllp.example", contact="pat.hall@bakerllp.example")
    team = with_devices(sample_stores, device)
    content = SCAN.replace(b"Case 24-001234", b"Scan")
    assert team.wait(content, sender="scans@bakerllp.example") == "needs_you"
    assert receipts(team) == ["pat.hall@bakerllp.example"]


def test_a_listed_device_without_a_contact_waits_for_the_team(sample_stores: Stores) -> None:
    team = with_devices(sample_stores, ListedDevice(address="scans@bakerllp.example"))
    content = SCAN.replace(b"Case 24-001234", b"Scan")
    assert team.wait(content, sender="scans@bakerllp.example") == "with_us"
    assert receipts(team) == []


def test_nobody_hears_of_a_scan_whose_sender_failed_the_proof(sample_stores: Stores) -> None:
    device = ListedDevice(address="scans@bakerllp.example", contact="pat.hall@bakerllp.example")
    team = with_devices(sample_stores, device)
    assert team.wait(SCAN, sender="scans@bakerllp.example", proof=Proof.FAILED) == "with_us"
    assert receipts(team) == []


def test_nobody_is_told_that_it_takes_long_who_is_not_told_how_it_ended(team: Team) -> None:
    content = thanks(team)
    before = len(mails(team))
    team.carrier.accept(content)
    team.carrier.accept(SCAN.replace(b"scans@", b"scanner@"), sender="scanner@bakerllp.example")
    team.now += timedelta(minutes=5)
    stores = team.carrier.stores
    patience = Patience(
        stores.database,
        stores.raw(),
        team.carrier.worker.road,
        stores.settings,
        stores.work,
        lambda: team.now,
    )
    patience.look(threading.Event())
    assert len(mails(team)) == before

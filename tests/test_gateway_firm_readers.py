"""Firm readers: a copy for the firm's copy address, and a second contact where nobody answers."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

import pytest

from config.settings import Devices, ListedDevice, Relay
from config.settings import Outbound as OutboundSettings
from gateway import assembly
from gateway.letter import Proof
from gateway.sending.outbound import Outbound
from gateway.sending.relay import RelayWay
from gateway.stores import Stores
from gateway.watch import Metrics
from portal.dossier import dossier
from portal.history import history
from portal.rights import viewer
from portal.tables import answer_links, decisions, events, firms, letters, outbox
from tests.carrying import MAIL, NOW, Carrier
from tests.deciding import NO_CASE, Team, agrees, filed, mails, outbound, state
from tests.mail_server import mail_server, make_certificates

pytestmark = pytest.mark.record

PAT = "pat.hall@bakerllp.example"
COPIES = "receipts@bakerllp.example"
SECOND = "office@bakerllp.example"
TRY = "try@casebridge.example"
REPORT = (
    b"From: MAILER-DAEMON@mx.bakerllp.example\r\nSubject: Undelivered\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
    b"--r\r\n\r\nIt came back.\r\n"
    b"--r\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; mx.bakerllp.example\r\n\r\n"
    b"Final-Recipient: rfc822; pat.hall@bakerllp.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    b"--r--\r\n"
)


def named(stores: Stores, **columns: str | None) -> None:
    with stores.database.write() as connection:
        connection.execute(firms.update().where(firms.c.name == "Baker LLP").values(columns))


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    named(sample_stores, copy_address=COPIES, second_contact=SECOND)
    return Team(Carrier(sample_stores))


def by_relay(team: Team, **relay: Any) -> Team:
    """Send by a relay: by default one whose certificate is verified."""
    stores = team.carrier.stores
    way = OutboundSettings(delivery="relay", relay=Relay(host="relay.example", **relay))
    settings = stores.settings.model_copy(update={"outbound": way})
    team.carrier.stores = dataclasses.replace(stores, settings=settings)
    return team


def of_kind(team: Team, kind: str) -> list[Any]:
    return [one for one in team.rows(outbox) if one.kind == kind]


def promised(team: Team) -> Any:
    return assembly.office_calendar(team.carrier.stores.settings).promise(team.now)


# -- copies ----------------------------------------------------------------------------------------


def test_a_copy_of_each_receipt_is_a_mail_of_its_own_that_names_whom_it_went_to(
    team: Team,
) -> None:
    assert team.wait(MAIL) == "filed"
    (receipt,), (copy,) = of_kind(team, "receipt"), of_kind(team, "receipt_copy")
    assert (receipt.recipient, copy.recipient) == (PAT, COPIES)
    assert copy.subject == f"Copy: {receipt.subject}"
    banner, _, rest = copy.text.partition("\n\n")
    assert banner == f"This is a copy of a receipt that went to {PAT}."
    assert rest == receipt.text
    assert copy.in_reply_to is None, "it answers nothing that its reader has"
    assert (receipt.return_token, copy.return_token is not None) == (None, True)
    assert agrees(team)


def test_an_address_that_is_no_identifier_of_the_firm_reads_counts(team: Team) -> None:
    named(team.carrier.stores, copy_address="bureau@elsewhere.example")
    team.wait(MAIL)
    (copy,) = of_kind(team, "receipt_copy")
    assert copy.recipient == "bureau@elsewhere.example"
    assert copy.text.startswith("This is a copy of a receipt.\n")
    for detail in (PAT, "24-001234", "notes.txt", "Dana Reyes"):
        assert detail not in copy.text + copy.subject
    assert "Documents filed: 2".upper() in copy.text.upper()


def test_an_identifier_that_ends_ends_the_details_at_once(team: Team) -> None:
    named(team.carrier.stores, copy_address="ortega.defense@postbox.example")
    team.wait(MAIL)
    assert of_kind(team, "receipt_copy") == [], "another firm reads nothing, not even counts"
    named(team.carrier.stores, copy_address="new@postbox.example")
    team.wait(MAIL + b"again\r\n")
    (copy,) = of_kind(team, "receipt_copy")
    assert "24-001234" not in copy.text


def test_by_a_way_that_others_read_a_copy_counts(team: Team) -> None:
    by_relay(team, security="none").wait(MAIL, proof=Proof.ALIGNED)
    (copy,) = of_kind(team, "receipt_copy")
    assert "24-001234" not in copy.text + copy.subject
    by_relay(team).wait(MAIL + b"again\r\n", proof=Proof.ALIGNED)
    assert "24-001234" in of_kind(team, "receipt_copy")[1].text


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (MAIL, {"proof": Proof.NONE}),
        (MAIL, {"proof": Proof.FAILED}),
        (MAIL, {"proof": Proof.NONE, "recipients": (TRY,)}),
        (MAIL.replace(b"bakerllp", b"nowhere"), {"sender": "pat.hall@nowhere.example"}),
        (MAIL.replace(b"bakerllp", b"quillmarsh"), {"sender": "pat.hall@quillmarsh.example"}),
        (MAIL, {"quiet": True}),
        (MAIL, {"door": "import", "proof": Proof.OPERATOR}),
        (b"Auto-Submitted: auto-generated\r\n" + MAIL, {}),
        (b"Precedence: bulk\r\n" + MAIL, {}),
        (MAIL.replace(b"pat.hall@bakerllp", b"receipts@bakerllp"), {"sender": COPIES}),
        (MAIL, {"sender": COPIES}),
    ],
)
def test_there_is_no_copy_of_what_no_proven_sender_of_the_firm_was_told(
    team: Team, content: bytes, changes: dict[str, Any]
) -> None:
    team.wait(content, **changes)
    assert of_kind(team, "receipt_copy") == []


def test_a_rehearsal_of_the_firm_shows_the_copy_too(team: Team) -> None:
    assert team.wait(MAIL, recipients=(TRY,)) == "rehearsed"
    (copy,) = of_kind(team, "receipt_copy")
    assert copy.subject.startswith("Copy: Rehearsal: Filed: ")
    assert "Rehearsal: nothing was filed." in copy.text


@pytest.mark.parametrize(
    "address",
    ["claims@casebridge.example", "try@casebridge.example", "noreply@bakerllp.example"],
)
def test_no_copy_goes_to_ourselves_or_to_a_machine(team: Team, address: str) -> None:
    named(team.carrier.stores, copy_address=address, second_contact=address)
    team.wait(MAIL)
    team.wait(NO_CASE)
    team.now = promised(team)
    assert team.unanswered.look() == 1
    assert {recipient for _, recipient, _ in mails(team)} == {
        PAT,
        "dana.reyes@sample-mutual.example",
    }
    assert state(team, 2)[0] == "with_us"


def test_a_copy_that_is_answered_by_a_machine_ends_there(team: Team) -> None:
    """A copy address with a programme behind it that answers everything."""
    team.wait(MAIL)
    before = mails(team)
    (copy,) = of_kind(team, "receipt_copy")
    back = f"bounce+{copy.return_token}@casebridge.example"
    answer = (
        f"From: {COPIES}\r\nSubject: Ticket 17: {copy.subject}\r\n"
        "Auto-Submitted: auto-replied\r\n\r\nWe have it.\r\n"
    ).encode()
    assert team.wait(answer, sender=COPIES, recipients=(back,)) == "set_aside"
    assert team.wait(answer, sender=COPIES) == "set_aside"
    assert mails(team) == before


# -- the second contact ----------------------------------------------------------------------------


def test_the_sender_is_told_who_is_asked_next(team: Team) -> None:
    assert team.wait(NO_CASE) == "needs_you"
    (question,) = of_kind(team, "receipt")
    assert "we ask the second contact of your firm, and then our team" in question.text
    named(team.carrier.stores, second_contact=PAT)
    team.wait(NO_CASE + b"again\r\n")
    assert "second contact" not in of_kind(team, "receipt")[1].text, "that is the sender"


def test_a_question_that_nobody_answers_goes_once_to_the_second_contact_before_the_team(
    team: Team,
) -> None:
    team.wait(NO_CASE)
    team.now = promised(team) - timedelta(seconds=1)
    assert team.unanswered.look() == 0
    team.now += timedelta(seconds=1)
    assert team.unanswered.look() == 1
    (asked,) = of_kind(team, "second_question")
    assert asked.recipient == SECOND
    assert asked.subject.startswith("Still waiting: which case is this? (receipt ")
    assert f"We asked {PAT} which case it belongs to, and have had no answer." in asked.text
    assert "/answer/" in asked.text
    assert asked.return_token is not None
    assert state(team)[0] == "needs_you", "our team does not look yet"
    assert [row.detail for row in team.rows(events) if row.kind == "question.passed_on"] == [
        {"why": "unanswered"}
    ]
    assert team.unanswered.look() == 0
    team.now = promised(team)
    assert team.unanswered.look() == 1
    assert state(team)[0] == "with_us"
    assert len(of_kind(team, "second_question")) == 1
    assert agrees(team)


def test_the_history_says_that_it_was_passed_on(team: Team) -> None:
    team.wait(NO_CASE)
    team.now = promised(team)
    team.unanswered.look()
    with team.carrier.stores.database.read() as connection:
        olu = viewer(connection, team.people["Olu Adeyemi"], NOW.date())
        (letter,) = team.rows(letters)
        lines = history(connection, olu, dossier(connection, olu, letter.receipt))
    assert "The question was passed on to the firm's second contact" in [one.did for one in lines]


def test_a_question_that_came_back_is_passed_on_at_once(team: Team) -> None:
    team.wait(NO_CASE)
    outbound(team).send_due()
    (question,) = of_kind(team, "receipt")
    back = f"bounce+{question.return_token}@casebridge.example"
    assert team.wait(REPORT, sender="", recipients=(back,), proof=Proof.NONE) == "set_aside"
    assert of_kind(team, "receipt")[0].failed_at == NOW
    assert team.unanswered.look() == 1
    (asked,) = of_kind(team, "second_question")
    assert "and our mail came back." in asked.text
    assert team.unanswered.look() == 0
    assert state(team)[0] == "needs_you"
    assert agrees(team)


def test_what_came_back_waits_its_time_where_nobody_else_can_be_asked(team: Team) -> None:
    named(team.carrier.stores, second_contact=None)
    team.wait(NO_CASE)
    with team.carrier.stores.database.write() as connection:
        connection.execute(outbox.update().values(failed_at=NOW))
    assert team.unanswered.look() == 0
    team.now = promised(team)
    assert team.unanswered.look() == 1
    assert state(team)[0] == "with_us"


def test_an_urgent_letter_is_passed_on_and_with_the_team_at_the_same_time(team: Team) -> None:
    team.wait(NO_CASE.replace(b"Two files.", b"Time limit demand enclosed."))
    assert "second contact" not in of_kind(team, "receipt")[0].text
    team.now = promised(team)
    assert team.unanswered.look() == 1
    assert "our team has it as well" in of_kind(team, "second_question")[0].text
    assert state(team)[0] == "with_us"
    assert agrees(team)


@pytest.mark.parametrize("address", [SECOND, COPIES])
def test_who_is_of_the_firm_answers_for_it(team: Team, address: str) -> None:
    """By the number alone, in answer to their own mail of ours."""
    team.wait(NO_CASE)
    team.now = promised(team)
    team.unanswered.look()
    kind = {SECOND: "second_question", COPIES: "receipt_copy"}[address]
    (asked,) = of_kind(team, kind)
    answer = (
        f"From: {address}\r\nSubject: Re: {asked.subject}\r\nMessage-ID: <a@bakerllp.example>\r\n"
        f"In-Reply-To: <{asked.message_id}@casebridge.example>\r\n\r\n24-001234\r\n"
    ).encode()
    assert team.wait(answer, sender=address) == "set_aside"
    assert team.carried() == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]
    assert agrees(team)


def test_a_second_contact_outside_the_firm_reads_no_name_and_has_no_link(team: Team) -> None:
    named(team.carrier.stores, second_contact="bureau@elsewhere.example")
    team.wait(NO_CASE)
    links = len(team.rows(answer_links))
    team.now = promised(team)
    team.unanswered.look()
    (asked,) = of_kind(team, "second_question")
    assert asked.recipient == "bureau@elsewhere.example"
    for detail in (PAT, "/answer/", "notes.txt"):
        assert detail not in asked.text
    assert "quote" in asked.text
    assert len(team.rows(answer_links)) == links
    answer = (
        "From: bureau@elsewhere.example\r\nSubject: Re\r\nMessage-ID: <b@elsewhere.example>\r\n"
        f"In-Reply-To: <{asked.message_id}@casebridge.example>\r\n\r\n24-001234\r\n"
    ).encode()
    assert team.wait(answer, sender="bureau@elsewhere.example") == "with_us"
    assert team.rows(decisions) == []


def test_an_answer_that_waits_to_be_carried_out_is_not_asked_about_again(team: Team) -> None:
    team.wait(NO_CASE)
    team.now = promised(team)
    team.decide("file", "24-001234")
    team.unanswered.look()
    assert of_kind(team, "second_question") == []
    assert team.carried() == "filed"


def test_staff_who_ask_again_ask_the_sender_alone(team: Team) -> None:
    team.wait(NO_CASE)
    for _ in range(2):
        team.now = promised(team)
        team.unanswered.look()
    assert state(team)[0] == "with_us"
    team.decide("ask")
    assert team.carried() == "needs_you"
    team.now = promised(team)
    assert team.unanswered.look() == 1
    assert state(team)[0] == "with_us"
    assert len(of_kind(team, "second_question")) == 1


# -- by the wire -----------------------------------------------------------------------------------


def mail_of(envelope: Any) -> Message:
    assert isinstance(envelope.content, bytes)
    return message_from_bytes(envelope.content, policy=default)


@pytest.mark.slow
def test_copy_and_second_question_leave_by_smtp_with_a_return_path_of_their_own(
    team: Team, tmp_path: Any
) -> None:
    certificates = make_certificates(tmp_path / "ca")
    with mail_server(certificates, at_once=False) as server:
        relay = Relay(
            host="localhost", port=server.port, ca_file=str(certificates.authority), seconds=20
        )
        stores = team.carrier.stores
        way = OutboundSettings(delivery="relay", relay=relay)
        settings = stores.settings.model_copy(update={"outbound": way})
        team.carrier.stores = dataclasses.replace(stores, settings=settings)
        team.wait(NO_CASE, proof=Proof.ALIGNED)
        out = Outbound(
            stores.database,
            RelayWay(relay, "gateway.example"),
            settings,
            lambda: team.now,
            Metrics(),
        )
        out.send_due()
        team.now = promised(team)
        assert team.unanswered.look() == 1
        out.send_due()
    assert [one.rcpt_tos for one in server.taken] == [[PAT], [COPIES], [SECOND]]
    paths = [one.mail_from for one in server.taken]
    assert len(set(paths)) == 3
    assert all(str(path).startswith("bounce+") for path in paths)
    kinds = [mail_of(one)["Auto-Submitted"] for one in server.taken]
    assert kinds == ["auto-replied", "auto-generated", "auto-generated"]
    assert {mail_of(one)["X-Auto-Response-Suppress"] for one in server.taken} == {"All"}
    assert all("/answer/" in str(mail_of(one).get_body(("plain",))) for one in server.taken)  # type: ignore[attr-defined]


def test_a_device_hears_nothing_and_the_firm_reads_a_copy_of_what_it_has_to_mend(
    sample_stores: Stores,
) -> None:
    named(sample_stores, copy_address=COPIES)
    device = ListedDevice(address="scans@bakerllp.example")
    settings = sample_stores.settings.model_copy(update={"devices": Devices(listed=(device,))})
    team = Team(Carrier(dataclasses.replace(sample_stores, settings=settings)))
    scan = MAIL.replace(b"Pat Hall <pat.hall@bakerllp.example>", b"scans@bakerllp.example")
    urgent = scan.replace(b"Two files.", b"Time limit demand enclosed.")
    team.wait(urgent, sender="scans@bakerllp.example")
    assert [(kind, to) for kind, to, _ in mails(team) if kind != "notice"] == [
        ("receipt_copy", COPIES)
    ]

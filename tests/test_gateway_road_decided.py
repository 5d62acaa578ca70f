"""Decided: a person's cases in the place of the road's, and what the road found stays in sight."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from config.settings import Settings
from gateway.addressee import receipt_goes_to
from gateway.letter import Proof
from gateway.road.ask import ask
from gateway.road.decided import CaseGone, Decided, carry_out, decided
from gateway.road.file import final_state
from gateway.road.package import Package, Resolution, Trouble
from gateway.road.tell import owed
from gateway.telling.receipt import receipt
from portal.decision import Decision, Filing
from portal.directory import Case, Consultant
from tests.packages import envelope, narrative_part, package, part

AT = datetime(2026, 11, 21, tzinfo=UTC)
DANA = Consultant(1, "Dana Reyes", "dana@sample.example")
LEE = Consultant(2, "Lee Park", "lee@sample.example")
CASES = {
    "24-001234": Case(1, "24-001234", closed=False, restricted=False, consultant=DANA),
    "24-001301": Case(2, "24-001301", closed=True, restricted=False, consultant=LEE),
    "25-000345": Case(3, "25-000345", closed=False, restricted=False, consultant=None),
}
DOMAIN = "casebridge.example"


def taken(*filings: Filing, kind: str = "file", account: int | None = 1) -> Decided:
    row = Decision(
        id=7, letter_id=1, account_id=account, kind=kind, filings=filings, decided_at=AT,
        undo_until=AT, carried_at=None, undone_at=None, was_state="with_us",
        was_reason="case_ambiguous", was_attempt=1, was_told=0,
    )  # fmt: skip
    return decided(row, CASES.get)


def carried_out(held: Package, decision: Decided) -> Package:
    return carry_out(held, decision, AT.date())


def held(hold: str = "case_ambiguous", **changes: object) -> Package:
    resolution = Resolution(firm_id=5, firm_name="Baker LLP", hold=hold)
    return package(
        narrative_part("1", filed_name="Message.pdf"),
        part("2", "a.pdf", filed_name="a.pdf"),
        part("3", "b.pdf", filed_name="b.pdf"),
        troubles=(Trouble(hold), Trouble("message_ambiguous")),
        resolution=resolution,
        **changes,
    )


def test_one_case_takes_everything_and_its_consultant() -> None:
    done = carried_out(held(), taken(Filing("24-001234")))
    found = done.resolution
    assert (found.case_number, found.consultant_name, found.how) == (
        "24-001234", "Dana Reyes", "person",
    )  # fmt: skip
    assert (found.hold, found.doubt, found.firm_id) == (None, "case_ambiguous", 5)
    assert [one.code for one in done.troubles] == ["message_ambiguous"]
    (filing,) = done.filed_under
    assert all(filing.takes(one) for one in done.parts)
    assert final_state(done) == ("filed", None)


def test_several_cases_take_their_own_documents_and_each_the_message() -> None:
    done = carried_out(
        held(), taken(Filing("24-001234", ("2",)), Filing("24-001301", ("3",)), account=None)
    )
    first, second = done.filed_under
    assert [one.path for one in done.parts if first.takes(one)] == ["1", "2"]
    assert [one.path for one in done.parts if second.takes(one)] == ["1", "3"]
    assert done.resolution.how == "answer"
    assert done.resolution.case_number is None
    assert [one.code for one in done.troubles] == ["message_ambiguous", "case_closed"]


def test_the_words_of_an_attached_message_go_where_they_were_put() -> None:
    attached = narrative_part("3.1", container="3", filed_name="Fwd.pdf")
    (filing, _) = carried_out(
        held(), taken(Filing("24-001234", ("2",)), Filing("24-001301", ("3",)))
    ).filed_under
    assert not filing.takes(attached)


def test_a_case_that_is_gone_is_a_fault_of_its_own() -> None:
    with pytest.raises(CaseGone):
        taken(Filing("99-999999"))


def test_what_the_road_decides_by_itself_is_one_filing() -> None:
    road = held().but(resolution=Resolution(case_id=1, case_number="24-001234"))
    (filing,) = road.filed_under
    assert (filing.case_number, filing.paths) == ("24-001234", None)
    assert held().filed_under == ()


def test_a_person_who_files_it_proves_no_sender() -> None:
    """One mailbox of a provider under another one's From: its owner is a stranger to the firm."""
    forged = held("sender_not_proven", sender="pat@bakerllp.example")
    assert receipt_goes_to(forged, own_domain=DOMAIN) is None
    done = carried_out(forged, taken(Filing("24-001234")))
    assert receipt_goes_to(done, own_domain=DOMAIN) is None
    mails = owed(done, "7KQ4M2XD", Settings())
    assert [one.kind for one in mails] == ["notice"]


def test_to_ask_holds_the_letter_and_needs_somebody_who_reads_it() -> None:
    done = ask(carried_out(held(), taken(kind="ask")), own_domain=DOMAIN)
    assert done.asked
    assert final_state(done) == ("needs_you", "case_ambiguous")
    machine = held().but(automatic=True)
    assert not ask(carried_out(machine, taken(kind="ask")), own_domain=DOMAIN).asked
    stranger = held("sender_not_known")
    stranger = stranger.but(resolution=dataclasses.replace(stranger.resolution, firm_id=None))
    assert final_state(ask(stranger, own_domain=DOMAIN)) == ("with_us", "sender_not_known")


@pytest.mark.parametrize("hold", ["archive_unsafe", "message_unreadable", "sender_not_proven"])
def test_what_no_case_number_would_settle_is_not_asked(hold: str) -> None:
    assert not ask(held(hold), own_domain=DOMAIN).asked


def test_the_link_stands_in_the_receipt_and_nowhere_without_it() -> None:
    asked = ask(held(), own_domain=DOMAIN)
    link = "https://gateway.example/answer/token"
    settings = Settings()
    (mail,) = owed(asked, "7KQ4M2XD", settings, answer_link=link)
    assert mail.text.count(link) == 1
    (mail,) = owed(asked, "7KQ4M2XD", settings)
    assert "/answer/" not in mail.text


def test_a_receipt_names_every_case_to_who_may_read_it() -> None:
    done = carried_out(held(), taken(Filing("24-001234", ("2",)), Filing("24-001301", ("3",))))
    service = Settings().service
    assert "24-001234, 24-001301" in receipt(done, "7KQ4M2XD", service).text
    unproven = done.but(
        letter=dataclasses.replace(done.letter, envelope=envelope(proof=Proof.NONE))
    )
    assert "24-00" not in receipt(unproven, "7KQ4M2XD", service).text

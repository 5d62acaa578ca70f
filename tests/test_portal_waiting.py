"""The waiting line, claims and guesses, as the record has them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal import rights
from portal.claim import Claim, claim, claimed
from portal.decision import decide
from portal.dossier import dossier
from portal.guess import Guess, consultants_of, guesses, look_up
from portal.rights import Filing, may_decide
from portal.tables import accounts, cases
from portal.tables import rights as may_send
from portal.waiting import Line, line
from tests.desk import SampleDesk, filled_desk

TEN = timedelta(minutes=10)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SampleDesk]:
    opened = filled_desk(tmp_path)
    sample = opened.sample
    sample.accounts["Kim Osei"] = sample.insert(
        accounts, email="kim@sample.example", name="Kim Osei", role="operations"
    )
    yield opened
    opened.close()


def viewer(desk: SampleDesk, name: str) -> rights.Viewer:
    with desk.database.read() as connection:
        return rights.viewer(connection, desk.sample.accounts[name], desk.now.date())


def waiting(desk: SampleDesk, name: str = "Olu Adeyemi") -> Line:
    who = viewer(desk, name)
    with desk.database.read() as connection:
        return line(connection, who, now=desk.now)


def held(desk: SampleDesk, receipt: str) -> int:
    who = viewer(desk, "Olu Adeyemi")
    with desk.database.read() as connection:
        return dossier(connection, who, receipt).letter_id


def take(desk: SampleDesk, name: str, receipt: str = "4ZZ0QF8B") -> Claim:
    letter_id = held(desk, receipt)
    with desk.database.write() as connection:
        account = desk.sample.accounts[name]
        return claim(connection, letter_id, account, now=desk.now, length=TEN)


def guessed(desk: SampleDesk, receipt: str = "9HXW3T5R") -> tuple[Guess, ...]:
    who = viewer(desk, "Olu Adeyemi")
    with desk.database.read() as connection:
        letter = dossier(connection, who, receipt)
        return guesses(connection, letter, letter.firm_id, desk.now.date())


def test_what_somebody_has_decided_about_has_left_the_line(desk: SampleDesk) -> None:
    assert waiting(desk).receipts == ("4ZZ0QF8B", "9HXW3T5R")
    letter_id = held(desk, "4ZZ0QF8B")
    with desk.database.write() as connection:
        decide(
            connection,
            letter_id,
            "not_submission",
            account_id=desk.sample.accounts["Olu Adeyemi"],
            now=desk.now,
            undo=TEN,
        )
    assert waiting(desk).receipts == ("9HXW3T5R",)


def test_a_consultant_has_no_line(desk: SampleDesk) -> None:
    assert waiting(desk, "Dana Reyes").receipts == ()
    assert not may_decide(viewer(desk, "Dana Reyes"), ())
    assert may_decide(viewer(desk, "Olu Adeyemi"), ())
    assert not may_decide(viewer(desk, "Olu Adeyemi"), [Filing(1, restricted=True)])


def test_the_neighbours_in_the_line() -> None:
    one = Line(("A", "B", "C"), frozenset({"A"}))
    assert (one.first, one.left) == ("B", 3)
    assert [one.beside(name) for name in "ABC"] == [(None, "B"), ("A", "C"), ("B", None)]
    assert one.beside("gone") == (None, "B")
    assert Line((), frozenset()).first is None


def test_a_claim_is_taken_over_when_its_time_is_over_and_not_before(desk: SampleDesk) -> None:
    assert take(desk, "Olu Adeyemi").name == "Olu Adeyemi"
    desk.pass_time(minutes=9, seconds=59)
    assert take(desk, "Kim Osei").name == "Olu Adeyemi"
    assert waiting(desk, "Kim Osei").first == "9HXW3T5R"
    assert waiting(desk).first == "4ZZ0QF8B"
    desk.pass_time(seconds=1)
    assert take(desk, "Kim Osei") == Claim(
        desk.sample.accounts["Kim Osei"], "Kim Osei", desk.now + TEN
    )


def test_ones_own_claim_begins_anew(desk: SampleDesk) -> None:
    take(desk, "Olu Adeyemi")
    desk.pass_time(minutes=9)
    assert take(desk, "Olu Adeyemi").until == desk.now + TEN


def test_of_two_who_open_a_letter_at_once_one_has_it(desk: SampleDesk) -> None:
    together = threading.Barrier(2)
    ends: list[str] = []

    def race(name: str) -> None:
        together.wait(10)
        ends.append(take(desk, name).name)

    threads = [threading.Thread(target=race, args=(one,)) for one in ("Olu Adeyemi", "Kim Osei")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(ends) == 2
    assert len(set(ends)) == 1
    letter_id = held(desk, "4ZZ0QF8B")
    with desk.database.read() as connection:
        holder = claimed(connection, letter_id, now=desk.now)
    assert holder is not None
    assert holder.name == ends[0]


def test_a_case_that_the_firm_may_send_to_goes_before_one_that_it_may_not(
    desk: SampleDesk,
) -> None:
    sample = desk.sample
    sample.insert(
        may_send,
        firm_id=sample.firms["Ó Conaill Solicitors"],
        case_id=sample.cases["24-001300"],
        starts=None,
        ends=None,
    )
    first, second = guessed(desk)
    assert (first.number, second.number) == ("24-001300", "24-001234")
    assert first.reasons == (
        "\u201c24-001300\u201d in the subject",
        "Ó Conaill Solicitors may send to it",
    )
    assert second.reasons[-1] == "Ó Conaill Solicitors may not send to it"


def test_a_right_that_has_ended_is_no_reason(desk: SampleDesk) -> None:
    sample = desk.sample
    sample.insert(
        may_send,
        firm_id=sample.firms["Ó Conaill Solicitors"],
        case_id=sample.cases["23-004410"],
        starts=None,
        ends=desk.now.date() - timedelta(days=1),
    )
    assert "23-004410" not in {one.number for one in guessed(desk)}


def test_a_few_open_cases_of_the_firm_are_guesses_and_a_name_puts_one_before_the_others(
    desk: SampleDesk,
) -> None:
    sample = desk.sample
    for number in ("24-001234", "24-001300", "23-004410"):
        sample.insert(
            may_send,
            firm_id=sample.firms["Linden Marsh Defense"],
            case_id=sample.cases[number],
            starts=None,
            ends=None,
        )
    letter = sample.letter(
        "GVESS000", "with_us", reason="consultant_unknown",
        firm_id=sample.firms["Linden Marsh Defense"], sender="new@lindenmarsh.example",
    )  # fmt: skip
    sample.package(letter, subject="For Lee Park", narrative="Two files.")
    found = guessed(desk, "GVESS000")
    assert [one.number for one in found] == ["24-001300", "24-001234"]
    assert found[0].reasons[-1] == "the message names Lee Park"


def test_of_a_firm_with_many_cases_the_right_to_one_it_filed_to_before_is_looked_up(
    desk: SampleDesk,
) -> None:
    sample = desk.sample
    firm = sample.firms["Linden Marsh Defense"]
    others = [f"25-0001{n:02}" for n in range(8)]
    for number in others:
        sample.cases[number] = sample.insert(
            cases, number=number, state="open", consultant_id=None, restricted=False
        )
    for number in (*others, "24-001234"):
        sample.insert(may_send, firm_id=firm, case_id=sample.cases[number], starts=None, ends=None)
    sender: dict[str, Any] = {"firm_id": firm, "sender": "new@lindenmarsh.example"}
    for receipt, number in (("PAST0001", "24-001234"), ("PAST0002", "23-004410")):
        sample.file(sample.letter(receipt, **sender), number, "Dana Reyes", [])
    letter = sample.letter("GVESS000", "with_us", reason="consultant_unknown", **sender)
    sample.package(letter, subject="Records", narrative="Two files.")
    assert [(one.number, one.reasons) for one in guessed(desk, "GVESS000")] == [
        ("24-001234", ("this sender filed there once", "Linden Marsh Defense may send to it")),
        ("23-004410", ("this sender filed there once", "Linden Marsh Defense may not send to it")),
    ]


def test_cases_are_looked_up_by_any_part_of_their_number(desk: SampleDesk) -> None:
    desk.sample.insert(
        cases, number="25-240013", state="open", consultant_id=None, restricted=False
    )
    with desk.database.read() as connection:
        assert [one.number for one in look_up(connection, "24-0013")] == ["24-001300"]
        assert [one.number for one in look_up(connection, "1300")] == ["24-001300"]
        every = [one.number for one in look_up(connection, "24")]
        assert (every[0], every[-1]) == ("24-001234", "25-240013")
        assert look_up(connection, "") == ()
        assert look_up(connection, "%") == ()
        assert look_up(connection, "_4") == ()
        assert consultants_of(connection, {"24-001234", "23-004410"}) == ("Dana Reyes",)

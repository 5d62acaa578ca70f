"""Give back: a decision that does not fit what is there now files nothing, and loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal.decision import Filing
from portal.tables import cases, decisions, letters, parts, submissions
from tests.carrying import MAIL, Carrier, ReaderHere
from tests.deciding import NO_CASE, Team, agrees, filed, mails, state, sweep

pytestmark = pytest.mark.record

SPLIT = (Filing("24-001234", ("2",)), Filing("24-001301", ("3",)))


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def with_one_more(answer: dict[str, Any]) -> dict[str, Any]:
    """Let the reader find the last document twice, as a newer one may."""
    last = answer["parts"][-1]
    return answer | {"parts": [*answer["parts"], last | {"path": "4", "file": None}]}


def without_the_last(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"parts": answer["parts"][:-1]}


def unreadable(_answer: dict[str, Any]) -> dict[str, Any]:
    return {"stopped": "too_many_parts"}


def names(team: Team) -> list[str]:
    return [row.filed_name for row in team.rows(parts) if row.filed_name]


@pytest.mark.parametrize("answers", [with_one_more, without_the_last])
def test_a_split_of_what_comes_apart_otherwise_now_goes_back_with_what_there_is(
    team: Team, answers: Any
) -> None:
    team.wait()
    told = mails(team)
    team.decide("file", *SPLIT)
    team.carrying.decisions()
    team.carrier.reader = ReaderHere(answers=answers)
    assert team.carry() == "with_us"
    assert state(team) == ("with_us", "documents_changed")
    assert (filed(team), mails(team)) == ([], told)
    paths = tuple(row.path for row in team.rows(parts) if row.filed_name and row.path != "1")
    assert paths == (("2", "3", "4") if answers is with_one_more else ("2",))
    assert agrees(team)
    assert team.file(Filing("24-001234", paths)) == "filed"
    assert agrees(team)


@pytest.mark.parametrize("filings", [SPLIT, ("24-001234",)])
def test_what_cannot_be_read_this_time_is_not_filed_in_the_place_of_what_was_seen(
    team: Team, filings: tuple[Any, ...]
) -> None:
    team.wait()
    before = names(team)
    team.decide("file", *filings)
    team.carrying.decisions()
    team.carrier.reader = ReaderHere(answers=unreadable)
    assert team.carry() == "with_us"
    assert state(team) == ("with_us", "documents_changed")
    assert names(team) == before
    assert agrees(team)
    team.carrier.reader = ReaderHere()
    assert team.file(*filings) in {"filed", "filed_in_part"}
    assert agrees(team)


def test_one_more_document_goes_along_where_everything_goes_to_one_case(team: Team) -> None:
    team.wait()
    team.decide("file", "24-001234")
    team.carrying.decisions()
    team.carrier.reader = ReaderHere(answers=with_one_more)
    assert team.carry() == "filed"
    ((_, documents),) = filed(team)
    assert len(documents) == 3
    assert agrees(team)


def test_a_senders_answer_is_filed_to_nobody_where_the_case_has_no_consultant(team: Team) -> None:
    team.wait(NO_CASE)
    with team.carrier.stores.database.write() as connection:
        one = cases.c.number == "24-001234"
        connection.execute(cases.update().where(one).values(consultant_id=None))
    team.decide("file", "24-001234", account=None)
    assert team.carried() == "with_us"
    assert state(team) == ("with_us", "consultant_unknown")
    assert filed(team) == []
    assert agrees(team)


def test_both_copies_of_a_message_answered_by_their_sender_are_filed_once(team: Team) -> None:
    team.wait(NO_CASE)
    team.wait(NO_CASE, door="import")
    for letter_id, end in ((1, "filed"), (2, "copy")):
        team.decide("file", "24-001301", letter_id=letter_id, account=None)
        assert team.carried(letter_id) == end
    assert [case for case, _ in filed(team)] == ["24-001301"]
    assert [row.carried_at is not None for row in team.rows(decisions)] == [True, True]
    assert agrees(team)


def test_what_was_a_copy_of_a_letter_that_is_undone_is_carried_by_itself(team: Team) -> None:
    """A stranger's copy of a firm's message is filed before the firm's own comes."""
    team.wait(MAIL, proof=Proof.NONE)
    decision = team.decide("file", "24-001301")
    assert team.carried() == "filed"
    team.carrier.accept(MAIL, door="import")
    assert team.carrier.carry(2) == "copy"
    team.undo(decision)
    assert state(team, 2) == ("checking", None)
    assert agrees(team)
    with team.carrier.stores.database.write() as connection:
        # As the queue notes attempts that have ended.
        connection.exec_driver_sql("UPDATE workflow_status SET status = 'SUCCESS'")
    assert sweep(team).letters() == 1
    assert team.carry(2) == "filed"
    with team.carrier.stores.database.read() as connection:
        of_letter = connection.scalars(sa.select(submissions.c.letter_id)).all()
    assert of_letter == [2]
    assert {row.copy_of for row in team.rows(letters)} == {None}
    assert agrees(team)

"""Contributors on the road: filed to their one case until their day, told counts, and no more."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal import contributors, rights
from portal.contributors import Wanted
from portal.tables import outbox
from tests.carrying import MAIL, NOW, Carrier
from tests.deciding import Team, agrees, filed, state
from tests.test_gateway_replies_confirming import SECRETS, code_in, entered, last

pytestmark = pytest.mark.record

REPORTER = "reporter@vendor.example"
UNTIL = date(2026, 11, 25)


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def let_in(team: Team, email: str = REPORTER, case: str = "24-001234") -> int:
    with team.carrier.stores.database.write() as connection:
        viewer = rights.viewer(connection, team.people["Olu Adeyemi"], NOW.date())
        return contributors.let_in(
            connection,
            viewer,
            Wanted(email, case, UNTIL.isoformat()),
            letter_id=None,
            today=NOW.date(),
            now=team.now,
        )


def end(team: Team, contributor_id: int) -> None:
    with team.carrier.stores.database.write() as connection:
        viewer = rights.viewer(connection, team.people["Olu Adeyemi"], NOW.date())
        contributors.end(connection, viewer, contributor_id, now=team.now)


def sent(team: Team, case: str = "24-001234", **changes: Any) -> str:
    mail = MAIL.replace(b"pat.hall@bakerllp.example", REPORTER.encode())
    mail = mail.replace(b"24-001234", case.encode())
    said = {"sender": REPORTER, "proof": Proof.ALIGNED, "arrived_at": team.now}
    return team.wait(mail, **(said | changes))


def test_a_contributor_files_to_their_case_and_is_told_counts(team: Team) -> None:
    let_in(team)
    assert sent(team) == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]
    told = {one.kind: one for one in team.rows(outbox)}
    assert told["receipt"].recipient == REPORTER
    assert told["receipt"].subject.startswith("Filed: 2 documents (receipt")
    said = told["receipt"].subject + told["receipt"].text + told["receipt"].html
    assert not [one for one in SECRETS if one in said]
    assert told["notice"].recipient == "dana.reyes@sample-mutual.example"
    assert agrees(team)


def test_what_a_contributor_sends_is_converted_as_nobodys_but_this_letters(team: Team) -> None:
    """Who let them in is not whose bytes they are: no engine of a firm's opens them."""
    let_in(team)
    sent(team)
    assert set(team.carrier.workshop.owners) == {"letter 1"}


@pytest.mark.parametrize("case", ["24-001301", "24-001377", "24-999999"])
def test_no_other_case_is_open_to_a_contributor_nor_told_of(team: Team, case: str) -> None:
    let_in(team)
    assert sent(team, case) == "with_us"
    assert state(team) == ("with_us", "case_not_found")
    assert case not in last(team).subject + last(team).text
    assert filed(team) == []


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        # The office is five hours behind: its day ends at 05:00 UTC.
        (datetime(2026, 11, 26, 4, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 26, 5, 1, tzinfo=UTC), False),
    ],
)
def test_the_day_ends_in_the_offices_calendar(team: Team, moment: datetime, is_open: bool) -> None:
    let_in(team)
    team.now = moment
    assert sent(team) == ("filed" if is_open else "with_us")


def test_who_was_ended_is_a_stranger_from_then_on(team: Team) -> None:
    end(team, let_in(team))
    assert sent(team) == "with_us"
    assert state(team) == ("with_us", "sender_not_known")


def test_an_unproven_contributor_is_asked_and_goes_on_when_they_say_yes(team: Team) -> None:
    let_in(team)
    assert sent(team, proof=Proof.NONE) == "with_us"
    assert state(team) == ("with_us", "sender_not_proven")
    assert not [one for one in SECRETS if one in last(team).text]
    assert entered(team, REPORTER, code_in(last(team).text) or "")
    assert team.carrying.confirmed() == 1
    assert team.carry() == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]


def test_a_confirmed_address_is_not_let_in_by_that(team: Team) -> None:
    let_in(team, "somebody@else.example")
    sent(team, proof=Proof.NONE)
    assert entered(team, REPORTER, code_in(last(team).text) or "")
    assert team.carrying.confirmed() == 0
    assert filed(team) == []


def test_letting_in_anew_takes_the_place_of_the_earlier_right(team: Team) -> None:
    let_in(team)
    team.now = NOW + timedelta(minutes=5)
    let_in(team)
    with team.carrier.stores.database.read() as connection:
        ends = connection.scalars(sa.text("SELECT ended_at FROM contributors ORDER BY id")).all()
    assert [one is None for one in ends] == [False, True]

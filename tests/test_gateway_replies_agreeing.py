"""Agreeing: a YES means the case that the mail which it answers asked about, and no other."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal.tables import answer_links, cases, decisions, events, outbox, rights
from tests.carrying import Carrier
from tests.deciding import NO_CASE, Team, agrees, filed, state
from tests.test_gateway_replies_replying import reply

pytestmark = pytest.mark.record

SLIP = NO_CASE.replace(b"Subject: ", b"Subject: Case 24-O01234 ")
ASKED = "Did you mean 24-001234? Reply YES, or send the right number."


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    team = Team(Carrier(sample_stores))
    assert team.wait(SLIP) == "needs_you"
    return team


def number_of(connection: sa.Connection, number: str) -> sa.ScalarSelect[Any]:
    return sa.select(cases.c.id).where(cases.c.number == number).scalar_subquery()


def test_the_mail_that_asks_says_so_in_both_forms_and_keeps_the_number(team: Team) -> None:
    (mail,) = team.rows(outbox)
    assert mail.suggested == "24-001234"
    assert ASKED in mail.text
    assert ASKED in re.sub(r"<[^>]+>", "", mail.html)
    assert "We found no open case 24-O01234." in mail.text
    assert "does not look like" not in mail.text
    assert "24-" not in mail.subject


def test_yes_means_the_number_that_was_asked_about_whatever_the_directory_says_since(
    sample_stores: Stores,
) -> None:
    team = Team(Carrier(sample_stores))
    team.wait(SLIP.replace(b"24-O01234", b"24-001243"))
    with sample_stores.database.write() as connection:
        # By now there is another case of theirs that the number is as near to.
        other = sa.update(cases).where(cases.c.number == "24-001240")
        connection.execute(other.values(number="24-001423"))
    assert reply(team, "YES") == "set_aside"
    assert team.carried() == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]
    assert agrees(team)


def test_a_right_that_has_ended_by_the_yes_is_refused_as_a_wrong_number_is(team: Team) -> None:
    with team.carrier.stores.database.write() as connection:
        of_it = rights.c.case_id == number_of(connection, "24-001234")
        connection.execute(sa.update(rights).where(of_it).values(ends=date(2026, 11, 20)))
    assert reply(team, "YES") == "set_aside"
    assert team.rows(decisions) == []
    assert state(team)[0] == "needs_you"
    mail = team.rows(outbox)[-1]
    assert mail.text.startswith("We found no open case 24-001234. Reply with the right number")
    assert mail.suggested is None
    assert "answer.refused" in {one.kind for one in team.rows(events)}
    assert agrees(team)


def test_a_yes_counts_as_a_try_and_over_the_limit_decides_nothing(team: Team) -> None:
    for _ in range(team.carrier.stores.settings.triage.answer_tries_an_hour):
        reply(team, "24-999999")
    before = len(team.rows(outbox))
    assert reply(team, "YES") == "set_aside"
    assert len(team.rows(outbox)) == before
    assert team.rows(decisions) == []


def test_a_yes_within_the_undo_window_of_another_is_told_that_it_is_settled(team: Team) -> None:
    assert reply(team, "YES") == "set_aside"
    assert reply(team, "YES", sender="ann.cole@bakerllp.example") == "set_aside"
    assert len(team.rows(decisions)) == 1
    assert team.rows(outbox)[-1].subject.startswith("This question is settled")
    assert agrees(team)


def test_a_yes_to_a_question_that_has_run_out_is_a_letter_of_its_own(team: Team) -> None:
    days = team.carrier.stores.settings.triage.answer_days
    with team.carrier.stores.database.write() as connection:
        past = team.now - timedelta(days=days)
        connection.execute(sa.update(answer_links).values(expires_at=past))
    assert reply(team, "YES") == "needs_you"
    assert team.rows(decisions) == []


def test_a_yes_to_a_rehearsal_decides_nothing(sample_stores: Stores) -> None:
    team = Team(Carrier(sample_stores))
    address = sample_stores.settings.intake.rehearsal_address
    team.wait(SLIP, recipients=(address,))
    (mail,) = team.rows(outbox)
    assert ASKED in mail.text
    assert reply(team, "YES") == "needs_you"
    assert team.rows(decisions) == []


def test_a_yes_can_be_undone_as_a_number_can(team: Team) -> None:
    reply(team, "YES")
    (decision,) = team.rows(decisions)
    assert (decision.account_id, decision.carried_at) == (None, None)
    assert decision.undo_until > decision.decided_at


def test_a_case_that_was_closed_after_we_asked_is_filed_to_as_by_its_number(team: Team) -> None:
    with team.carrier.stores.database.write() as connection:
        closed = sa.update(cases).where(cases.c.number == "24-001234")
        connection.execute(closed.values(state="closed"))
    reply(team, "YES")
    assert team.carried() == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]


@pytest.mark.parametrize(
    "words",
    [
        *("YES", "Yes.", "yes please", "Yes, thank you!", "Yes, I did.", "yes that's it"),
        *("Yes, 24-001234", "Correct.", "YES\r\n\r\nPat Hall"),
    ],
)
def test_these_words_are_a_yes(team: Team, words: str) -> None:
    assert reply(team, words) == "set_aside"
    assert len(team.rows(decisions)) == 1


@pytest.mark.parametrize(
    "words",
    [
        *("No", "yes?", "Yes and no", "YES, 24-001240", "Yes, that was me", "I sent this"),
        *("yesterday", "YES\r\n24-001301", "YES to all", "482 913", "Yes, 24-O01301"),
    ],
)
def test_these_words_are_none(team: Team, words: str) -> None:
    reply(team, words)
    assert team.rows(decisions) == []
    assert state(team)[0] == "needs_you"


def test_a_slip_in_a_reply_is_asked_about_and_counts_as_a_try(team: Team) -> None:
    assert reply(team, "24-OO1240.") == "set_aside"
    mail = team.rows(outbox)[-1]
    assert mail.text.startswith("We found no open case 24-OO1240.\n\nDid you mean 24-001240?")
    assert mail.suggested == "24-001240"
    assert [one.letter_id for one in team.rows(events) if one.kind == "answer.refused"] == [1]
    assert agrees(team)


@pytest.mark.parametrize("words", ["24-OO9999", "24-OO1377", "24-OO1402", "24-OO1240 I think"])
def test_a_slip_that_means_no_open_case_of_theirs_is_a_letter_of_its_own(
    team: Team, words: str
) -> None:
    assert reply(team, words) == "needs_you"
    assert "answer.refused" not in {one.kind for one in team.rows(events)}


def test_a_slip_whose_answer_others_could_read_is_asked_about_nothing(team: Team) -> None:
    assert reply(team, "24-OO1240", proof=Proof.ALIGNED) == "set_aside"
    mail = team.rows(outbox)[-1]
    assert "24-001240" not in mail.text
    assert mail.suggested is None


def test_a_reply_to_the_refusal_keeps_its_subject_and_is_taken(team: Team) -> None:
    reply(team, "24-999999")
    subject = f"Re: {team.rows(outbox)[-1].subject}"
    assert reply(team, "24-001301", subject=subject, to=2) == "set_aside"
    assert team.carried() == "filed"


def test_over_a_way_that_others_read_no_case_is_asked_about(sample_stores: Stores) -> None:
    team = Team(Carrier(sample_stores))
    team.wait(SLIP, proof=Proof.ALIGNED)  # ours alone is the way to whoever is on this machine
    (mail,) = team.rows(outbox)
    assert "Did you mean" not in mail.text
    assert mail.suggested is None

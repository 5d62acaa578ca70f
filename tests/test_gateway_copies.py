"""Copies: the same message by two doors is one, unless its envelopes wish two things."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal.tables import cases, letters, outbox, submissions
from tests.carrying import MAIL, Carrier
from tests.deciding import NO_CASE, Team, agrees

pytestmark = pytest.mark.record

ONE, OTHER = "claims+24-001234@casebridge.example", "claims+24-001301@casebridge.example"
PLAIN = "claims@casebridge.example"


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def filed(team: Team) -> list[tuple[int, str]]:
    """Return which letters are filed to which cases."""
    with team.carrier.stores.database.read() as connection:
        rows = connection.execute(
            sa.select(submissions.c.letter_id, cases.c.number)
            .join(cases)
            .order_by(submissions.c.id)
        )
        return [(row.letter_id, row.number) for row in rows]


# -- two envelopes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("later", ["lmtp", "imap"])
def test_the_same_words_to_another_cases_address_are_another_letter(team: Team, later: str) -> None:
    assert team.wait(NO_CASE, door="smtp", recipients=(ONE,)) != "copy"
    assert team.wait(NO_CASE, door=later, recipients=(OTHER,)) != "copy"
    assert filed(team) == [(1, "24-001234"), (2, "24-001301")]
    assert agrees(team)


def test_a_replay_to_another_case_does_not_shut_the_firms_own_letter_out(team: Team) -> None:
    replayed = {"sender": "x@evil.example", "proof": Proof.ALIGNED, "recipients": (OTHER,)}
    team.wait(NO_CASE, door="smtp", **replayed)
    assert team.wait(NO_CASE, door="lmtp", proof=Proof.RELAY, recipients=(ONE,)) != "copy"
    assert (2, "24-001234") in filed(team)


def test_a_mailbox_has_no_envelope_and_wishes_nothing_else(team: Team) -> None:
    team.wait(NO_CASE, door="smtp", recipients=(ONE,))
    assert team.wait(NO_CASE, door="imap", recipients=(PLAIN,)) == "copy"


def test_two_addresses_that_mean_one_case_are_one_wish(team: Team) -> None:
    team.wait(MAIL, door="smtp", recipients=(PLAIN,))
    assert team.wait(MAIL, door="lmtp", recipients=(ONE,)) == "copy"
    assert filed(team) == [(1, "24-001234")]
    assert agrees(team)


def test_an_address_without_a_case_is_not_shut_out_by_one_with_a_case(team: Team) -> None:
    team.wait(NO_CASE, door="smtp", recipients=(OTHER,))
    assert team.wait(NO_CASE, door="lmtp", recipients=(PLAIN,)) == "needs_you"


# -- replies ---------------------------------------------------------------------------------------


def test_a_reply_by_two_doors_is_one_message_and_told_once(team: Team) -> None:
    team.wait(MAIL)
    number = next(row.message_id for row in team.rows(outbox) if row.kind == "receipt")
    reply = (
        "From: Pat Hall <pat.hall@bakerllp.example>\r\nSubject: Re: Filed\r\n"
        f"Message-ID: <r1@bakerllp.example>\r\nIn-Reply-To: <{number}@casebridge.example>\r\n\r\n"
        "Please note that Dr. Smith is away until Friday, and will sign then.\r\n"
    ).encode()
    before = Counter(row.kind for row in team.rows(outbox))
    assert team.wait(reply, door="smtp") == "set_aside"
    # Each way writes a line of its own.
    assert team.wait(b"Received: from there by here\r\n" + reply, door="imap") == "copy"
    second = team.rows(letters)[2]
    assert second.copy_of == 2
    told = Counter(row.kind for row in team.rows(outbox)) - before
    assert told == {"receipt": 1, "notice": 1}
    assert agrees(team)


# -- decisions -------------------------------------------------------------------------------------


def test_what_waits_twice_and_is_decided_alike_is_filed_once(team: Team) -> None:
    for door in ("smtp", "imap"):
        assert team.wait(NO_CASE, door=door) == "needs_you"
    assert team.file("24-001234") == "filed"
    assert team.file("24-001234", letter_id=2) == "copy"
    assert filed(team) == [(1, "24-001234")]
    assert agrees(team)


def test_what_waits_twice_and_is_decided_differently_is_filed_as_decided(team: Team) -> None:
    for door in ("smtp", "imap"):
        team.wait(NO_CASE, door=door)
    team.file("24-001234")
    assert team.file("24-001301", letter_id=2) == "filed"
    assert filed(team) == [(1, "24-001234"), (2, "24-001301")]
    assert agrees(team)

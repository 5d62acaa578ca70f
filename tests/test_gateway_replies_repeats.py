"""Repeats: a program that answers each of our mails is left alone soon, and a person never is."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count, cycle

import pytest

from config.problems import problem
from gateway.letter import Proof
from gateway.replies.repeats import BEFORE, OURS
from gateway.stores import Stores
from portal.tables import events, firms, letters, outbox, packages
from tests.carrying import MAIL, Carrier
from tests.deciding import Team, agrees, state
from tests.planned import steps
from tests.test_gateway_automatic_mail import PAT, Collected, send, trusting

pytestmark = pytest.mark.record

DESK = "desk@neighbour.example"
BEGUN = MAIL.replace(b"Pat Hall <pat.hall@bakerllp.example>", DESK.encode())
ROUNDS = 20
NUMBERS = count(4001)

Robot = Callable[[EmailMessage, int], tuple[str, str]]
"""What a ticket system makes of a mail of ours: the subject and the words of its answer."""


def plain(_ours: EmailMessage, ticket: int) -> tuple[str, str]:
    return (
        f"Ticket #{ticket}: received",
        f"Thank you. Your ticket is #{ticket}; we look at it soon.",
    )


def dated(_ours: EmailMessage, ticket: int) -> tuple[str, str]:
    words = f"We had your mail on Saturday, November 21, 2026 at 3:{ticket % 60:02} PM. It waits."
    return "We have received your message", words


def repeats_our_subject(ours: EmailMessage, ticket: int) -> tuple[str, str]:
    return f"[desk-{ticket}] Re: {ours['Subject']}", f"'{ours['Subject']}' is ticket {ticket} now."


def repeats_our_words(ours: EmailMessage, ticket: int) -> tuple[str, str]:
    body = ours.get_body(("plain",))
    assert body is not None
    return f"Ticket {ticket}", f"We have this from you as {ticket}:\n{body.get_content()}"


def links(_ours: EmailMessage, ticket: int) -> tuple[str, str]:
    return "Your ticket", f"Follow it at https://desk.neighbour.example/t/{ticket:x}?k=aZ{ticket}q"


def in_two_forms() -> Robot:
    forms = cycle(["It is new.", "Somebody has looked at it."])
    return lambda _ours, ticket: (f"Ticket {ticket}", next(forms))


def said(team: Team, subject: str, words: str, ours: EmailMessage | None, sender: str) -> str:
    """Carry an answer of a robot's, to a mail of ours where it says that it is one."""
    thread = f"In-Reply-To: {ours['Message-ID']}\r\n" if ours is not None else ""
    header = f"From: {DESK}\r\nSubject: {subject}\r\nMessage-ID: <{next(NUMBERS)}@n.example>\r\n"
    content = f"{header}{thread}\r\n{words}\r\n".replace("\r\n", "\n").replace("\n", "\r\n")
    return team.wait(content.encode(), sender=sender, arrived_at=team.now)


def mails_to_a_robot(
    team: Team, robot: Robot, *, threaded: bool, minutes: int = 1, verp: bool = False
) -> int:
    """Let a robot answer each of our mails, so many minutes apart; return how many there are."""
    sent, sender = 0, DESK
    for _ in range(ROUNDS):
        team.now += timedelta(minutes=minutes)
        way = Collected()
        send(team, way)
        for mail in way.messages:
            if not mail.recipient.endswith("@neighbour.example"):
                continue
            sent += 1
            ticket = next(NUMBERS)
            ours = message_from_bytes(mail.content, policy=default)
            assert isinstance(ours, EmailMessage)
            sender = f"desk+{ticket}@neighbour.example" if verp else DESK
            said(team, *robot(ours, ticket), ours if threaded else None, sender)
    return sent


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def known(team: Team) -> None:
    trusting(team, "neighbour.example")
    with team.carrier.stores.database.write() as connection:
        connection.execute(firms.update().values(copy_address=None, second_contact=None))


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("threaded", [True, False])
@pytest.mark.parametrize("minutes", [1, 30])
def test_a_ticket_system_that_answers_each_mail_gets_three_and_nothing_of_it_is_lost(
    team: Team, is_known: bool, threaded: bool, minutes: int
) -> None:
    if is_known:
        known(team)
    team.wait(BEGUN, sender=DESK)
    assert mails_to_a_robot(team, plain, threaded=threaded, minutes=minutes) == 3
    rows = team.rows(letters)
    assert len(rows) == 4, "each is kept"
    assert {row.state for row in rows} <= {"filed", "set_aside", "needs_you", "with_us"}
    assert len(team.rows(packages)) == 4, "and on a page"
    assert Counter(row.kind for row in team.rows(outbox))["notice"] <= 3
    assert agrees(team)


@pytest.mark.parametrize("robot", [dated, repeats_our_subject, repeats_our_words, links])
@pytest.mark.parametrize("threaded", [True, False])
def test_whatever_a_robot_repeats_of_ours_it_is_left_alone_soon(
    team: Team, robot: Robot, threaded: bool
) -> None:
    known(team)
    team.wait(BEGUN, sender=DESK)
    assert mails_to_a_robot(team, robot, threaded=threaded) <= 5


def test_a_robot_with_two_forms_is_left_alone_when_both_are_known(team: Team) -> None:
    known(team)
    team.wait(BEGUN, sender=DESK)
    assert mails_to_a_robot(team, in_two_forms(), threaded=True) == 5


@pytest.mark.parametrize("threaded", [True, False])
def test_a_robot_with_a_return_path_for_each_mail_is_one_robot(team: Team, threaded: bool) -> None:
    known(team)
    team.wait(BEGUN, sender=DESK)
    assert mails_to_a_robot(team, plain, threaded=threaded, verp=True) == 3


def test_of_a_repeat_stands_why_nobody_was_told_and_it_is_with_the_team(team: Team) -> None:
    known(team)
    team.wait(BEGUN, sender=DESK)
    mails_to_a_robot(team, plain, threaded=False)
    *answered, last = team.rows(packages)
    assert [one["code"] for one in last.problems] == ["consultant_unknown", "repeats_itself"]
    assert not any("repeats_itself" in str(one.problems) for one in answered)
    assert state(team, last.letter_id) == ("with_us", "consultant_unknown")
    assert [row.letter_id for row in team.rows(outbox) if row.letter_id == last.letter_id] == []
    assert "as a program does" in problem("repeats_itself").title


def test_what_a_person_decides_about_a_repeat_is_told_as_ever(team: Team) -> None:
    known(team)
    team.wait(BEGUN, sender=DESK)
    mails_to_a_robot(team, plain, threaded=False)
    assert team.file("24-001234", letter_id=4) == "filed"
    assert sorted(row.kind for row in team.rows(outbox) if row.letter_id == 4) == [
        "notice",
        "receipt",
    ]
    (package,) = [row for row in team.rows(packages) if row.letter_id == 4]
    assert "repeats_itself" not in str(package.problems)


def test_a_case_in_the_subject_has_each_repeat_filed_and_told_to_nobody(team: Team) -> None:
    known(team)
    team.wait(BEGUN, sender=DESK)

    def about_the_case(_ours: EmailMessage, ticket: int) -> tuple[str, str]:
        return f"Ticket {ticket} for case 24-001234", "We have received your message."

    assert mails_to_a_robot(team, about_the_case, threaded=False) == 3
    assert [row.state for row in team.rows(letters)] == ["filed"] * 4
    told = Counter(row.letter_id for row in team.rows(outbox))
    assert told == {1: 2, 2: 2, 3: 2}
    filed = [row for row in team.rows(events) if row.kind == "letter.filed"]
    assert len(filed) == 4


def test_after_a_day_a_robot_is_answered_anew(team: Team) -> None:
    known(team)
    team.wait(BEGUN, sender=DESK)
    assert mails_to_a_robot(team, plain, threaded=False) == 3
    team.now += timedelta(days=2)
    team.wait(BEGUN.replace(b"Two files", b"Again"), sender=DESK, arrived_at=team.now)
    assert mails_to_a_robot(team, plain, threaded=False) == 3


# -- people ----------------------------------------------------------------------------------------


def write(team: Team, words: str, subject: str = "Case 24-001234", **changes: object) -> str:
    """Carry a mail of Pat's that answers nothing, a minute after ours were sent."""
    send(team, Collected())
    team.now += timedelta(minutes=1)
    header = f"From: Pat Hall <{PAT}>\r\nSubject: {subject}\r\nMessage-ID: <{next(NUMBERS)}@b>\r\n"
    content = f"{header}\r\n{words}\r\n".encode()
    return team.wait(content, **({"sender": PAT, "arrived_at": team.now} | changes))


def answered(team: Team) -> int:
    """Return how many letters Pat was written to about."""
    return len({row.letter_id for row in team.rows(outbox) if row.recipient == PAT})


def test_who_writes_several_letters_in_an_hour_is_answered_each_time(team: Team) -> None:
    for words in ("The hearing moved.", "So did the witness.", "Dr. Smith is ill.", "He is well."):
        write(team, words)
    assert answered(team) == 4


def test_who_names_another_case_each_time_is_answered_each_time(team: Team) -> None:
    for case in ("24-001234", "24-001301", "26-000008", "24-009991"):
        write(team, "Call me about this one.", f"Case {case}")
    assert answered(team) == 4


@pytest.mark.parametrize(
    "words", [("24-01234", "24-0012345", "2401234", "24 1234"), ("YES",) * 4, ("DELETE",) * 4]
)
@pytest.mark.parametrize("threaded", [True, False])
def test_who_answers_with_a_number_that_is_none_or_with_yes_is_answered_each_time(
    team: Team, words: tuple[str, ...], threaded: bool
) -> None:
    for one in words:
        last = [row for row in team.rows(outbox) if row.recipient == PAT][-1:]
        to = f"\r\nIn-Reply-To: <{last[0].message_id}@casebridge.example>" if last else ""
        write(team, one, "Two files" + (to if threaded else ""))
    assert answered(team) == 4


def test_who_sends_another_link_each_time_is_answered_each_time(team: Team) -> None:
    for name in ("aaa", "bbb", "ccc", "ddd"):
        write(team, f"Here it is: https://www.dropbox.com/s/{name}{name}{name}/file.pdf?dl=0")
    assert answered(team) == 4


def test_who_sends_another_document_each_time_is_answered_each_time(team: Team) -> None:
    for number in range(4):
        send(team, Collected())
        team.now += timedelta(minutes=1)
        content = MAIL.replace(b"\r\nnotes\r\n", b"\r\nnotes %d\r\n" % number)
        team.wait(content, arrived_at=team.now)
    assert answered(team) == 4


def test_who_says_the_same_twice_is_answered_twice(team: Team) -> None:
    for _ in range(2):
        write(team, "Has it come?")
    assert answered(team) == 2


def test_who_says_the_same_each_hour_without_an_answer_of_ours_before_is_answered(
    team: Team,
) -> None:
    for _ in range(4):
        write(team, "Nothing new today.")
        send(team, Collected())
        team.now += timedelta(hours=1)
    assert answered(team) == 4


def test_whoever_uses_a_name_without_proof_does_not_silence_its_owner(team: Team) -> None:
    for _ in range(3):
        write(team, "Has it come?", proof=Proof.NONE)
    assert write(team, "Has it come?") == "filed"
    assert answered(team) == 4 - 1, "two of the forged ones, and the owner's"


def test_how_many_are_answered_is_a_setting(sample_stores: Stores) -> None:
    receipts = sample_stores.settings.receipts.model_copy(update={"repeats": 5})
    settings = sample_stores.settings.model_copy(update={"receipts": receipts})
    team = Team(Carrier(dataclasses.replace(sample_stores, settings=settings)))
    for _ in range(8):
        write(team, "Has it come?")
    assert answered(team) == 4


# -- what it costs ---------------------------------------------------------------------------------


def test_what_a_letter_is_compared_with_is_found_by_indices(team: Team) -> None:
    with team.carrier.stores.database.read() as connection:
        asked = {"own": ["a", "b"], "them": [PAT], "since": team.now}
        ours = steps(connection, OURS, asked)
        asked = {"wording": "", "letter": 9, "earliest": team.now, "since": team.now, "most": 3}
        before = steps(connection, BEFORE, asked)
    assert any("ix_outbox_recipient_sent_at" in step for step in ours), ours
    assert any("ix_packages_wording" in step for step in before), before
    assert not [step for step in (*ours, *before) if step.startswith("SCAN")]

"""Replying: a reply with just a case number files the letter that waits, through the firm guard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from gateway.letter import Proof
from gateway.stores import Stores
from portal import receipt_number
from portal.tables import decisions, document_erasures, events, letters, outbox
from tests.carrying import NOW, Carrier
from tests.deciding import NO_CASE, Team, agrees, filed, state

pytestmark = pytest.mark.record

SIGNATURE = "\r\n\r\nPat Hall\r\nBaker LLP"
CLOSING = "\r\n\r\nThank you,\r\nPat Hall\r\nPartner, 617 555 0100"
QUOTED = "\r\n\r\nOn Nov 21, 2026, Casebridge wrote:\r\n> Reply with 24-001301\r\n"


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    team = Team(Carrier(sample_stores))
    assert team.wait(NO_CASE) == "needs_you"
    return team


def reply(
    team: Team,
    words: str,
    *,
    subject: str = "Re: Waiting for you",
    sender: str = "pat.hall@bakerllp.example",
    to: int = 1,
    more: str = "",
    **changes: Any,
) -> str:
    asked = next(one for one in team.rows(outbox) if one.letter_id == to)
    domain = team.carrier.stores.settings.intake.domain
    number = len(team.rows(letters)) + 1
    mail = (
        f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <r{number}@x.example>\r\n"
        f"In-Reply-To: <{asked.message_id}@{domain}>\r\n{more}\r\n{words}\r\n"
    )
    team.carrier.accept(mail.encode(), sender=sender, **changes)
    return team.carrier.carry(number)


@pytest.mark.parametrize(
    "words",
    [
        *("24-001234", "24-001234.", "24-001234" + SIGNATURE, "24-001234" + CLOSING),
        "24-001234" + QUOTED,
        "Thank you, it is 24-001234",
        "Hello,\r\n\r\nThe case number is 24-001234. Sorry!\r\n\r\nThanks" + SIGNATURE,
        "Case #24-001234" + CLOSING,
        "This belongs to claim no. 24-001234.",
        "It\u2019s 24-001234.",
        "Guten Tag,\r\n\r\ndie Nummer ist 24-001234. Danke!",
    ],
)
def test_a_reply_with_just_a_case_number_files_the_letter_that_waits(
    team: Team, words: str
) -> None:
    assert reply(team, words) == "set_aside"
    assert state(team, 2) == ("set_aside", "answer")
    assert team.carried() == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]
    (decision,) = team.rows(decisions)
    assert decision.account_id is None
    assert team.rows(letters)[1].copy_of == 1
    said = {(one.letter_id, one.kind) for one in team.rows(events)}
    assert {(1, "answer.replied"), (2, "letter.set_aside"), (1, "decision.file")} <= said
    receipts = [one for one in team.rows(outbox) if one.kind == "receipt"]
    assert [one.letter_id for one in receipts] == [1, 1], "the reply has no receipt of its own"
    assert receipts[1].subject.startswith("Filed")
    assert agrees(team)


def test_a_colleague_of_the_firm_may_answer(team: Team) -> None:
    assert reply(team, "24-001234", sender="lee@bakerllp.example") == "set_aside"
    assert team.carried() == "filed"


@pytest.mark.parametrize(
    ("sender", "changes"),
    [
        ("pat.hall@quillmarsh.example", {}),
        ("eve@nowhere.example", {}),
        ("pat.hall@bakerllp.example", {"proof": Proof.NONE}),
    ],
)
def test_nobody_but_the_proven_firm_answers(
    team: Team, sender: str, changes: dict[str, Any]
) -> None:
    assert reply(team, "24-001234", sender=sender, **changes) != "set_aside"
    assert team.rows(decisions) == []
    assert state(team)[0] == "needs_you"


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ("24-001234 or 24-001301", "Re"),
        ("24-001234\r\n24-001301", "Re"),
        ("24-001234", "Re: case 24-001301"),
        ("Thank you, it is not 24-001234", "Re"),
        ("Is it 24-001234?", "Re"),
        ("Yes, it is 24-001234 but ask Dana", "Re"),
        ("The case number is 24-001234, I think.", "Re"),
        ("24-001234 for the first, the other one is new", "Re"),
        ("24-001234\r\n" + "Please note what follows. " * 20, "Re"),
        ("24-001234\r\n\r\nTrial moved to Dec 3.", "Re"),
        ("24-001234\r\n\r\nUrgent!\r\n\r\nThanks,\r\nPat", "Re"),
    ],
)
def test_whatever_says_more_than_one_number_is_a_letter_of_its_own(
    team: Team, words: str, subject: str
) -> None:
    assert reply(team, words, subject=subject) != "set_aside"
    assert team.rows(decisions) == []


def test_what_is_no_answer_says_that_the_question_stays_open(team: Team) -> None:
    assert reply(team, "24-001234\r\n\r\nTrial moved to Dec 3.", subject="Re") == "filed"
    told = next(one for one in team.rows(outbox) if one.letter_id == 2 and one.kind == "receipt")
    shown = receipt_number.shown(team.rows(letters)[0].receipt)
    assert f"Your earlier message {shown} still waits for its case. To answer for" in told.text
    # Once that one is filed nothing is open.
    assert reply(team, "24-001234") == "set_aside"
    assert team.carried() == "filed"
    reply(team, "24-001234\r\n\r\nTrial moved to Dec 4.", subject="Re")
    last = [one for one in team.rows(outbox) if one.letter_id == 4 and one.kind == "receipt"]
    assert "still waits" not in "".join(one.text for one in last)


@pytest.mark.parametrize(
    ("plain", "html"),
    [
        ("24-001234", "It is certainly not 24-001234"),
        ("24-001234", "24-001234<br>and call me about Doe"),
        ("DELETE report.pdf", "Do not DELETE report.pdf"),
    ],
)
def test_whose_two_forms_say_two_things_has_not_answered(team: Team, plain: str, html: str) -> None:
    forms = (
        f"--b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n"
        f"--b\r\nContent-Type: text/html\r\n\r\n<p>{html}</p>\r\n--b--"
    )
    kind = "Content-Type: multipart/alternative; boundary=b\r\n"
    reply(team, forms, more=kind)
    assert team.rows(decisions) == []
    assert team.rows(document_erasures) == []


@pytest.mark.parametrize("quoted", ["", "<blockquote>&gt; Reply with 24-001234</blockquote>"])
def test_two_forms_that_say_one_thing_are_an_answer(team: Team, quoted: str) -> None:
    history = "\r\n> Reply with 24-001234\r\n" if quoted else ""
    forms = (
        "--b\r\nContent-Type: text/plain\r\n\r\n"
        f"24-001234\r\n\r\n*Pat Hall*\r\n{history}\r\n"
        "--b\r\nContent-Type: text/html\r\n\r\n<p>24-001234</p><p><b>Pat Hall</b></p>"
        f"{quoted}\r\n--b--"
    )
    kind = "Content-Type: multipart/alternative; boundary=b\r\n"
    assert reply(team, forms, more=kind) == "set_aside"


@pytest.mark.parametrize("words", ["It is not 24-001234", "24-001234\r\n\r\nNot"])
def test_whose_name_denies_has_denied_all_the_same(team: Team, words: str) -> None:
    asked = team.rows(outbox)[0].message_id
    domain = team.carrier.stores.settings.intake.domain
    mail = (
        'From: "Not Hall" <pat.hall@bakerllp.example>\r\nSubject: Re\r\n'
        f"In-Reply-To: <{asked}@{domain}>\r\n\r\n{words}\r\n"
    )
    team.carrier.accept(mail.encode(), sender="pat.hall@bakerllp.example")
    team.carrier.carry(2)
    assert team.rows(decisions) == []


def test_a_reply_that_brings_a_document_is_never_set_aside(team: Team) -> None:
    words = (
        "--=_1\r\n\r\n24-001234\r\n"
        '--=_1\r\nContent-Disposition: attachment; filename="notes.txt"\r\n\r\nnotes\r\n--=_1--'
    )
    more = 'Content-Type: multipart/mixed; boundary="=_1"\r\n'
    assert reply(team, words, more=more) == "filed"
    assert team.rows(decisions) == []


def test_a_case_of_another_firm_and_none_at_all_are_refused_in_the_same_words(team: Team) -> None:
    said = []
    for number in ("24-001377", "24-999999"):
        assert reply(team, number) == "set_aside"
        mail = team.rows(outbox)[-1]
        assert mail.text.startswith(f"We found no open case {number}.")
        assert number not in mail.subject, "the next reply would name it, beside another one"
        shown = team.rows(letters)[-1].receipt
        said.append(mail.text.replace(number, "N").replace(f"{shown[:4]}-{shown[4:]}", "R"))
    assert said[0] == said[1]
    assert "Reply with the right number" in said[0]
    assert state(team)[0] == "needs_you"
    assert team.rows(decisions) == []
    assert agrees(team)
    # The mail that refuses is answered like the first one.
    assert reply(team, "24-001234", to=3) == "set_aside"
    assert team.carried() == "filed"
    assert agrees(team)


def test_wrong_numbers_without_end_are_not_answered(team: Team) -> None:
    most = team.carrier.stores.settings.triage.answer_tries_an_hour
    for _ in range(most):
        reply(team, "24-999999")
    before = len(team.rows(outbox))
    assert reply(team, "24-001234") == "set_aside"
    assert len(team.rows(outbox)) == before
    assert team.rows(decisions) == []
    team.now = NOW + timedelta(hours=2)
    assert reply(team, "24-001234") == "set_aside"
    assert team.carried() == "filed"


def test_a_question_that_is_settled_takes_no_answer(team: Team) -> None:
    team.file("24-001234")
    assert reply(team, "24-001234") == "filed", "a letter of its own, with the number in its words"
    assert len(team.rows(decisions)) == 1

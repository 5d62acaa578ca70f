"""Confirming: an address is asked once a day, and goes on by the guard when its reader says yes."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal import address_code, confirmation
from portal.confirmation import By
from portal.outbox import to_sender
from portal.tables import address_codes, confirmations, events, identifiers, letters, outbox
from tests.carrying import MAIL, NOW, Carrier
from tests.deciding import Team, agrees, filed, outbound, state

pytestmark = pytest.mark.record

PAT, EVE = "pat.hall@bakerllp.example", "eve@nowhere.example"
SECRETS = ("24-001234", "Two files", "notes", "film", "Dana", "Baker", "Quill")


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def sent(team: Team, sender: str = PAT, proof: Proof = Proof.NONE, **changes: Any) -> str:
    """Send a letter with two documents to a case of Baker's, and carry it."""
    number = len(team.rows(letters)) + 1
    mail = MAIL.replace(b"<1@", b"<%d@" % number)
    if "header_from" in changes:
        mail = mail.replace(PAT.encode(), changes.pop("header_from").encode())
    else:
        mail = mail.replace(PAT.encode(), sender.encode())
    return team.wait(mail, sender=sender, proof=proof, arrived_at=team.now, **changes)


def last(team: Team) -> Any:
    return team.rows(outbox)[-1]


def code_in(text: str) -> str | None:
    found = re.search(r"Enter code (\d{3} \d{3}) here", text)
    return None if found is None else found[1]


def entered(team: Team, email: str, code: str, *receipts: str) -> bool:
    """Do what the page does."""
    sending = team.carrier.stores.settings.sending
    with team.carrier.stores.database.write() as connection:
        found = address_code.enter(connection, email, None, code, sending=sending, now=team.now)
        if found is None:
            return False
        address_code.use(connection, found, now=team.now)
        waiting = confirmation.waiting(connection, email)
        chosen = [one.letter_id for one in waiting if not receipts or one.receipt in receipts]
        return confirmation.confirm(connection, email, chosen, "code", now=team.now) > 0


def reply(team: Team, words: str, *, sender: str = PAT, to: int = 1, **changes: Any) -> str:
    asked = next(one for one in team.rows(outbox) if one.letter_id == to)
    domain = team.carrier.stores.settings.intake.domain
    number = len(team.rows(letters)) + 1
    header_from = changes.pop("header_from", sender)
    more = changes.pop("more", "")
    token = changes.pop("token", asked.message_id)
    mail = (
        f"From: {header_from}\r\nSubject: Re: {asked.subject}\r\n"
        f"Message-ID: <r{number}@x.example>\r\n"
        f"In-Reply-To: <{token}@{domain}>\r\n{more}\r\n{words}\r\n"
    )
    return team.wait(mail.encode(), sender=sender, **({"proof": Proof.NONE} | changes))


@pytest.mark.parametrize(
    ("sender", "proof"),
    [
        *((PAT, Proof.NONE), (EVE, Proof.NONE), (EVE, Proof.LOOPBACK), (EVE, Proof.MAILBOX)),
        *((EVE, Proof.ALIGNED), (EVE, Proof.RELAY)),
    ],
)
def test_an_address_that_is_not_known_or_not_proven_is_asked_and_told_nothing(
    team: Team, sender: str, proof: Proof
) -> None:
    assert sent(team, sender, proof) == "with_us", "our team sees it from the first minute"
    mail = last(team)
    assert mail.subject.startswith("Please confirm your address: 2 documents (receipt ")
    assert code_in(mail.text) is not None
    assert "/confirm" in mail.text
    assert "Or reply to this email with the word YES." in mail.text
    assert not [one for one in SECRETS if one in mail.subject + mail.text + mail.html]


def test_a_firms_address_without_proof_and_a_strangers_read_the_same(team: Team) -> None:
    said = []
    for sender in (PAT, EVE):
        sent(team, sender)
        mail = last(team)
        text = re.sub(r"\d{3} \d{3}\b", "CODE", mail.subject + mail.text)
        said.append(re.sub(r"[0-9A-Z]{4}-[0-9A-Z]{4}", "RECEIPT", text))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("proof", "changes"),
    [
        (Proof.FAILED, {}),
        (Proof.OPERATOR, {}),
        (Proof.CODE, {}),
        (Proof.NONE, {"header_from": "Someone <someone@nowhere.example>"}),
        (Proof.NONE, {"header_from": "x@other.example"}),
        (Proof.ALIGNED, {"sender": "bounces@service.example", "header_from": PAT}),
        (Proof.NONE, {"sender": ""}),
        (Proof.NONE, {"sender": "noreply@nowhere.example"}),
        (Proof.NONE, {"quiet": True}),
    ],
)
def test_a_failed_proof_a_machine_and_another_from_are_not_asked(
    team: Team, proof: Proof, changes: dict[str, Any]
) -> None:
    sent(team, **({"sender": EVE, "proof": proof} | changes))
    assert not [one for one in team.rows(outbox) if code_in(one.text)]
    assert team.rows(confirmations) == []
    assert team.rows(address_codes) == []


def test_a_known_and_proven_sender_is_not_asked(team: Team) -> None:
    assert sent(team, proof=Proof.LOOPBACK) == "filed"
    assert team.rows(confirmations) == []


def test_an_address_is_asked_at_most_once_a_day(team: Team) -> None:
    asks = []
    for hours in (0, 1, 12, 11, 23):
        team.now += timedelta(hours=hours)
        sent(team)
        asks.append(code_in(last(team).text) is not None)
        assert last(team).kind == "receipt", "it is told all the same, with counts"
    assert asks == [True, False, False, True, False]
    sent(team, EVE)
    assert code_in(last(team).text), "another address is asked by itself"


def test_a_receipt_that_was_never_sent_has_asked_nobody(team: Team) -> None:
    sent(team)
    with team.carrier.stores.database.write() as connection:
        confirmation.unasked(connection, 1)
    sent(team)
    assert code_in(last(team).text), "so the next one asks"


def test_an_attempt_that_is_made_again_asks_with_a_code_that_holds(team: Team) -> None:
    team.carrier.accept(MAIL, proof=Proof.NONE)
    with team.carrier.stores.database.write() as connection:  # a crash before the mail was owed
        sending = team.carrier.stores.settings.sending
        assert address_code.ask(connection, 1, PAT, sending=sending, now=team.now) is not None
    assert team.carry() == "with_us"
    code = code_in(last(team).text)
    assert code is not None
    assert entered(team, PAT, code)


def test_a_rehearsal_asks_nobody(team: Team) -> None:
    intake = team.carrier.stores.settings.intake
    assert sent(team, recipients=(f"{intake.rehearsal}@{intake.domain}",)) == "rehearsed"
    assert team.rows(confirmations) == []
    assert code_in(last(team).text) is None


@pytest.mark.parametrize("by", ["code", "reply"])
def test_a_confirmed_letter_of_a_known_firm_goes_through_the_guard(team: Team, by: By) -> None:
    sent(team)
    if by == "code":
        assert entered(team, PAT, code_in(last(team).text) or "")
    else:
        assert reply(team, "Yes") == "set_aside"
    assert team.carrying.confirmed() == 1
    assert team.carry() == "filed"
    assert [case for case, _ in filed(team)] == ["24-001234"]
    letter = team.rows(letters)[0]
    assert (letter.proof, letter.proof_rule) == (by, "confirmed")
    (event,) = [one for one in team.rows(events) if one.kind == "address.confirmed"]
    assert (event.actor, event.detail["by"], event.detail["proof"]) == ("sender", by, "none")
    assert team.carrying.confirmed() == 0, "once"
    assert agrees(team)


def test_the_guard_still_asks_whether_the_firm_has_a_right(team: Team) -> None:
    mail = MAIL.replace(b"24-001234", b"24-001377")  # another firm's
    team.wait(mail, proof=Proof.NONE)
    assert entered(team, PAT, code_in(last(team).text) or "")
    assert team.carrying.confirmed() == 1
    assert team.carry() == "needs_you"
    assert state(team) == ("needs_you", "case_not_found")
    assert filed(team) == []


@pytest.mark.parametrize("proof", [Proof.NONE, Proof.ALIGNED])
def test_a_confirmed_address_of_no_firm_stays_with_the_team_marked_and_is_not_told_again(
    team: Team, proof: Proof
) -> None:
    sent(team, EVE, proof)
    assert entered(team, EVE, code_in(last(team).text) or "")
    before = len(team.rows(outbox))
    assert team.carrying.confirmed() == 0
    assert state(team) == ("with_us", "sender_not_known")
    assert len(team.rows(outbox)) == before
    with team.carrier.stores.database.read() as connection:
        assert confirmation.is_confirmed(connection, 1)
    kept = Proof.CODE if proof is Proof.NONE else proof
    assert team.rows(letters)[0].proof == kept, "a proof that holds is not replaced"
    team.decide("file", "24-001234")
    assert team.carried() == "filed", "a person decides about it as ever"
    assert agrees(team)


def test_a_decision_of_the_team_goes_before_a_confirmation(team: Team) -> None:
    sent(team)
    assert entered(team, PAT, code_in(last(team).text) or "")
    team.decide("file", "24-001301")
    assert team.carrying.confirmed() == 0
    assert team.carried() == "filed"
    assert [case for case, _ in filed(team)] == ["24-001301"]


def test_a_letter_that_is_not_chosen_is_not_confirmed(team: Team) -> None:
    for _ in range(2):
        sent(team)
    code = code_in(team.rows(outbox)[0].text) or ""
    assert entered(team, PAT, code, team.rows(letters)[1].receipt)
    assert team.carrying.confirmed() == 1
    assert [one.state for one in team.rows(letters)] == ["with_us", "checking"]


def test_an_address_that_the_directory_names_meanwhile_is_known(team: Team) -> None:
    sent(team, EVE)
    with team.carrier.stores.database.write() as connection:
        firm = connection.scalar(sa.select(identifiers.c.firm_id).limit(1))
        connection.execute(
            sa.insert(identifiers).values(firm_id=firm, type="mail_address", value=EVE)
        )
    assert entered(team, EVE, code_in(last(team).text) or "")
    assert team.carrying.confirmed() == 1
    assert team.carry() == "filed"


@pytest.mark.parametrize("words", ["YES", "yes.", "Yes, that was me.", "Confirmed!", "482 913"])
def test_a_reply_that_says_yes_confirms(team: Team, words: str) -> None:
    sent(team)
    assert reply(team, words + "\r\n\r\nPat Hall") == "set_aside"
    assert state(team, 2) == ("set_aside", "answer")
    assert team.rows(letters)[1].copy_of == 1
    assert last(team).subject.startswith("Confirmed: your address")
    assert not [one for one in SECRETS if one in last(team).text]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("No", {}),
        ("I did not send this.", {}),
        ("Yes?", {}),
        ("Yes, but the second file is wrong", {}),
        ("What is this?", {}),
        ("YES", {"sender": EVE}),
        ("YES", {"sender": EVE, "header_from": PAT}),
        ("YES", {"header_from": EVE}),
        ("YES", {"sender": "lee@bakerllp.example"}),
        ("YES", {"proof": Proof.FAILED}),
        ("YES", {"token": "guessed"}),
        ("YES", {"more": "Auto-Submitted: auto-replied\r\n"}),
    ],
)
def test_no_other_reply_confirms_anything(team: Team, words: str, changes: dict[str, Any]) -> None:
    sent(team)
    reply(team, words, **changes)
    assert team.carrying.confirmed() == 0
    assert team.rows(letters)[0].proof == "none"
    assert [one.confirmed_at for one in team.rows(confirmations) if one.letter_id == 1] == [None]


def test_the_code_is_shown_to_no_member_of_staff(team: Team) -> None:
    sent(team)
    code = code_in(last(team).text) or "none"
    with team.carrier.stores.database.read() as connection:
        (shown,) = to_sender(connection, 1, PAT)
    assert code not in shown.text
    assert "Enter code … here" in shown.text


def test_the_mail_that_asks_is_put_into_no_digest(team: Team) -> None:
    """An address that got many receipts is asked when its day is over, by a mail of its own."""
    sent(team)
    outbound(team).send_due()
    team.now = NOW + timedelta(days=1, minutes=-5)
    singles = team.carrier.stores.settings.receipts.singles
    for _ in range(singles + 1):
        sent(team)
    outbound(team).send_due()
    team.now = NOW + timedelta(days=1, minutes=1)
    sent(team)
    outbound(team).send_due()
    asks = [one for one in team.rows(outbox) if one.text and code_in(one.text)]
    assert [one.sent_at is not None for one in asks] == [True, True]
    assert any(one.digest_id for one in team.rows(outbox)), "the others were gathered"

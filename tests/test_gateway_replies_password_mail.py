"""A mail that says a password: masked in what is kept, and its sender told where to give it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from converters.fault import SandboxMissing
from converters.pool import Pool
from gateway.letter import Proof
from gateway.replies.mailed_password import MailedPasswords
from gateway.stores import Stores
from portal.tables import events, letters, outbox, packages, parts, submissions
from tests.carrying import Carrier
from tests.deciding import Team, agrees, state

pytestmark = pytest.mark.record

LOCKED = (Path(__file__).parent / "letters/28-password/letter.eml").read_bytes()
PASSWORD = "Lincoln 7"
PAGE = "http://127.0.0.1:8025/p/"


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    team = Team(Carrier(sample_stores))
    assert team.wait(LOCKED) == "filed_in_part"
    return team


def send(
    team: Team,
    words: str,
    *,
    subject: str = "The password",
    answers: int | None = None,
    kind: str = "text/plain",
    **changes: Any,
) -> str:
    """Send a mail, and return the state that its letter ends in."""
    number = len(team.rows(letters)) + 1
    domain = team.carrier.stores.settings.intake.domain
    thread = ""
    if answers is not None:
        mail = next(one for one in team.rows(outbox) if one.letter_id == answers)
        thread = f"In-Reply-To: <{mail.message_id}@{domain}>\r\n"
    sender = changes.setdefault("sender", "pat.hall@bakerllp.example")
    mail = (
        f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <p{number}@x.example>\r\n{thread}"
        f"Content-Type: {kind}; charset=utf-8\r\n\r\n{words}\r\n"
    )
    team.carrier.accept(mail.encode(), **changes)
    return team.carrier.carry(number)


def everything_kept(team: Team) -> str:
    """Return every row of the record, but for the pouch: that is the letter as it came."""
    with team.carrier.stores.database.read() as connection:
        names = connection.execute(
            sa.text("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'pouch'")
        ).scalars()
        return "".join(
            str(connection.execute(sa.text(f'SELECT * FROM "{name}"')).all()) for name in names
        )


def receipt_of(team: Team, letter_id: int) -> Any:
    return next(
        one for one in team.rows(outbox) if (one.letter_id, one.kind) == (letter_id, "receipt")
    )


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_the_password_stands_in_no_row_and_no_pdf(team: Team, kind: str) -> None:
    words = f"Case 24-001234.\n\nPassword: {PASSWORD}\n\nThe rest follows on Monday."
    if kind == "text/html":
        words = words.replace("\n\n", "<p>") + "<b>Bold</b>"
    subject = f"Password: {PASSWORD}"
    seen: list[bytes] = []
    convert = team.carrier.workshop.convert

    def looking(source: Any, into: Path, *, last_chance: bool, owner: str | None) -> Any:
        seen.append(source.file.read_bytes() + repr(source).encode())
        return convert(source, into, last_chance=last_chance, owner=owner)

    team.carrier.workshop.convert = looking  # type: ignore[method-assign]
    assert send(team, words, subject=subject, kind=kind) == "filed"
    (package,) = (one for one in team.rows(packages) if one.letter_id == 2)
    assert "Password: ••••••••" in package.narrative
    (filed,) = (one for one in team.rows(submissions) if one.letter_id == 2)
    assert filed.narrative == package.narrative, "this is what the case's file gets"
    assert package.subject == "Password: ••••••••"
    assert PASSWORD not in everything_kept(team)
    assert all(PASSWORD.encode() not in one for one in seen)
    assert bool(seen) == (kind == "text/html")
    (said,) = (one for one in team.rows(parts) if one.letter_id == 2 and one.reason == "narrative")
    assert "password_masked" in said.remarks
    assert agrees(team)


def test_the_receipt_says_where_a_password_is_given(team: Team) -> None:
    first = team.rows(letters)[0].receipt
    assert send(team, f"Case 24-001234.\n\nPassword: {PASSWORD}") == "filed"
    text = " ".join(receipt_of(team, 2).text.split())
    assert "Your message holds a password" in text
    assert "Send no password by mail" in text
    assert f"/p/{first[:4]}-{first[4:]}: there it is used once" in text
    assert PASSWORD not in text


def test_who_sends_lock_and_password_together_is_led_to_that_message(team: Team) -> None:
    together = LOCKED.replace(
        b"The records, and their index.", b"Records. Password: Lincoln7"
    ).replace(b"letter-28@", b"letter-29@")
    team.carrier.accept(together)
    assert team.carrier.carry(2) == "filed_in_part"
    own = team.rows(letters)[1].receipt
    assert f"/p/{own[:4]}-{own[4:]}: there" in " ".join(receipt_of(team, 2).text.split())


def test_the_event_names_what_it_answers_and_holds_no_words(team: Team) -> None:
    send(team, f"Case 24-001234, and more of it on 11/30.\nPassword: {PASSWORD}", answers=1)
    (said,) = (one for one in team.rows(events) if one.kind == "password.said")
    assert (said.letter_id, said.detail) == (2, {"answers": [1]})


def test_an_answer_with_just_the_password_belongs_to_the_letter_that_it_answers(
    team: Team,
) -> None:
    words = f'Hi,\n\nthe password for the attachment is "{PASSWORD}".\n\nThanks,\nPat Hall'
    assert send(team, words, subject="Re: Filed", answers=1) == "set_aside"
    assert state(team, 2) == ("set_aside", "password_alone")
    (problems,) = (one.problems for one in team.rows(packages) if one.letter_id == 2)
    assert [one["code"] for one in problems] == ["password_alone"]
    assert team.rows(letters)[1].copy_of == 1
    said = {(one.letter_id, one.kind) for one in team.rows(events)}
    assert {(1, "password.came"), (2, "password.said"), (2, "letter.set_aside")} <= said
    told = receipt_of(team, 2)
    assert told.subject.startswith("Your message holds a password and nothing else")
    assert "We filed nothing of it" in " ".join(told.text.split())
    assert "masked it in what we filed" not in " ".join(told.text.split())
    first = team.rows(letters)[0].receipt
    assert f"{first[:4]}-{first[4:]}" in told.text
    assert PASSWORD not in everything_kept(team)
    assert agrees(team)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (f'The password is "{PASSWORD}", and for 24-001301 it is the same.', {"answers": 1}),
        (f"{'Much is said here. ' * 9}\nPassword: {PASSWORD}", {"answers": 1}),
        (
            f'Password: "{PASSWORD}". Please note that Dr. Smith died and we accept the offer.',
            {"answers": 1},
        ),
        (f"Password: {PASSWORD}\nSmith settled", {"answers": 1}),
        (f"Password: {PASSWORD}", {"answers": 1, "subject": "We accept the offer"}),
        (
            f"Password: {PASSWORD}",
            {"answers": 1, "subject": "Re: Filed\r\nImportance: high"},
        ),
        (f"Password: {PASSWORD}\n\nBest regards,\nPat Hall\nMotion Granted", {"answers": 1}),
        (f"Password: {PASSWORD}", {}),
        (f"Password: {PASSWORD}", {"answers": 1, "sender": "eve@nowhere.example"}),
        (f"Password: {PASSWORD}", {"answers": 1, "proof": Proof.NONE}),
        (f"Password: {PASSWORD}", {"answers": 1, "sender": "pat.hall@quillmarsh.example"}),
    ],
)
def test_whatever_says_more_or_answers_nothing_is_a_letter_of_its_own(
    team: Team, words: str, changes: dict[str, Any]
) -> None:
    assert send(team, words, **changes) != "set_aside"
    assert PASSWORD not in everything_kept(team)


def test_a_stranger_learns_of_no_page(team: Team) -> None:
    send(team, f"Password: {PASSWORD}", sender="eve@nowhere.example")
    first = team.rows(letters)[0].receipt
    mails = [one.text for one in team.rows(outbox) if one.letter_id == 2]
    assert all(f"{first[:4]}-{first[4:]}" not in one for one in mails)


def test_nobody_is_told_that_an_attachment_is_missing_whose_password_comes(team: Team) -> None:
    words = "Case 24-001234: please see the attached. The pw for the attachment is Xk29-q."
    assert send(team, words) == "filed"


def test_what_the_message_quotes_is_masked_and_no_password_of_its_own(team: Team) -> None:
    words = f"Case 24-001234: thank you.\n\nOn Monday Ann wrote:\n> Password: {PASSWORD}\n"
    assert send(team, words) == "filed"
    assert "password_in_mail" not in str([one.problems for one in team.rows(packages)])
    assert PASSWORD not in everything_kept(team)


def test_it_is_read_from_the_letter_as_it_came(team: Team) -> None:
    send(team, f"Case 24-001234.\n\nPassword: {PASSWORD}")
    worker, stores = team.carrier.worker, team.carrier.stores
    said = MailedPasswords(stores.database, stores.raw(), worker.road, stores.work / "passwords")
    assert said(2)[0] == PASSWORD
    assert said(1) == ()
    assert list(said.folder.iterdir()) == []


def test_a_letter_that_cannot_be_read_now_says_none(team: Team) -> None:
    send(team, f"Case 24-001234.\n\nPassword: {PASSWORD}")
    stores = team.carrier.stores
    with stores.database.write() as connection:
        connection.execute(letters.update().values(raw_sha256="0" * 64))
    said = MailedPasswords(
        stores.database, stores.raw(), team.carrier.worker.road, stores.work / "passwords"
    )
    assert said(2) == ()


def test_where_nothing_can_be_opened_safely_none_is_said(team: Team) -> None:
    class Missing:
        def run(self, *_given: Any, **_named: Any) -> None:
            raise SandboxMissing("there is none", "Install one")

    send(team, f"Case 24-001234.\n\nPassword: {PASSWORD}")
    stores = team.carrier.stores
    road = dataclasses.replace(team.carrier.worker.road, reader=cast("Pool", Missing()))
    said = MailedPasswords(stores.database, stores.raw(), road, stores.work / "passwords")
    assert said(2) == ()

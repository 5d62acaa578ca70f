"""Stands for: which letter a mail of ours is about, through copies, replies and packages."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.stores import Stores
from portal import conversation, events
from portal.answer_reply import replied
from portal.directory import AnsweredMail, Directory
from portal.postbox import Owed, owe
from portal.stands_for import about
from portal.tables import document_erasures, letters, outbox, parts
from tests.carrying import NOW
from tests.conversing import Conversation, Mail, Talk

pytestmark = pytest.mark.record

PAT = "pat.hall@bakerllp.example"


@pytest.fixture
def talk(sample_stores: Stores) -> Talk:
    return Talk(sample_stores)


def mail_of(**said: Any) -> Mail:
    return Mail.model_validate({"state": "filed", **said})


def owed_about(talk: Talk, letter_id: int) -> str:
    """Owe a mail about a letter, and return its Message-ID as the outbox holds it."""
    told = Owed(kind="progress", recipient=PAT, subject="Received: still checking", text="Soon.")
    with talk.stores.database.write() as connection:
        owe(connection, told, letter_id=letter_id, occasion="1", now=NOW)
    return str(next(one.message_id for one in talk.team.rows(outbox) if one.text == "Soon."))


def test_a_mail_about_the_copy_of_a_reply_that_joined_is_about_the_package(talk: Talk) -> None:
    first = mail_of(subject="Case 24-001234", files=["records.pdf: locked", "a.pdf: good"])
    reply = mail_of(answers=1, files=["records.pdf: good"])
    talk.take(Conversation(what="", mails=[first]))
    carrier, sent = talk.team.carrier, talk.bytes_of(2, reply)
    carrier.accept(sent, sender=PAT, proof=Proof.LOOPBACK)
    carrier.accept(sent, sender=PAT, proof=Proof.LOOPBACK, door="imap")
    mail = owed_about(talk, 3)
    assert (carrier.carry(2), carrier.carry(3)) == ("filed", "copy")

    (better,) = [
        one.id
        for one in talk.team.rows(parts)
        if one.letter_id == 2 and one.original_name == "records.pdf"
    ]
    with talk.stores.database.write() as connection:
        events.record(
            connection,
            letter_id=1,
            actor=events.account(1),
            kind=events.DOCUMENT_VIEWED,
            detail={"part": better},
            at=NOW,
        )
    wish = EmailMessage()
    wish["From"], wish["Subject"] = f"Pat Hall <{PAT}>", "Re: Received"
    wish["In-Reply-To"] = f"<{mail}@{talk.stores.settings.intake.domain}>"
    wish.set_content("DELETE records (2).pdf")
    carrier.accept(wish.as_bytes(), sender=PAT, proof=Proof.LOOPBACK)
    assert carrier.carry(4) == "set_aside"
    (asked,) = talk.team.rows(document_erasures)
    assert (asked.part_id, asked.home_id, asked.hidden_at) == (better, 1, None)
    told = [one.recipient.partition("@")[0] for one in talk.team.rows(outbox) if one.letter_id == 4]
    assert told == ["pat.hall", "dana.reyes"]


def test_a_chain_of_letters_is_followed_to_its_end_and_a_ring_has_none(talk: Talk) -> None:
    for number in range(1, 6):
        talk.team.carrier.accept(
            talk.bytes_of(number, mail_of(subject="Case 24-001234", files=["a.pdf: good"])),
            sender=PAT,
            proof=Proof.LOOPBACK,
        )
        talk.team.carrier.carry(number)
    mail = owed_about(talk, 5)
    firm_id = talk.team.rows(letters)[0].firm_id

    def point(letter_id: int, **where: int) -> None:
        with talk.stores.database.write() as connection:
            row = letters.update().where(letters.c.id == letter_id)
            connection.execute(row.values(**where))

    point(5, copy_of=4)  # the copy of a reply
    point(4, copy_of=3)  # that answered a letter
    point(3, copy_of=2)  # that was found to be the copy of one
    point(2, home_id=1)  # that joined a package
    with talk.stores.database.read() as connection:
        assert connection.execute(sa.select(about([mail]))).all() == [(mail, 1)]
        nearest = conversation.nearest(connection, [mail], conversation.sent_by(firm_id, PAT), NOW)
    assert nearest is not None
    assert nearest.letter_id == 1
    directory = Directory(talk.stores.database)
    assert directory.answered([mail]) == (AnsweredMail(firm_id, "24-001234"),)

    point(2, home_id=5)
    with talk.stores.database.read() as connection:
        assert connection.execute(sa.select(about([mail]))).all() == []
        assert (
            conversation.nearest(connection, [mail], conversation.sent_by(firm_id, PAT), NOW)
            is None
        )
    assert directory.answered([mail]) == ()


def test_the_copy_of_a_reply_stands_for_the_question_that_is_open(talk: Talk) -> None:
    asking = mail_of(subject="Some files", files=["a.pdf: good"])
    talk.take(Conversation(what="", mails=[asking]))
    carrier, sent = talk.team.carrier, talk.bytes_of(2, mail_of(answers=1, body="24-009999"))
    carrier.accept(sent, sender=PAT, proof=Proof.LOOPBACK)
    carrier.accept(sent, sender=PAT, proof=Proof.LOOPBACK, door="imap")
    mail = owed_about(talk, 3)
    assert (carrier.carry(2), carrier.carry(3)) == ("set_aside", "copy")
    firm_id = talk.team.rows(letters)[0].firm_id
    with talk.stores.database.read() as connection:
        question = replied(connection, [mail], firm_id, now=NOW)
    assert question is not None
    assert question.letter_id == 1

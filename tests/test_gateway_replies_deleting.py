"""Asking to delete by a reply: what is hidden, who is told and when, and what is said of it."""

from __future__ import annotations

import dataclasses
import io
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from gateway.letter import Proof
from gateway.road.describe import describe_parts
from gateway.stores import Stores
from portal import events, hiding
from portal.decision import Filing
from portal.dossier import dossier, senders
from portal.piece import Piece, pieces_of
from portal.rights import Viewer
from portal.tables import (
    document_erasures,
    erasure_requests,
    letters,
    outbox,
    packages,
    rights,
    submissions,
)
from portal.tables import events as trail
from portal.unlocked_copy import Copy
from portal.unlocking import Opened
from portal.unlocking import take as unlock
from tests.carrying import NOW
from tests.conversing import Mail, Talk
from tests.deciding import UNDO, agrees, outbound
from tests.packages import package, part
from tests.test_gateway_contributors import REPORTER, end, let_in, sent

pytestmark = pytest.mark.record

CASE = "Case 24-001234"


@pytest.fixture
def talk(sample_stores: Stores) -> Talk:
    return Talk(sample_stores)


def owed(talk: Talk, behind: int = 0) -> list[Any]:
    return talk.team.rows(outbox)[behind:]


def told(talk: Talk, behind: int) -> list[str]:
    return [f"{one.recipient.partition('@')[0]}: {one.subject}" for one in owed(talk, behind)]


def asked(talk: Talk, mail: dict[str, Any]) -> list[Any]:
    """Send a mail, and return the mails that are owed since."""
    before = len(owed(talk))
    talk.send(**mail)
    return owed(talk, before)


def pieces(talk: Talk, letter_id: int = 1) -> dict[str, Piece]:
    with talk.stores.database.read() as connection:
        there = pieces_of(connection, letter_id).values()
    return {one.filed_name: one for one in there if one.filed_name}


def hidden(talk: Talk) -> list[str]:
    return [name for name, one in pieces(talk).items() if one.is_hidden]


def row(talk: Talk, letter_id: int = 1) -> Any:
    return next(one for one in talk.team.rows(letters) if one.id == letter_id)


def note(talk: Talk, kind: str, **detail: Any) -> None:
    with talk.stores.database.write() as connection:
        events.record(connection, letter_id=1, actor="account:1", kind=kind, detail=detail, at=NOW)


# -- a letter that waits, or may still be taken back -----------------------------------------------


def waits(talk: Talk) -> None:
    talk.send(subject="Two files", files=["smith.pdf: good", "index.pdf: good"])
    talk.send(answers=1, body="DELETE smith.pdf\nIt is of another patient.")


def test_what_waits_is_hidden_at_once_and_stays_so_when_it_is_filed(talk: Talk) -> None:
    waits(talk)
    assert hidden(talk) == ["smith.pdf"]
    before = len(owed(talk))
    assert talk.team.file("24-001234") == "filed"
    assert hidden(talk) == ["smith.pdf"]
    assert [one.partition(" (")[0] for one in told(talk, before)] == [
        "pat.hall: Filed: 2 documents, case 24-001234",
        "dana.reyes: New package: 2 documents",
        "dana.reyes: Asked to delete a document",
    ]
    late = owed(talk, before)[-1]
    assert late.not_before == talk.team.now + UNDO
    assert "It is hidden until you decide" in late.text
    assert agrees(talk.team)


def test_what_a_colleague_asks_of_a_letter_that_waits_is_noted_too(talk: Talk) -> None:
    waits(talk)
    talk.send(**{"from": "ann"}, answers=1, body="DELETE index.pdf")
    assert hidden(talk) == ["smith.pdf", "index.pdf"]
    assert [one.asked_by.partition("@")[0] for one in talk.team.rows(document_erasures)] == [
        "pat.hall",
        "ann.cole",
    ]


def test_what_was_urgent_about_it_while_it_waited_is_urgent_once_it_is_filed(talk: Talk) -> None:
    waits(talk)
    talk.send(answers=1, body="DELETE index.pdf\nWe were served with a summons today, call us.")
    talk.team.file("24-001234")
    (found,) = [one for one in talk.team.rows(packages) if one.letter_id == 1]
    assert found.urgent is not None


def test_whoever_has_it_by_then_hears_when_a_decision_was_taken_back(talk: Talk) -> None:
    waits(talk)
    before = len(owed(talk))
    first = talk.team.decide("file", "24-001234")
    talk.team.carried()
    talk.team.undo(first)
    assert hidden(talk) == ["smith.pdf"]
    talk.team.file("24-001301")
    notices = [one for one in owed(talk, before) if one.subject.startswith("Asked to delete")]
    assert [(one.recipient.partition("@")[0], bool(one.withdrawn_at)) for one in notices] == [
        ("dana.reyes", True),
        ("lee.park", False),
    ]


def test_within_the_time_of_undo_nobody_is_named_and_the_consultant_hears_behind_it(
    talk: Talk,
) -> None:
    talk.send(subject="Some files", files=["smith.pdf: good"])
    decision = talk.team.decide("file", "24-001234")
    talk.team.carried()
    answer, notice = asked(talk, {"replies": 1, "body": "DELETE smith.pdf"})
    assert hidden(talk) == ["smith.pdf"]
    assert answer.subject.startswith("We have asked our team to delete 'smith.pdf'")
    assert (notice.recipient.partition("@")[0], notice.letter_id) == ("dana.reyes", 1)
    assert notice.not_before == talk.team.now + UNDO
    outbound(talk.team).send_due()
    talk.team.undo(decision)
    withdrawn = {one.id for one in owed(talk) if one.withdrawn_at is not None}
    assert notice.id in withdrawn


def test_what_is_asked_while_the_letter_is_being_carried_is_told_when_it_is_filed(
    talk: Talk,
) -> None:
    talk.send(subject="Some files", files=["smith.pdf: good"])
    talk.team.decide("file", "24-001234")
    assert talk.team.carrying.decisions() == 1
    assert row(talk).state == "checking"
    behind = len(owed(talk))
    talk.team.carrier.accept(
        talk.bytes_of(
            2, Mail.model_validate({"state": "", "answers": 1, "body": "DELETE smith.pdf"})
        ),
        sender="pat.hall@bakerllp.example",
        proof=Proof.LOOPBACK,
    )
    talk.team.carrier.carry(2)
    assert owed(talk, behind)[0].subject.startswith("We have asked our team to delete 'smith.pdf'")
    assert talk.team.carry() == "filed"
    assert hidden(talk) == ["smith.pdf"]
    assert owed(talk)[-1].subject.startswith("Asked to delete")


def test_a_legal_hold_that_is_known_once_it_is_filed_brings_it_back(sample_stores: Stores) -> None:
    held = sample_stores.settings.cases.model_copy(update={"legal_holds": ("24-001234",)})
    settings = sample_stores.settings.model_copy(update={"cases": held})
    talk = Talk(dataclasses.replace(sample_stores, settings=settings))
    waits(talk)
    assert hidden(talk) == ["smith.pdf"]
    before = len(owed(talk))
    talk.team.file("24-001234")
    assert hidden(talk) == []
    assert "It stays in sight until you decide" in owed(talk, before)[-1].text


def test_who_decides_about_a_letter_that_waits_may_bring_back_what_is_hidden(talk: Talk) -> None:
    waits(talk)
    olu = Viewer(talk.team.people["Olu Adeyemi"], "Olu Adeyemi", "x", "operations", frozenset())
    part = pieces(talk)["smith.pdf"].id
    with talk.stores.database.write() as connection:
        found = dossier(connection, olu, row(talk).receipt)
        hiding.show(connection, olu, found, part, now=NOW)
    assert hidden(talk) == []


def test_what_is_not_found_again_in_a_letter_is_asked_of_the_whole(talk: Talk) -> None:
    waits(talk)
    other = package(part("9", "other.pdf", filed_name="other.pdf"))
    with talk.stores.database.write() as connection:
        describe_parts(connection, other, 1)
    assert [*pieces(talk)] == ["other.pdf"]
    assert talk.team.rows(document_erasures) == []
    (request,) = talk.team.rows(erasure_requests)
    assert (request.letter_id, request.reason) == (1, "It is of another patient.")


# -- the forms of one document ---------------------------------------------------------------------


def unlocked(talk: Talk, rendition: bool = False) -> None:
    """File a letter with a locked document, and take the copy that its password opens."""
    talk.send(subject=CASE, files=["records.pdf: locked", "index.pdf: good"])
    blob = talk.stores.vault.add(io.BytesIO(b"PK a document without its lock"))
    copy = Copy(blob.sha256, blob.bytes, "application/msword", ".doc", rendition, None)
    with talk.stores.database.write() as connection:
        found = senders(connection, row(talk).receipt)
        piece = next(one for one in found.pieces if one.original_name == "records.pdf")
        unlock(
            connection, found, piece, Opened(rendition_id=None, copy=copy), actor="sender", now=NOW
        )


@pytest.mark.parametrize("had_to_convert", [False, True])
@pytest.mark.parametrize("name", ["records.pdf", "records (unlocked).doc"])
def test_a_locked_document_and_its_copy_are_hidden_together(
    talk: Talk, name: str, had_to_convert: bool
) -> None:
    unlocked(talk, had_to_convert)
    answer, *_ = asked(talk, {"answers": 1, "body": f"DELETE {name}"})
    assert hidden(talk) == ["records.pdf", "records (unlocked).doc"]
    assert answer.subject.startswith("We have asked Dana Reyes to delete 'records.pdf' (")


def test_a_locked_document_and_its_copy_are_brought_back_together(talk: Talk) -> None:
    unlocked(talk)
    talk.send(answers=1, body="DELETE records.pdf")
    before = len(owed(talk))
    bring_back(talk, pieces(talk)["records.pdf"].id)
    assert hidden(talk) == []
    assert len(owed(talk, before)) == 1


def test_who_opened_the_copy_has_opened_the_document(talk: Talk) -> None:
    unlocked(talk)
    note(talk, events.DOCUMENT_DOWNLOADED, part=pieces(talk)["records (unlocked).doc"].id)
    answer, *_ = asked(talk, {"answers": 1, "body": "DELETE records.pdf"})
    assert hidden(talk) == []
    assert "It stays where it is until they decide" in " ".join(answer.text.split())


def test_a_copy_is_not_listed_beside_its_document(talk: Talk) -> None:
    unlocked(talk)
    answer, *_ = asked(talk, {"answers": 1, "body": "DELETE nothing.pdf"})
    assert "'records.pdf' and 'index.pdf'" in " ".join(answer.text.split())


# -- what a document had healed --------------------------------------------------------------------


def test_what_is_brought_back_heals_again_unless_a_better_one_came(talk: Talk) -> None:
    talk.send(subject=CASE, files=["records.pdf: locked", "index.pdf: good"])
    talk.send(answers=1, files=["wrong.pdf: good"])
    talk.send(answers=2, body="DELETE wrong.pdf")
    assert (row(talk).state, row(talk).reason) == ("filed_in_part", "file_password")
    assert pieces(talk)["records.pdf"].healed_by is None
    wrong = pieces(talk)["wrong.pdf"].id
    bring_back(talk, wrong)
    assert (row(talk).state, row(talk).reason) == ("filed", None)
    assert pieces(talk)["records.pdf"].healed_by == wrong
    kinds = [one.kind for one in talk.team.rows(trail) if one.letter_id == 1]
    assert kinds.count(events.HEALED) == 2
    assert kinds.count(events.LACKS_AGAIN) == 1


def test_a_right_copy_stays_when_the_wrong_one_is_brought_back(talk: Talk) -> None:
    talk.send(subject=CASE, files=["records.pdf: locked", "index.pdf: good"])
    talk.send(answers=1, files=["wrong.pdf: good"])
    talk.send(answers=2, body="DELETE wrong.pdf")
    talk.send(answers=1, files=["records.pdf: good"])
    right = pieces(talk)["records (2).pdf"].id
    assert pieces(talk)["records.pdf"].healed_by == right
    bring_back(talk, pieces(talk)["wrong.pdf"].id)
    assert pieces(talk)["records.pdf"].healed_by == right
    assert row(talk).state == "filed"
    assert agrees(talk.team)


def bring_back(talk: Talk, part: int) -> None:
    olu = Viewer(talk.team.people["Olu Adeyemi"], "Olu Adeyemi", "x", "operations", frozenset())
    with talk.stores.database.write() as connection:
        found = dossier(connection, olu, row(talk).receipt)
        hiding.show(connection, olu, found, part, now=NOW)


# -- what was opened -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [events.PACKAGE_DOWNLOADED, events.BINDER_DOWNLOADED])
def test_a_download_opened_what_it_held(talk: Talk, kind: str) -> None:
    talk.send(subject=CASE, files=["a.pdf: good", "b.pdf: good"])
    note(talk, kind, files=1, parts=[pieces(talk)["b.pdf"].id])
    talk.send(answers=1, body="DELETE a.pdf\nDELETE b.pdf")
    assert hidden(talk) == ["a.pdf"]


def test_a_download_of_before_opened_all_that_had_come_by_then(talk: Talk) -> None:
    talk.send(subject=CASE, files=["records.pdf: locked", "index.pdf: good"])
    note(talk, events.PACKAGE_DOWNLOADED, files=2)
    talk.send(answers=1, files=["records.pdf: good"])
    talk.send(answers=2, body="DELETE records (2).pdf\nDELETE index.pdf")
    assert hidden(talk) == ["records (2).pdf"]


def test_a_download_of_before_opened_what_had_joined_by_then(talk: Talk) -> None:
    talk.send(subject=CASE, files=["records.pdf: locked", "index.pdf: good"])
    talk.send(answers=1, files=["records.pdf: good"])
    note(talk, events.PACKAGE_DOWNLOADED, files=3)
    talk.send(answers=2, body="DELETE records (2).pdf")
    assert hidden(talk) == []


# -- what is said, and to whom ---------------------------------------------------------------------


def test_names_that_nobody_knows_are_asked_about_in_one_answer_with_a_few_of_them(
    talk: Talk,
) -> None:
    talk.send(subject=CASE, files=[f"doc {number}.pdf: good" for number in range(25)])
    lines = "\n".join(f"DELETE x{number}" for number in range(50))
    (answer,) = asked(talk, {"answers": 1, "body": lines})
    text = " ".join(answer.text.split())
    assert text.count("We do not know which document you mean") == 1
    assert "'x19' and 30 more" in text
    assert "'doc 19.pdf' and 5 more" in text
    assert answer.subject.startswith(
        "We do not know which document you mean by 'x0', 'x1', 'x2' and 47 more (receipt"
    )


def test_what_asks_for_hundreds_is_a_message_that_people_read(talk: Talk) -> None:
    talk.send(subject=CASE, files=["smith.pdf: good"])
    talk.send(answers=1, body="\n".join(["DELETE smith.pdf"] * 2000))
    assert (row(talk, 2).state, row(talk, 2).reason) == ("set_aside", "message")
    assert hidden(talk) == []


def test_what_stands_below_weighs_as_a_message_does(talk: Talk) -> None:
    talk.send(subject=CASE, files=["smith.pdf: good", "index.pdf: good"])
    with talk.stores.database.write() as connection:
        connection.execute(submissions.update().values(read_at=NOW))
    said = "We were served with a summons today, call us at once. " + "word " * 150 + "LAST"
    talk.send(answers=1, body=f"DELETE smith.pdf\n{said}")
    (found,) = [one for one in talk.team.rows(packages) if one.letter_id == 1]
    assert found.urgent is not None
    assert [one.read_at for one in talk.team.rows(submissions)] == [None]
    with talk.stores.database.read() as connection:
        (message,) = senders(connection, row(talk).receipt).messages
    assert message.words.endswith("LAST")


def test_what_says_no_more_than_its_reason_is_no_message_beside_it(talk: Talk) -> None:
    talk.send(subject=CASE, files=["smith.pdf: good"])
    talk.send(answers=1, body="DELETE smith.pdf\nIt is of another patient.")
    with talk.stores.database.read() as connection:
        assert senders(connection, row(talk).receipt).messages == ()


def test_of_several_cases_the_one_that_has_the_document_is_told_and_named(talk: Talk) -> None:
    talk.send(subject="Some files", files=["a.pdf: good", "b.pdf: good"])
    talk.team.file(Filing("24-001234", ("2",)), Filing("24-001301", ("3",)))
    talk.team.now = talk.team.now + timedelta(hours=1)
    answer, *notices = asked(talk, {"replies": 1, "body": "DELETE a.pdf"})
    assert answer.subject.startswith("We have asked Dana Reyes to delete 'a.pdf'")
    assert [one.recipient.partition("@")[0] for one in notices] == ["dana.reyes"]
    both, *notices = asked(talk, {"replies": 1, "body": "DELETE a.pdf\nDELETE b.pdf"})
    assert both.subject.startswith("We have asked our team to delete 'a.pdf' and 'b.pdf'")
    assert [one.recipient.partition("@")[0] for one in notices] == ["dana.reyes", "lee.park"]


def test_a_firm_whose_right_has_ended_asks_and_hides_nothing(talk: Talk) -> None:
    talk.send(subject=CASE, files=["smith.pdf: good", "index.pdf: good"])
    with talk.stores.database.write() as connection:
        connection.execute(rights.update().values(ends=(NOW - timedelta(days=9)).date()))
    answer, notice = asked(talk, {"answers": 1, "body": "DELETE smith.pdf"})
    assert hidden(talk) == []
    assert answer.subject.startswith("We have asked our team to delete 'smith.pdf'")
    assert "Dana" not in answer.text
    assert notice.recipient.startswith("dana.reyes@")
    with talk.stores.database.read() as connection:
        (one,) = hiding.asked_of(connection, 1)
    assert (one.by, one.is_hidden) == ("pat.hall@bakerllp.example", False)


# -- a contributor ---------------------------------------------------------------------------------


def replied(talk: Talk, body: str, sender: str = REPORTER) -> list[Any]:
    """Answer the receipt of the first letter, and return what is owed since."""
    behind = len(owed(talk))
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"] = f"Reporter <{sender}>", "Re: your mail"
    mail["In-Reply-To"] = f"<{owed(talk)[0].message_id}@{talk.stores.settings.intake.domain}>"
    mail["Message-ID"] = f"<{behind}@vendor.example>"
    mail.set_content(body)
    talk.team.wait(mail.as_bytes(), sender=sender, proof=Proof.ALIGNED)
    return owed(talk, behind)


def test_a_contributor_has_hidden_what_their_very_address_sent(talk: Talk) -> None:
    let_in(talk.team)
    sent(talk.team)
    name = next(one for one, piece in pieces(talk).items() if piece.is_placed)
    answer, notice = replied(talk, f"DELETE {name}")
    assert hidden(talk) == [name]
    assert answer.subject.startswith("We have asked our team to delete 1 document (")
    assert name not in answer.text
    assert "Dana" not in answer.text
    assert notice.recipient.startswith("dana.reyes@")


def test_another_contributor_hides_nothing(talk: Talk) -> None:
    other = "typist@vendor.example"
    let_in(talk.team)
    let_in(talk.team, other)
    sent(talk.team)
    name = next(one for one, piece in pieces(talk).items() if piece.is_placed)
    replied(talk, f"DELETE {name}", other)
    assert hidden(talk) == []
    assert talk.team.rows(document_erasures) == []


def test_a_contributor_whose_right_has_ended_hides_nothing(talk: Talk) -> None:
    number = let_in(talk.team)
    sent(talk.team)
    name = next(one for one, piece in pieces(talk).items() if piece.is_placed)
    end(talk.team, number)
    replied(talk, f"DELETE {name}")
    assert hidden(talk) == []

"""Forward: what the staff pass on is filed for whoever wrote it; the forwarder alone is told."""

from __future__ import annotations

import dataclasses
from email.message import EmailMessage
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from gateway.letter import Proof
from gateway.replies.mailed_password import MailedPasswords
from gateway.road.forwarder import _named
from gateway.stores import Stores
from portal.tables import (
    accounts,
    cases,
    confirmations,
    letters,
    outbox,
    packages,
    parts,
    submissions,
)
from tests import forwarding as said
from tests.carrying import PDF, Carrier
from tests.deciding import Team, filed, state
from tests.forwarding import DANA, FORMS, INLINE, QUILL, STRANGER, Form, inner

IMANI = "imani.okafor@sample-mutual.example"
RESTRICTED = "24-001488"


class Became(NamedTuple):
    """What became of a letter."""

    state: str
    reason: str | None
    case: str | None
    told: list[tuple[str, str]]  # kind and recipient of every mail


@pytest.fixture
def carrier(sample_stores: Stores) -> Carrier:
    """One whose journal reports what was checked on its way."""
    settings = sample_stores.settings
    trust = settings.trust.model_copy(update={"journal_is_checked": True})
    settings = settings.model_copy(update={"trust": trust})
    return Carrier(dataclasses.replace(sample_stores, settings=settings))


def rows(carrier: Carrier, table: sa.Table) -> list[Any]:
    with carrier.stores.database.read() as connection:
        return list(connection.execute(table.select().order_by(table.primary_key.columns[0])))


def send(carrier: Carrier, mail: EmailMessage, **changes: Any) -> Became:
    """Take a mail as the gate hands it over, and carry it."""
    sender = str(mail["From"]).partition("<")[2].rstrip(">") or str(mail["From"])
    if mail["X-MS-Journal-Report"] is not None:
        sender = ""
    before = len(rows(carrier, letters))
    carrier.accept(mail.as_bytes(), **({"sender": sender, "proof": Proof.ALIGNED} | changes))
    carrier.carry(before + 1)
    row = rows(carrier, letters)[before]
    with carrier.stores.database.read() as connection:
        case = connection.scalar(
            sa.select(cases.c.number)
            .join(submissions, submissions.c.case_id == cases.c.id)
            .where(submissions.c.letter_id == row.id)
        )
    told = [(one.kind, one.recipient) for one in rows(carrier, outbox) if one.letter_id == row.id]
    return Became(row.state, row.reason, case, told)


def kept(carrier: Carrier) -> Any:
    return rows(carrier, packages)[-1]


def receipt(carrier: Carrier) -> str:
    return next(str(one.text) for one in rows(carrier, outbox)[::-1] if one.kind == "receipt")


# -- labelled forwards: form, proof, where the number is, and whether the firm has a right ---------


class Label(NamedTuple):
    """A forward, and what a careful clerk would do with it; None: it waits."""

    what: str
    case: str | None
    mail: dict[str, Any]
    note: str = ""
    proof: Proof = Proof.ALIGNED
    reason: str | None = None


LABELS = (
    Label("number in the inner subject", "24-001234", {"subject": "Smith 24-001234"}),
    Label("number in the inner words", "24-001234", {"body": "Dear Dana, for 24-001234.\n"}),
    Label("number in a file's name", "24-001240", {"name": "24-001240 records.pdf"}),
    Label("number in the note alone", "24-001301", {}, "Please file to 24-001301."),
    Label("both say the same", "24-001234", {"subject": "24-001234"}, "It is 24-001234."),
    Label("they disagree", None, {"subject": "24-001234"}, "24-001301", reason="case_ambiguous"),
    Label("the note and a file disagree", "24-001234", {"name": "24-001240.pdf"}, "24-001234"),
    Label("no right", None, {"sender": QUILL, "subject": "24-001234"}, reason="case_not_found"),
    Label("no right, by the note", None, {"sender": QUILL}, "24-001234", reason="case_not_found"),
    Label("another firm's right", "24-001377", {"sender": QUILL, "subject": "24-001377"}),
    Label("nobody's", None, {"sender": STRANGER}, "24-001234", reason="sender_not_known"),
    Label("no number", None, {}, reason="consultant_unknown"),
    Label("no such case", None, {"subject": "24-009999"}, reason="case_not_found"),
    Label("not proven", None, {"subject": "24-001234"}, proof=Proof.NONE),
    Label("proof failed", None, {"subject": "24-001234"}, proof=Proof.FAILED),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_labelled_forwards_go_to_no_wrong_case_and_tell_nobody_but_the_forwarder(
    form: Form, carrier: Carrier
) -> None:
    for label in LABELS:
        if form is said.journal and label.note:
            continue  # it has none
        became = send(carrier, form(inner(**label.mail), label.note), proof=label.proof)
        assert became.case == label.case, label.what
        assert became.state == ("filed" if label.case else "with_us"), label.what
        if label.reason is not None:
            assert became.reason == label.reason, label.what
        is_ours = [one.endswith("@sample-mutual.example") for _, one in became.told]
        assert all(is_ours), (label.what, became.told)
        to_sender = {one for kind, one in became.told if kind == "receipt"}
        is_answered = form is not said.journal and label.proof is not Proof.FAILED
        assert to_sender == ({DANA} if is_answered else set()), label.what
        is_forward = label.proof is Proof.ALIGNED
        assert (kept(carrier).forwarded is not None) == is_forward, label.what
        if is_answered and not is_forward:
            assert "records.pdf" not in receipt(carrier), label.what
            assert "24-001234" not in receipt(carrier), label.what
    assert {one.firm_id for one in rows(carrier, letters)} == {None}, "nobody proven wrote these"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_package_is_the_inner_sender_s_and_says_who_forwarded_it(
    form: Form, carrier: Carrier
) -> None:
    note = "For your file."
    assert send(carrier, form(inner("Smith 24-001234"), note)).state == "filed"
    row = kept(carrier)
    assert (row.header_from, row.subject) == (said.PAT, "Smith 24-001234")
    assert row.narrative.startswith("Dear Dana,\n\nattached are the records.")
    assert note not in row.narrative
    expected = {
        "by": "Dana Reyes",
        "address": DANA,
        "note": "" if form is said.journal else note,
        "firm": "Baker LLP",
    }
    assert expected.items() <= row.forwarded.items()
    assert row.forwarded["how"] == {said.attached: "attached", said.journal: "journal"}.get(
        form, "inline"
    )
    assert "2026" in row.forwarded["dated"]
    names = {one.filed_name for one in rows(carrier, parts)}
    assert "records.pdf" in names
    assert ("Forwarding note.pdf" in names) == (form is said.attached)


@pytest.mark.parametrize("form", [said.attached, said.gmail], ids=lambda form: form.__name__)
def test_the_receipt_names_things_to_the_forwarder_and_says_that_nothing_is_proven(
    form: Form, carrier: Carrier
) -> None:
    send(carrier, form(inner("24-001234")), proof=Proof.LOOPBACK)
    text = receipt(carrier)
    assert "We received what you forwarded and filed it." in text
    assert "records.pdf" in text
    assert "Pat Hall <pat.hall@bakerllp.example>, not proven. Nothing was sent there." in text
    (answer,) = (one for one in rows(carrier, outbox) if one.kind == "receipt")
    assert answer.in_reply_to == "<outer@sample-mutual.example>"


# -- who may forward -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proof", "sender", "is_forward"),
    [
        (Proof.ALIGNED, DANA, True),
        (Proof.RELAY, DANA, True),
        (Proof.RELAY, "bounces@mailer.example", True),
        (Proof.LOOPBACK, DANA, True),
        (Proof.MAILBOX, DANA, True),
        (Proof.LOOPBACK, "else@sample-mutual.example", False),
        (Proof.LOOPBACK, "eve@nowhere.example", False),
        (Proof.NONE, DANA, False),
        (Proof.FAILED, DANA, False),
    ],
)
def test_only_a_proven_address_of_the_staff_forwards(
    proof: Proof, sender: str, is_forward: bool, carrier: Carrier
) -> None:
    became = send(carrier, said.attached(inner("24-001234")), proof=proof, sender=sender)
    assert (became.case is not None) == is_forward
    assert (kept(carrier).forwarded is not None) == is_forward


def test_a_forward_by_an_account_of_operations_is_one_too(carrier: Carrier) -> None:
    olu = "olu@sample-mutual.example"
    with carrier.stores.database.write() as connection:
        connection.execute(
            accounts.insert().values(email=olu, name="Olu Adeyemi", role="operations")
        )
    assert send(carrier, said.outlook(inner("24-001234"), sender=olu)).case == "24-001234"
    assert kept(carrier).forwarded["by"] == "Olu Adeyemi"


def test_what_a_firm_forwards_is_the_firm_s_own_letter(carrier: Carrier) -> None:
    mail = said.attached(inner("Smith", sender=QUILL), "24-001234", "pat.hall@bakerllp.example")
    assert send(carrier, mail).case == "24-001234"
    assert kept(carrier).forwarded is None
    assert rows(carrier, letters)[0].firm_id is not None


def test_a_mailbox_that_is_imported_holds_no_forwards_to_us(carrier: Carrier) -> None:
    mail = said.attached(inner("24-001234"))
    became = send(carrier, mail, door="import", proof=Proof.OPERATOR, sender="")
    assert (became.case, kept(carrier).forwarded) == (None, None)


# -- what a forward is -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", [said.outlook, said.german_outlook])
def test_a_reply_that_quotes_is_no_forward(form: Form, carrier: Carrier) -> None:
    mail = form(inner("24-001234", name=None), "Thank you, Pat.")
    mail.replace_header("Subject", "RE: 24-001234")
    send(carrier, mail)
    assert kept(carrier).forwarded is None
    assert rows(carrier, submissions) == []


@pytest.mark.parametrize("form", [said.attached, *INLINE], ids=lambda form: form.__name__)
def test_an_answer_by_itself_of_the_staff_s_mailbox_is_no_forward(
    form: Form, carrier: Carrier
) -> None:
    mail = form(inner("24-001234", name=None), "I am out of the office.")
    mail["Auto-Submitted"] = "auto-replied"
    send(carrier, mail)
    assert kept(carrier).forwarded is None
    assert rows(carrier, submissions) == []
    assert rows(carrier, outbox) == []


def test_what_lies_beside_an_attached_message_makes_it_an_ordinary_letter(
    carrier: Carrier,
) -> None:
    mail = said.attached(inner("24-001234"))
    mail.add_attachment(PDF, "application", "pdf", filename="scan.pdf")
    became = send(carrier, mail)
    assert (became.state, became.reason) == ("with_us", "sender_not_known")
    assert kept(carrier).forwarded is None


@pytest.mark.parametrize("form", [said.attached, *INLINE], ids=lambda form: form.__name__)
def test_an_absence_or_a_thank_you_that_is_forwarded_is_a_submission(
    form: Form, carrier: Carrier
) -> None:
    away = inner(
        "Automatic reply: 24-001234",
        "I am out of the office until Monday.",
        name=None,
        Auto_Submitted="auto-replied",
    )
    assert send(carrier, form(away)).case == "24-001234"
    assert send(carrier, form(inner("24-001234", "Thank you!", name=None))).case == "24-001234"


@pytest.mark.parametrize(
    "written",
    [
        '"Pat Hall <pat.hall@bakerllp.example>" <eve@nowhere.example>',
        "pat.hall@bakerllp.example <eve@nowhere.example>",
        "Pat Hall",
    ],
)
def test_a_sender_that_can_be_read_in_two_ways_is_nobody(written: str, carrier: Carrier) -> None:
    mail = said.outlook(inner("24-001234", name=None))
    text = mail.get_content().replace(said.PAT, written)
    mail.set_content(text)
    became = send(carrier, mail)
    assert (became.state, became.reason) == ("with_us", "sender_not_known")


def test_a_header_block_that_the_inner_message_brings_is_not_the_forwarder_s(
    carrier: Carrier,
) -> None:
    forged = (
        "From: Pat Hall <pat.hall@bakerllp.example>\nSent: Monday\nTo: Dana Reyes\n"
        "Subject: 24-001234\n\nfile this"
    )
    for form in (said.attached, *INLINE):
        became = send(carrier, form(inner("FW: hello", forged, sender=STRANGER, name=None)))
        assert (became.case, became.reason) == (None, "sender_not_known"), form.__name__


def test_the_forwarder_s_own_subject_is_the_forwarder_s_word(carrier: Carrier) -> None:
    mail = said.attached(inner("Records"))
    mail.replace_header("Subject", "FW: Records for 24-001301")
    assert send(carrier, mail).case == "24-001301"
    (taken,) = (one for one in kept(carrier).candidates if one["why"].endswith("taken."))
    assert taken["found_in"] == "forwarder"


def test_a_number_that_only_the_forwarder_s_quotation_holds_is_no_word_of_theirs(
    carrier: Carrier,
) -> None:
    mail = said.attached(
        inner("24-001234"), "FYI\n\nOn Mon, Lee <lee@x.example> wrote:\n> 24-001301"
    )
    assert send(carrier, mail).case == "24-001234"


@pytest.mark.parametrize("form", [said.attached, *INLINE], ids=lambda form: form.__name__)
def test_a_document_that_is_elsewhere_is_missed_in_what_was_forwarded(
    form: Form, carrier: Carrier
) -> None:
    mail = inner("24-001234", "Dear Dana,\n\nthe report is attached.\n\nPat", name=None)
    assert send(carrier, form(mail, "Please file.")).state == "filed_in_part"
    link = inner("24-001234", "Records: https://www.dropbox.com/s/abc/records.pdf", name=None)
    became = send(carrier, form(link))
    assert (became.state, became.reason) == ("filed_in_part", "content_is_a_link")


def test_a_link_behind_the_words_of_an_attached_message_is_seen(carrier: Carrier) -> None:
    mail = inner("24-001234", name=None)
    href = "https://www.dropbox.com/s/abc/records.pdf"
    mail.set_content(f'<p>Dear Dana, <a href="{href}">the records</a>.</p>', subtype="html")
    became = send(carrier, said.attached(mail))
    assert (became.state, became.reason) == ("filed_in_part", "content_is_a_link")


# -- several messages ------------------------------------------------------------------------------


def test_several_messages_of_one_sender_are_one_package(carrier: Carrier) -> None:
    mail = said.attached(inner("Records of 24-001234"))
    mail.add_attachment(inner("More records", name="more.pdf"))
    assert send(carrier, mail).case == "24-001234"
    names = {one.filed_name for one in rows(carrier, parts) if one.filed_name}
    assert {"records.pdf", "more.pdf", "More records.pdf"} <= names


def test_several_messages_that_name_two_cases_wait(carrier: Carrier) -> None:
    mail = said.attached(inner("24-001234"))
    mail.add_attachment(inner("24-001301", name="more.pdf"))
    became = send(carrier, mail)
    assert (became.case, became.reason) == (None, "case_ambiguous")


@pytest.mark.parametrize("sender", [QUILL, STRANGER, "undecided, two@x.example, three@x.example"])
def test_messages_of_several_senders_wait_and_a_person_puts_each_to_its_case(
    sender: str, carrier: Carrier
) -> None:
    mail = said.attached(inner("24-001234"), "24-001234")
    mail.add_attachment(inner("24-001377", name="other.pdf", sender=sender))
    became = send(carrier, mail)
    assert (became.state, became.reason) == ("with_us", "forward_several")
    assert became.told == [("receipt", DANA)]
    assert carrier.workshop.made == [], "no engine works on what nobody is known to have sent"
    placed = [one for one in rows(carrier, parts) if one.filed_name and one.container]
    assert {one.container for one in placed} == {"2", "3"}


@pytest.mark.parametrize("form", [said.attached, *INLINE], ids=lambda form: form.__name__)
def test_a_password_that_a_forward_says_is_masked_wherever_it_stands(
    form: Form, carrier: Carrier
) -> None:
    body = "Dear Dana,\n\nthe password is Lincoln-7.\n"
    send(carrier, form(inner("24-001234", body, name="a.pdf"), "The password is Madison-8."))
    row = kept(carrier)
    told = f"{row.narrative} {row.forwarded} {receipt(carrier)}"
    assert "Lincoln-7" not in told
    assert "Madison-8" not in told
    assert "password_in_mail" in {one["code"] for one in row.problems}
    worker = carrier.worker
    read = MailedPasswords(worker.database, worker.raw, worker.road, worker.work)
    assert {"Lincoln-7", "Madison-8"} <= set(read(1))


# -- a case that is restricted ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forwarder", "is_named"), [("tomas.lindqvist@sample-mutual.example", True), (DANA, False)]
)
def test_a_restricted_case_is_named_to_nobody_but_its_own(
    forwarder: str, is_named: bool, carrier: Carrier
) -> None:
    mail = said.attached(
        inner("Records", sender="Ana Ortega <ana@ortega-defense.example>"), "24-001488", forwarder
    )
    assert send(carrier, mail, proof=Proof.LOOPBACK).case == RESTRICTED
    assert ("Tomas Lindqvist" in receipt(carrier)) == is_named
    assert (RESTRICTED in receipt(carrier)) == is_named


def test_a_person_who_files_it_to_a_restricted_case_does_not_tell_the_forwarder_which(
    carrier: Carrier,
) -> None:
    team = Team(carrier)
    send(carrier, said.attached(inner("Records")), proof=Proof.LOOPBACK)
    assert state(team) == ("with_us", "consultant_unknown")
    assert team.file(RESTRICTED) == "filed"
    assert RESTRICTED not in receipt(carrier)
    assert "Tomas" not in receipt(carrier)


def test_a_forward_that_waits_is_filed_by_a_person(carrier: Carrier) -> None:
    team = Team(carrier)
    send(carrier, said.gmail(inner("Records", sender=QUILL), "24-001234"), proof=Proof.LOOPBACK)
    assert team.file("24-001377") == "filed"
    assert [case for case, _ in filed(team)] == ["24-001377"]
    assert kept(carrier).forwarded["firm"] == "Quill & Marsh"
    assert {one.recipient for one in rows(carrier, outbox)} == {DANA, IMANI}


# -- mail of ours that comes back ------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_mail_of_ours_that_is_passed_on_is_nobody_s_document_and_not_answered(
    form: Form, carrier: Carrier
) -> None:
    ours = inner(
        "New package: 3 documents, 24-001234",
        "A package was filed for you.",
        sender="Claims documents <claims@casebridge.example>",
        name=None,
    )
    became = send(carrier, form(ours))
    assert became == ("set_aside", "own_mail", None, [])


def test_a_colleague_in_the_domain_of_our_intake_is_not_us(sample_stores: Stores) -> None:
    settings = sample_stores.settings
    intake = settings.intake.model_copy(update={"address": "claims@sample-mutual.example"})
    stores = dataclasses.replace(
        sample_stores, settings=settings.model_copy(update={"intake": intake})
    )
    carrier = Carrier(stores)
    colleague = inner("24-001234", sender="Lee Park <lee.park@sample-mutual.example>")
    for form in FORMS:
        became = send(carrier, form(colleague))
        assert (became.state, became.reason) == ("with_us", "sender_not_known"), form.__name__
        to_them = [] if form is said.journal else [("receipt", DANA)]
        assert became.told == to_them, form.__name__
        ours = inner("New package", sender="Claims <claims@sample-mutual.example>", name=None)
        assert send(carrier, form(ours)).reason == "own_mail", form.__name__


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_document_beside_a_mail_that_says_to_be_ours_is_not_set_aside(
    form: Form, carrier: Carrier
) -> None:
    forged = inner("24-001234", sender="Claims <claims@casebridge.example>")
    became = send(carrier, form(forged))
    assert (became.state, became.reason) == ("with_us", "sender_not_known")


def test_what_a_person_says_beside_a_mail_of_ours_is_read_by_the_team(carrier: Carrier) -> None:
    ours = inner("New package", sender="Claims <claims@casebridge.example>", name=None)
    for form in (said.attached, *INLINE):
        became = send(carrier, form(ours, "This is not mine. Please look at it."))
        assert (became.state, became.reason) == ("with_us", "sender_not_known"), form.__name__


def test_the_thread_of_what_was_forwarded_leads_to_the_firm_s_case(carrier: Carrier) -> None:
    carrier.accept()
    carrier.carry(1)
    token = next(one.message_id for one in rows(carrier, outbox) if one.kind == "receipt")
    answer = inner("Records", In_Reply_To=f"<{token}@casebridge.example>")
    assert send(carrier, said.attached(answer)).case == "24-001234"
    other = inner("Records", sender=QUILL, In_Reply_To=f"<{token}@casebridge.example>")
    assert send(carrier, said.attached(other)).case is None


# -- by a journal ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "proof"),
    [
        ("journal@nowhere.example", Proof.ALIGNED),
        ("journal@sample-mutual.example", Proof.NONE),
        ("journal@sample-mutual.example", Proof.LOOPBACK),
    ],
)
def test_a_journal_counts_where_the_domain_of_the_staff_is_proven_for_it(
    sender: str, proof: Proof, carrier: Carrier
) -> None:
    became = send(carrier, said.journal(inner("24-001234"), sender=sender), proof=proof)
    assert (became.case, kept(carrier).forwarded) == (None, None)


def test_a_journal_that_somebody_can_be_answered_for_is_none(carrier: Carrier) -> None:
    mallory = "mallory@sample-mutual.example"
    forged = said.journal(inner("24-001234"), sender=mallory)
    became = send(carrier, forged, sender=mallory)
    assert (became.case, kept(carrier).forwarded) == (None, None)
    assert became.told == [("receipt", mallory)]
    assert "24-001234" not in receipt(carrier)


def test_what_a_journal_reports_waits_where_nobody_has_checked_it(sample_stores: Stores) -> None:
    became = send(Carrier(sample_stores), said.journal(inner("24-001234")))
    assert became == Became("with_us", "sender_not_proven", None, [])


@pytest.mark.parametrize("form", [said.attached, *INLINE], ids=lambda form: form.__name__)
def test_of_nobody_s_message_the_forwarder_is_asked_to_confirm_nothing(
    form: Form, carrier: Carrier
) -> None:
    """Their own address is proven: it is the inner one that nobody knows."""
    became = send(carrier, form(inner("24-001234", sender=STRANGER)))
    assert (became.state, became.reason) == ("with_us", "sender_not_known")
    text = receipt(carrier)
    assert "Our team will look at it." in text
    assert "Enter code" not in text
    assert rows(carrier, confirmations) == []


@pytest.mark.parametrize("form", [said.attached, *INLINE], ids=lambda form: form.__name__)
def test_whoever_lends_a_colleague_s_from_reads_nothing(form: Form, carrier: Carrier) -> None:
    mallory = "mallory@sample-mutual.example"
    became = send(carrier, form(inner("24-001234")), sender=mallory)
    assert mallory not in {to for _, to in became.told}
    assert ("receipt", DANA) in became.told


def test_a_line_of_a_hundred_thousand_letters_in_a_report_is_looked_through_once() -> None:
    report = "To: " + "a" * 99_000 + "\nRecipient: " + "b@" * 40_000 + f"\nTo: {DANA}\n"
    assert list(_named(report, "sample-mutual.example")) == []  # behind what is read of a report
    assert list(_named(f"To: x@y.example; <{DANA}>", "sample-mutual.example")) == [DANA]
    many = "To: " + ", ".join(f"m{number}@sample-mutual.example" for number in range(99))
    assert len(list(_named(many, "sample-mutual.example"))) == 50

"""The receipt: its text word for word, to whom it goes, and what it never tells."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Names, Service
from gateway.addressee import receipt_goes_to
from gateway.letter import Proof
from gateway.road.name import name
from gateway.road.package import Fate, Filing, Package, Pdf, Resolution, Trouble
from gateway.telling.receipt import receipt
from tests.packages import (
    DOCX,
    SHA256,
    envelope,
    extension_for,
    narrative_part,
    package,
    part,
    words,
)

SERVICE = Service(base_url="https://gateway.example")
FILED = Resolution(
    firm_id=1,
    firm_name="Baker LLP",
    case_id=1,
    case_number="24-001234",
    found_in="subject",
    consultant_id=7,
    consultant_name="Dana Reyes",
    consultant_email="dana.reyes@sample-mutual.example",
    how="case",
)
MADE = Pdf(1, "ef" * 32, 3, 900, "office", ())


def filed(*parts: Any, **changes: Any) -> Package:
    changes.setdefault("resolution", FILED)
    return name(package(*parts, **changes), Names(), extension_for)


def held(code: str, *parts: Any, **changes: Any) -> Package:
    waits = Resolution(firm_id=1, firm_name="Baker LLP", hold=code)
    return filed(*parts, resolution=waits, **changes)


def told(package_: Package, **said: Any) -> str:
    return receipt(package_, "7KQ4M2XD", SERVICE, **said).text


def with_proof(package_: Package, proof: Proof) -> Package:
    letter = package_.letter
    other = dataclasses.replace(letter.envelope, proof=proof)
    return package_.but(letter=dataclasses.replace(letter, envelope=other))


def test_everything_filed_reads_as_designed() -> None:
    said = receipt(
        filed(
            narrative_part(),
            part("2", "Smith deposition #2 (final).pdf"),
            part("3", "notes.docx", DOCX, pdf=MADE),
            part("4", "scan014.pdf"),
            part("5", "signature.png", "image/png", fate=Fate.LEFT_OUT, reason="decoration"),
        ),
        "7KQ4M2XD",
        SERVICE,
    )
    assert said.subject == "Filed: 3 documents, case 24-001234 (receipt 7KQ4-M2XD)"
    assert said.text == (
        "We received your message and filed it.\n"
        "\n"
        "Receipt:   7KQ4-M2XD\n"
        "Case:      24-001234\n"
        "Received:  Saturday, November 21, 2026 at 3:42 pm Eastern (20:42 UTC)\n"
        "Filed for: Dana Reyes, claims consultant\n"
        "\n"
        "DOCUMENTS FILED: 3\n"
        "1. Smith deposition #2 (final).pdf\n"
        '   Filed as "Smith deposition 2 (final).pdf". The character # is not supported. Contents'
        " unchanged.\n"
        f"   SHA-256: {SHA256}\n"
        "2. notes.docx\n"
        '   Filed as "notes.pdf", 3 pages. We converted it to PDF and kept your original.\n'
        f"   SHA-256 of your original: {SHA256}\n"
        "3. scan014.pdf\n"
        "   Filed unchanged.\n"
        f"   SHA-256: {SHA256}\n"
        "\n"
        "LEFT OUT: 1\n"
        "- signature.png: A small picture from the signature.\n"
        "\n"
        "WHAT HAPPENS NEXT\n"
        "Dana Reyes can see this now. You do not need to do anything, and you do not need to send"
        " it again.\n"
        "\n"
        "A reply to this email goes to the same case.\n"
        "Sent a file by mistake? Reply with the word DELETE and its name.\n"
        "View this receipt: https://gateway.example/p/7KQ4-M2XD\n"
        "Something wrong? Call +1 555 0100 and quote 7KQ4-M2XD.\n"
        "\n"
        "This is an automatic receipt.\n"
        "Sample Mutual\n"
    )


def test_what_a_pdf_does_not_show_is_told() -> None:
    made = dataclasses.replace(MADE, warnings=("hidden_sheets", "macros"))
    said = receipt(filed(part("2", "notes.docx", DOCX, pdf=made)), "7KQ4M2XD", SERVICE)
    assert (
        "We converted it to PDF and kept your original. The original has hidden sheets, which are"
        " not in the PDF. The original has macros; none of them was run.\n"
    ) in said.text


def test_what_is_missing_comes_first_with_its_fix() -> None:
    said = receipt(
        filed(
            part("2", "a.pdf"),
            part("3", "records.pdf", fate=Fate.HELD, reason="file_password"),
            part(
                "4", "x.exe", "application/x-dosexec", fate=Fate.REFUSED, reason="file_type_blocked"
            ),
            part("5", "e.pdf", bytes=0, fate=Fate.LEFT_OUT, reason="file_empty"),
        ),
        "7KQ4M2XD",
        SERVICE,
    )
    assert said.subject == (
        "Filed, except 3 of 4, case 24-001234: action needed (receipt 7KQ4-M2XD)"
    )
    assert said.text.startswith(
        "We filed 1 of your 4 documents. 'records.pdf' needs a password to open. Give the"
        " password at https://gateway.example/p/7KQ4-M2XD, or send a copy without one. 'x.exe' is a"
        " program"
    )
    assert "WAITING: 1\n- 'records.pdf' needs a password" in said.text
    assert "NOT FILED: 2\n- 'x.exe' is a program" in said.text
    for fix in ("send a copy without one", "Send the document itself", "Look at it on your"):
        assert said.text.count(fix) == 1, "what to do is read once"


def test_what_is_missing_is_asked_for_by_a_reply_and_of_others_by_a_new_message() -> None:
    parts = part("2", "a.pdf"), part("3", "b.pdf", fate=Fate.HELD, reason="file_password")
    by_reply = "Reply to this email with what is missing"
    said = receipt(filed(*parts), "7KQ4M2XD", SERVICE).text
    assert f"{by_reply}. You do not need to send the rest again.\n" in said
    linked = receipt(filed(*parts), "7KQ4M2XD", SERVICE, upload_link="https://gateway.example/x")
    assert f"{by_reply}, or use the link above. You do" in linked.text
    open_way = filed(*parts, envelope=envelope(proof=Proof.ALIGNED))
    counts = receipt(open_way, "7KQ4M2XD", SERVICE, encrypted=False).text
    assert "Send what is missing in a new message." in counts
    assert "DELETE" not in counts
    assert "eply" not in counts


def test_a_reply_is_said_to_go_to_a_case_only_where_there_is_one() -> None:
    filings = tuple(
        Filing(
            n, number, 7, "Dana Reyes", "dana.reyes@sample-mutual.example", paths=frozenset(paths)
        )
        for n, (number, paths) in enumerate((("24-001234", ("2",)), ("24-001240", ("3",))), 1)
    )
    both = filed(part("2", "a.pdf"), part("3", "b.pdf")).but(filings=filings)
    said = receipt(both, "7KQ4M2XD", SERVICE).text
    assert "the same case" not in said
    assert "Reply with the word DELETE and its name." in said


def test_a_case_that_no_signature_covers_is_asked_about_by_its_number() -> None:
    code = "case_by_address_alone"
    waits = dataclasses.replace(FILED, case_id=None, hold=code, meant="24-001234")
    asking = filed(
        part("2", "a.pdf"), resolution=waits, troubles=(Trouble(code, {"value": "24-001234"}),)
    )
    said = told(asking, answer_link="https://gateway.example/answer/x")
    assert "names case 24-001234, and your signature does not cover it" in said
    assert "Did you mean 24-001234? Reply YES, or send the right number." in said
    assert "no open case" not in said


def test_a_question_is_answered_by_reply_or_by_its_page() -> None:
    asking = held("case_format", troubles=(Trouble("case_format", {"value": "2", "example": "3"}),))
    said = told(asking, answer_link="https://gateway.example/answer/x", example="24-001234")
    assert (
        "Reply to this email with the case number and nothing else, for example 24-001234.\n"
        "Or choose the case here: https://gateway.example/answer/x\n"
    ) in said


@pytest.mark.parametrize(
    "media_type", ["application/zip", "application/vnd.oasis.opendocument.text"]
)
def test_the_page_is_named_only_for_what_a_password_opens_there(media_type: str) -> None:
    locked = part("3", "records", media_type, fate=Fate.HELD, reason="file_password")
    said = receipt(filed(part("2", "a.pdf"), locked), "7KQ4M2XD", SERVICE)
    assert "'records' needs a password to open. Send a copy without one." in said.text
    assert "Give the password" not in said.text


def test_a_logo_is_left_out_and_counts_for_nothing_that_is_missing() -> None:
    program = part("4", "x.exe", fate=Fate.REFUSED, reason="file_type_blocked")
    logo = part("5", "logo.png", "image/png", fate=Fate.LEFT_OUT, reason="decoration")
    for encrypted in (None, False):
        said = receipt(
            filed(part("2", "a.pdf"), program, logo), "7KQ4M2XD", SERVICE, encrypted=encrypted
        )
        assert said.subject.startswith("Filed, except 1 of 2")
        assert "NOT FILED: 1\n" in said.text
        assert "LEFT OUT: 1\n" in said.text


def test_what_came_in_an_archive_bears_its_name_and_is_counted_there() -> None:
    box = part("2", "a.zip", "application/zip", fate=Fate.LEFT_OUT, reason="opened")
    inner = dataclasses.replace(box, path="2/2", container="2", original_name="b.zip")
    said = receipt(
        filed(
            box,
            part("2/1", "x/1.pdf", container="2"),
            inner,
            part("2/2/1", "2.pdf", container="2/2"),
        ),
        "7KQ4M2XD",
        SERVICE,
    ).text
    assert "1. a.zip: x/1.pdf" in said
    assert "2. a.zip: b.zip: 2.pdf" in said
    assert "- a.zip: Opened: what was in it is listed by itself. It held 2 documents." in said
    assert "- a.zip: b.zip: Opened: what was in it is listed by itself. It held 1 document." in said


def test_what_only_our_staff_can_mend_asks_the_sender_for_nothing() -> None:
    parts = part("2", "a.pdf"), part("3", "b.zip", fate=Fate.HELD, reason="archive_unsafe")
    assert "action needed" not in receipt(filed(*parts), "7KQ4M2XD", SERVICE).subject


@pytest.mark.parametrize(
    ("code", "fields", "sentence"),
    [
        ("consultant_unknown", {}, "We could not tell who handles this."),
        ("case_not_found", {"value": "24-009999"}, "We found no open case 24-009999."),
        ("case_format", {"value": "24-1", "example": "24-001234"}, "'24-1' does not look like"),
        ("case_ambiguous", {"n": 2, "list": "A, B"}, "This message names 2 cases: A, B."),
    ],
)
def test_a_package_that_waits_says_why_and_what_was_kept(
    code: str, fields: dict[str, Any], sentence: str
) -> None:
    waiting = held(code, part("2", "a.pdf"), troubles=(Trouble(code, fields),))
    said = receipt(waiting, "7KQ4M2XD", SERVICE)
    assert said.subject == "With our team: 1 document (receipt 7KQ4-M2XD)"
    assert said.text.startswith(f"We received your message and kept it. {sentence}")
    assert "DOCUMENTS KEPT: 1\n1. a.pdf\n   Kept unchanged." in said.text
    assert "Filed for" not in said.text


def test_a_question_says_that_a_reply_answers_it_to_those_whose_reply_does() -> None:
    code = "case_not_found"
    waiting = held(code, part("2", "a.pdf"), troubles=(Trouble(code, {"value": "24-009999"}),))
    link = "https://gateway.example/answer/x"
    said = receipt(waiting.but(asked=True), "7KQ4M2XD", SERVICE, answer_link=link).text
    reply = "Reply to this email with the case number and nothing else.\n"
    assert f"{reply}Or choose the case here: {link}\n" in said
    none = waiting.but(asked=True, resolution=Resolution(hold=code, is_staffs=True))
    others = receipt(none, "7KQ4M2XD", SERVICE, answer_link=link).text
    assert reply not in others
    assert f"\nChoose the case here: {link}\n" in others


def test_a_message_without_documents_is_spoken_of_as_such() -> None:
    waits = receipt(held("consultant_unknown", narrative_part()), "7KQ4M2XD", SERVICE)
    assert waits.subject == "With our team: your message (receipt 7KQ4-M2XD)"
    assert "Your message is safe. A person will match it to its case." in waits.text
    assert "Your documents" not in waits.text
    done = receipt(filed(narrative_part(), narrative="Dear Dana"), "7KQ4M2XD", SERVICE)
    assert done.subject == "Filed: your message, case 24-001234 (receipt 7KQ4-M2XD)"


def test_message_pdf_and_an_attached_message_are_named() -> None:
    attached = words(path="2.1", container="2", subject="Old matter")
    said = receipt(
        filed(
            narrative_part(pdf=MADE),
            part("2", "fwd.eml", "message/rfc822", fate=Fate.LEFT_OUT, reason="opened"),
            narrative_part("2.1", container="2"),
            words=(words(), attached),
            message_pdf=True,
        ),
        "7KQ4M2XD",
        SERVICE,
    ).text
    assert '1. Your message\n   Filed as "Message.pdf", 3 pages.\n   SHA-256: efef' in said
    assert '2. The attached message "Old matter"\n   Filed as "Old matter.pdf".' in said
    assert "OPENED: 1\n- fwd.eml: Opened: what was in it is listed by itself." in said


def test_a_conversion_that_failed_and_a_closed_case_are_told() -> None:
    said = receipt(
        filed(
            part("2", "a.docx", DOCX, fate=Fate.FILED, reason="file_convert_failed"),
            troubles=(Trouble("case_closed", {"value": "24-001234", "consultant": "Dana Reyes"}),),
        ),
        "7KQ4M2XD",
        SERVICE,
    ).text
    assert "We could not turn 'a.docx' into a PDF. We filed your original; Dana Reyes" in said
    assert "GOOD TO KNOW\n- Case 24-001234 is closed. We filed your documents" in said


DAMAGED = part("2", "a.pdf", reason="file_damaged"), part("3", "b.pdf")


def test_a_document_that_is_of_no_use_is_asked_for_and_nothing_else() -> None:
    said = receipt(filed(*DAMAGED), "7KQ4M2XD", SERVICE).text
    assert "'a.pdf' could not be opened; it looks damaged. Open it on your computer" in said
    assert (
        "Dana Reyes can see this now. Do what it says above for 1 document, and reply to this email"
        " with it; you do not need to send the rest again.\n" in said
    )
    assert "need to do anything" not in said
    waits = receipt(held("consultant_unknown", *DAMAGED), "7KQ4M2XD", SERVICE).text
    assert "their case. Do what it says above for 1 document; you do not need to send" in waits


def test_who_reads_counts_is_not_told_that_nothing_is_to_be_done() -> None:
    said = told(with_proof(filed(*DAMAGED), Proof.NONE))
    assert "Call +1 555 0100: 1 document can't be used as sent. This mail holds no names" in said
    assert "need to do anything" not in said


def test_nothing_filed_says_so() -> None:
    virus = part("2", "x.exe", fate=Fate.REFUSED, reason="file_type_blocked")
    said = receipt(filed(virus, words=(words(path=""),)), "7KQ4M2XD", SERVICE)
    assert said.subject == "Not filed: your message of November 21, 2026 (receipt 7KQ4-M2XD)"
    assert said.text.startswith(
        "We could not file this message. Nothing from it is in a case file."
    )


SECRETS = ("secret", "24-001234", "Dana", "Reyes", "Baker", "24-009999", "pat@")


@pytest.mark.parametrize("code", ["sender_not_known", "sender_not_proven", "consultant_unknown"])
def test_a_stranger_reads_counts_in_words_that_are_the_same_for_all(code: str) -> None:
    unproven = envelope(proof=Proof.NONE)
    waits = Resolution(hold=code)
    secret = part("2", "secret.pdf"), part("3", "secret.docx", DOCX, fate=Fate.HELD)
    fields = {"address": "pat@bakerllp.example", "domain": "bakerllp.example"}
    stranger = filed(
        *secret, resolution=waits, envelope=unproven, troubles=(Trouble(code, fields),)
    )
    said = receipt(stranger, "7KQ4M2XD", SERVICE, encrypted=True)
    assert (
        said.text
        == receipt(
            stranger.but(resolution=Resolution(hold="case_not_found")), "7KQ4M2XD", SERVICE
        ).text
    )
    assert not [one for one in SECRETS if one in said.text + said.subject]


def test_a_known_sender_on_an_open_way_back_reads_counts() -> None:
    # A proof that is neither loopback's nor an operator's, as the doors to come will have.
    package_ = filed(part("2", "secret.pdf"))
    said = receipt(with_proof(package_, Proof.NONE), "7KQ4M2XD", SERVICE)
    assert said.subject == "Filed: 1 document (receipt 7KQ4-M2XD)"
    assert not [one for one in SECRETS if one in said.text]
    assert "The claims desk can see this now." in said.text


@given(st.text(st.characters(), min_size=1, max_size=400))
@pytest.mark.slow
def test_no_foreign_name_ends_a_line_or_turns_it(foreign: str) -> None:
    hostile = filed(
        part("2", foreign + "\r\nBcc: eve@evil.example\u202e"),
        part("3", "a.pdf", fate=Fate.REFUSED, reason="file_type_blocked"),
        resolution=dataclasses.replace(FILED, consultant_name=f"Dana\n{foreign}"),
    )
    said = receipt(hostile, "7KQ4M2XD", SERVICE)
    plain = receipt(filed(part("2", "b.pdf"), part("3", "a.pdf", fate=Fate.REFUSED,
                    reason="file_type_blocked")), "7KQ4M2XD", SERVICE)  # fmt: skip
    assert len(said.text.splitlines()) == len(plain.text.splitlines())
    assert not any(line.startswith("Bcc") for line in said.text.splitlines())
    assert "\u202e" not in said.text
    assert said.subject == plain.subject
    said.text.encode("utf-8")


@pytest.mark.parametrize(
    ("sender", "changes", "goes_to"),
    [
        ("pat@bakerllp.example", {}, "pat@bakerllp.example"),
        ("pat+x@bakerllp.example", {}, "pat+x@bakerllp.example"),
        ("", {}, None),
        ("pat@bakerllp.example", {"automatic": True}, None),
        ("claims@casebridge.example", {}, None),
        ("claims+24-001234@casebridge.example", {}, None),
        ("24-001234@CASEBRIDGE.example", {}, None),
        ("mailer-daemon@bakerllp.example", {}, None),
        ("POSTMASTER@bakerllp.example", {}, None),
        ("no-reply@bakerllp.example", {}, None),
        ("noreply+1@bakerllp.example", {}, None),
        ("bounces+17@bakerllp.example", {}, None),
    ],
)
def test_whom_the_receipt_goes_to(
    sender: str, changes: dict[str, Any], goes_to: str | None
) -> None:
    sent = package(envelope=envelope(sender=sender), **changes)
    assert receipt_goes_to(sent, own_domain="casebridge.example") == goes_to


@pytest.mark.parametrize(
    ("sender", "changes", "goes_to"),
    [
        ("pat@bakerllp.example", {"proof": Proof.NONE}, "pat@bakerllp.example"),
        ("eve@evil.example", {"proof": Proof.NONE}, None),
        ("eve@evil.example", {}, None),
        ("pat@mail.bakerllp.example", {}, None),
        ("pat@bakerllp.example", {"proof": Proof.FAILED}, None),
    ],
)
def test_where_from_and_envelope_disagree_nobody_is_told(
    sender: str, changes: dict[str, Any], goes_to: str | None
) -> None:
    sent = package(envelope=envelope(sender=sender, **changes))
    assert receipt_goes_to(sent, own_domain="casebridge.example") == goes_to


@pytest.mark.parametrize("proof", [Proof.ALIGNED, Proof.RELAY])
@pytest.mark.parametrize(
    ("sender", "goes_to"),
    [
        ("pat@bakerllp.example", "pat@bakerllp.example"),
        ("assistant@bakerllp.example", "assistant@bakerllp.example"),
        # Their mailing service, or somebody who sends on what they have signed.
        ("b-17@mailer.example", "pat@bakerllp.example"),
        ("eve@evil.example", "pat@bakerllp.example"),
        ("", None),
    ],
)
def test_a_proven_from_hears_where_the_envelope_is_another_domains(
    proof: Proof, sender: str, goes_to: str | None
) -> None:
    sent = package(envelope=envelope(sender=sender, proof=proof))
    assert receipt_goes_to(sent, own_domain="casebridge.example") == goes_to
    ours = package(sender="claims@casebridge.example", envelope=sent.letter.envelope)
    assert receipt_goes_to(ours, own_domain="casebridge.example") is None


def test_another_mailbox_at_a_public_provider_is_told_nothing() -> None:
    spoofed = package(
        sender="ortega.defense@postbox.example",
        envelope=envelope(sender="attacker@postbox.example"),
        resolution=Resolution(hold="sender_not_proven"),
    )
    assert receipt_goes_to(spoofed, own_domain="casebridge.example") is None
    # A From that is nobody's disagrees with nothing.
    nobodys = spoofed.but(sender=None, resolution=Resolution(hold="sender_not_known"))
    assert receipt_goes_to(nobodys, own_domain="casebridge.example") == "attacker@postbox.example"


def test_a_quiet_letter_has_no_receipt() -> None:
    quiet = package(envelope=envelope(quiet=True))
    assert receipt_goes_to(quiet, own_domain="casebridge.example") is None

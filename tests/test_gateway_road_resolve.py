"""Resolve: safety rule 1, as a labelled table. A package in a wrong case is the worst fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.settings import Cases
from gateway.letter import Proof
from gateway.numbers.case_number import CaseShape
from gateway.road.package import Mailbox, Package, Part
from gateway.road.resolve import resolve
from portal.directory import (
    MAIL_ADDRESS,
    MAIL_DOMAIN,
    AnsweredMail,
    Case,
    Consultant,
    Firm,
    Identified,
)
from portal.rights import Viewer
from tests.packages import envelope, package, part, words

SHAPE = CaseShape.of(Cases())
TODAY = date(2026, 11, 21)
BAKER, QUILL = Firm(1, "Baker LLP"), Firm(2, "Quill & Marsh")
PUBLIC = "baker.llp@postbox.example"  # at a provider where anybody has a mailbox
DANA = Consultant(
    7,
    "Dana Reyes",
    "dana.reyes@sample-mutual.example",
    "lee.park@sample-mutual.example",
    TODAY,
    TODAY,
)
LEE = Consultant(8, "Lee Park", "lee.park@sample-mutual.example")
IMANI = Consultant(9, "Imani Okafor", "imani.okafor@sample-mutual.example")
DESK = (DANA, LEE, IMANI)
EARLIER = {
    "bakers": AnsweredMail(1, "24-001234"),
    "bakers-other": AnsweredMail(1, "24-001240"),
    "bakers-held": AnsweredMail(1, None),
    "quills": AnsweredMail(2, "24-001377"),
    "strangers": AnsweredMail(None, None),
    "bakers-no-more": AnsweredMail(1, "24-001377"),
}

CASES = {
    "24-001234": Case(1, "24-001234", False, False, DANA),
    "24-001240": Case(2, "24-001240", False, False, DANA),
    "24-001402": Case(3, "24-001402", True, False, DANA),
    "24-001377": Case(4, "24-001377", False, False, DANA),  # Quill & Marsh alone
    "25-000345": Case(5, "25-000345", False, False, None),
    "25-000346": Case(8, "25-000346", False, True, None),
    "21-112026": Case(6, "21-112026", False, False, DANA),  # could be a date
    "30-123456": Case(7, "30-123456", False, False, DANA),  # could be a telephone number
}
RIGHTS = {(1, 1), (1, 2), (1, 3), (1, 5), (1, 6), (1, 7), (1, 8), (2, 4)}


STAFF = {
    "dana.reyes@sample-mutual.example": Viewer(
        1, "Dana Reyes", "dana.reyes@sample-mutual.example", "consultant", frozenset({7})
    ),
    "lee.park@sample-mutual.example": Viewer(
        2, "Lee Park", "lee.park@sample-mutual.example", "consultant", frozenset({8})
    ),
    "olu@sample-mutual.example": Viewer(
        3, "Olu Adeyemi", "olu@sample-mutual.example", "operations", frozenset()
    ),
}

REPORTER = "reporter@vendor.example"
# One of a firm that is known: what that firm may send to is the directory's to say.
CONTRIBUTORS = {REPORTER: frozenset({1}), "clerk@bakerllp.example": frozenset({4})}


class Listed:
    """A directory in memory."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def firm_of(self, address: str) -> Identified | None:
        if address == PUBLIC:
            return Identified(BAKER, MAIL_ADDRESS)
        domain = address.rpartition("@")[2]
        firm = {"bakerllp.example": BAKER, "quillmarsh.example": QUILL}.get(domain)
        return None if firm is None else Identified(firm, MAIL_DOMAIN)

    def case(self, number: str) -> Case | None:
        self.asked.append(number)
        return CASES.get(number)

    def has_right(self, firm_id: int, case_id: int, day: date) -> bool:
        assert day == TODAY
        return (firm_id, case_id) in RIGHTS

    def firm(self, firm_id: int) -> Firm | None:
        return {one.id: one for one in (BAKER, QUILL)}.get(firm_id)

    def contributed(self, address: str, day: date) -> frozenset[int]:
        assert day == TODAY
        return CONTRIBUTORS.get(address, frozenset())

    def member(self, address: str, day: date) -> Viewer | None:
        assert day == TODAY
        return STAFF.get(address)

    def consultants(self) -> tuple[Consultant, ...]:
        return DESK

    def answered(self, message_ids: tuple[str, ...]) -> tuple[AnsweredMail, ...]:
        return tuple(EARLIER[one] for one in message_ids if one in EARLIER)


@dataclass(frozen=True)
class Situation:
    """What a message says, and where it must go: a case and its place, or the code of its hold."""

    what: str
    case: str | None
    code: str  # the place it was found in, or why it waits
    tags: tuple[str, ...] = ()
    subject: str = "Documents"
    new: str = "Attached is the report."
    history: str = ""
    files: tuple[str, ...] = ("report.pdf",)
    other_subjects: str = ""
    other: str = ""  # the new words of the other alternative
    sender: str | None = "pat@bakerllp.example"
    envelope: dict[str, Any] = field(default_factory=dict)

    def package(self) -> Package:
        return package(
            *(part(str(n), name) for n, name in enumerate(self.files, 2)),
            subject=self.subject,
            sender=self.sender,
            words=(
                words(
                    self.new + self.history,
                    new=self.new,
                    other_subjects=self.other_subjects,
                    other=self.other,
                ),
            ),
            envelope=envelope(**self.envelope),
        )


GOOD, OTHER, THEIRS = "24-001234", "24-001240", "24-001377"
QUOTED = f"\n> On Monday Dana wrote about {GOOD}:\n> thank you"

SITUATIONS = [
    # -- found
    Situation("the subject", GOOD, "subject", subject=f"Smith {GOOD}"),
    Situation("the subject, labelled", GOOD, "subject", subject=f"Claim no. {GOOD}: records"),
    Situation("an en dash", GOOD, "subject", subject="24\u2013001234"),
    Situation("the new words", GOOD, "words", new=f"This is for {GOOD}."),
    Situation("the tag", GOOD, "tag", tags=(GOOD,)),
    Situation("the tag, and the same subject", GOOD, "tag", tags=(GOOD,), subject=GOOD),
    Situation("the tag, by a relay's word", GOOD, "tag", tags=(GOOD,),
              envelope={"proof_rule": "relay_pass"}),
    Situation("the tag and signed words", GOOD, "tag", tags=(GOOD,), new=f"This is for {GOOD}.",
              envelope={"proof_rule": "dkim"}),
    Situation("the tag and a signed file name", GOOD, "tag", tags=(GOOD,), files=(f"{GOOD}.pdf",),
              envelope={"proof_rule": "dkim"}),
    Situation("a signature over a subject", GOOD, "subject", subject=GOOD,
              envelope={"proof_rule": "dkim"}),
    Situation("a signature, and the tag alone", None, "case_by_address_alone", tags=(GOOD,),
              envelope={"proof_rule": "dkim"}),
    Situation("a signature, and the tag against the subject", None, "case_ambiguous",
              tags=(GOOD,), subject=OTHER, envelope={"proof_rule": "dkim"}),
    Situation("a file name", GOOD, "file_name", files=(f"{GOOD}_Smith.pdf", "b.pdf")),
    Situation("the quoted history alone", GOOD, "history", history=QUOTED),
    Situation("subject and history agree", GOOD, "subject", subject=GOOD, history=QUOTED),
    Situation(
        "a new matter over an old thread", OTHER, "words", new=f"Now for {OTHER}:", history=QUOTED
    ),
    Situation("the subject, and a court's docket", GOOD, "subject",
              subject=f"{GOOD}: Smith v. Jones, Case No. 2:24-cv-01234-ABC"),
    Situation("the subject, and a telephone number of our shape", GOOD, "subject",
              subject=GOOD, new="Pat Ames\nTel. 30-123456"),
    Situation("the subject, and a date of our shape", GOOD, "subject",
              subject=GOOD, new="Hearing on 12-102026."),
    Situation("the subject, and another insurer's policy", GOOD, "subject",
              subject=GOOD, new="Policy no. 55-123456 of Acme."),
    Situation("the subject, and a link with a number", GOOD, "subject",
              subject=GOOD, new=f"https://acme.example/{OTHER}"),
    Situation("an operator's import", GOOD, "subject", subject=GOOD,
              envelope={"proof": Proof.OPERATOR, "sender": ""}),
    Situation("a machine at the firm", GOOD, "subject", subject=GOOD,
              envelope={"sender": "scanner@bakerllp.example"}),
    Situation("one number three times", GOOD, "subject", subject=GOOD, new=f"Re {GOOD}, {GOOD}"),
    Situation("a closed case", "24-001402", "subject", subject="24-001402"),
    Situation("the subject, and the same with a digit short", GOOD, "subject",
              subject=GOOD, new="As to 24-00123:"),
    Situation("two subjects that agree", GOOD, "subject", subject=GOOD,
              other_subjects=f"Re: {GOOD}"),
    Situation("the second subject alone", GOOD, "subject", other_subjects=f"Smith {GOOD}"),
    Situation("alternatives that agree", GOOD, "words", new=f"For {GOOD}.",
              other=f"For Case {GOOD}. Attached."),
    Situation("the other alternative alone", GOOD, "words", other=f"For {GOOD}.", history=QUOTED),
    Situation("a zero-width space within", GOOD, "subject", subject="24-00\u200b1234"),
    Situation("a byte order mark and a joiner around", GOOD, "subject",
              subject=f"\ufeff{GOOD}\u200d"),
    Situation("a soft hyphen for the dash", GOOD, "subject", subject="24\u00ad001234"),
    Situation("pages", GOOD, "subject", subject=f"{GOOD}, 3 pages"),
    Situation("hundreds of pages", GOOD, "subject", subject=f"{GOOD}, 350 pages"),
    Situation("pages from to", GOOD, "subject", subject=f"{GOOD}, 100-200 pp."),
    Situation("a day", GOOD, "subject", subject=f"{GOOD}, 2026-11-20"),
    Situation("a day behind a slash", GOOD, "subject", subject=f"{GOOD}/11/20/2026"),
    Situation("a month", GOOD, "subject", subject=f"{GOOD}, 11-2026"),
    Situation("a year", GOOD, "subject", subject=f"{GOOD} and 2024 tax return"),
    Situation("an amount", GOOD, "subject", subject=f"{GOOD}, 500 USD and $300"),
    Situation("a telephone number without a label", GOOD, "subject",
              subject=f"{GOOD}, 617-555-0100"),
    Situation("one of abroad", GOOD, "words", new=f"{GOOD} +353 1 234 5678"),
    Situation("a street", GOOD, "words", new=f"Re: {GOOD},\n1200 N. Main Street\nBoston"),
    Situation("a name behind a slash", GOOD, "subject", subject=f"{GOOD} / Smith"),
    Situation("the number of a page in a file name", GOOD, "file_name", files=(f"{GOOD}_001.pdf",)),
    # -- a typo, and a good number in a lower place
    Situation("a typo in the subject, history good", None, "case_not_found",
              subject="Smith 24-001235", history=QUOTED),
    Situation("a digit short in the subject, history good", None, "case_format",
              subject="Smith 24-00123", history=QUOTED),
    Situation("a digit more, file name good", None, "case_format",
              subject="24-0012345", files=(f"{GOOD}.pdf",)),
    Situation("O for 0 in the subject, history good", None, "case_format",
              subject="24-O01234", history=QUOTED),
    Situation("a labelled typo, history good", None, "case_format",
              new="Claim no. 24-0123", history=QUOTED),
    Situation("a space for the dash, history good", None, "case_format",
              subject="24 001235", history=QUOTED),
    Situation("a typo in the tag, subject good", None, "case_ambiguous",
              tags=("24-001235",), subject=GOOD),
    Situation("an unknown number in a file name, history good", None, "case_not_found",
              files=("24-009999.pdf",), history=QUOTED),
    Situation("only a slip in a file name, history good", None, "case_format",
              files=("24-00123.pdf",), history=QUOTED),
    # -- two cases
    Situation("two in the subject", None, "case_ambiguous", subject=f"{GOOD} and {OTHER}"),
    Situation("two with a slash", None, "case_ambiguous", subject=f"{GOOD}/{OTHER}"),
    Situation("subject against words", None, "case_ambiguous", subject=GOOD, new=f"For {OTHER}"),
    Situation("tag against subject", None, "case_ambiguous", tags=(GOOD,), subject=OTHER),
    Situation("two tags", None, "case_ambiguous", tags=(GOOD, OTHER)),
    Situation("one of ours beside one that is not there", None, "case_ambiguous",
              subject=f"{GOOD}, 24-009999"),
    Situation("one of ours beside a labelled scrap", None, "case_ambiguous",
              subject=GOOD, new="Claim no. 24-0123"),
    Situation("one of ours beside O for 0", None, "case_ambiguous", subject=f"{GOOD} 24-O01240"),
    Situation("one of ours beside a slip of another", None, "case_ambiguous",
              subject=GOOD, new="And this is for 24-00140."),
    Situation("one of ours beside a policy that is their other case", None, "case_ambiguous",
              subject=GOOD, new=f"Policy {OTHER}"),
    Situation("two file names", None, "case_ambiguous", files=(f"{GOOD}.pdf", f"{OTHER}.pdf")),
    Situation("two in the history", None, "case_ambiguous", history=QUOTED + f" and {OTHER}"),
    Situation("history of two, one unknown", None, "case_ambiguous", history=QUOTED + " 24-009999"),
    Situation("a range", None, "consultant_unknown", subject="24-001234\u201324-001240"),
    Situation("two subjects", None, "case_ambiguous", subject=GOOD, other_subjects=OTHER),
    Situation("three subjects, the last with a slip", None, "case_ambiguous",
              subject=GOOD, other_subjects="Documents\nSmith 24-O01240"),
    Situation("a second subject with a typo, history good", None, "case_not_found",
              other_subjects="24-001235", history=QUOTED),
    Situation("alternatives that disagree", None, "case_ambiguous",
              new=f"Case {GOOD}", other=f"Case {OTHER}"),
    Situation("an alternative with no case of ours", None, "case_ambiguous",
              new=f"Case {GOOD}", other="Case 99-009999"),
    Situation("an alternative that is sure of what the other doubts", None, "case_ambiguous",
              subject=GOOD, new="Policy 99-009999", other="Case 99-009999"),
    Situation("an alternative that only quotes what the other says anew", None, "case_ambiguous",
              subject=GOOD, history=f"\n> {OTHER}", other=f"For {OTHER}"),
    Situation("subject against the other alternative", None, "case_ambiguous",
              subject=GOOD, other=f"For {OTHER}"),
    Situation("a zero-width space before one more digit", None, "case_format",
              subject=f"{GOOD}\u200b5", history=QUOTED),
    Situation("a joiner behind one more digit", None, "case_format",
              subject=f"1\u200d{GOOD}", history=QUOTED),
    Situation("a word joiner within another number", None, "case_ambiguous",
              subject=f"{GOOD} 24-00\u206012\u206040"),
    Situation("a stroke through before one more digit", None, "case_format",
              subject=f"{GOOD}\u03365", history=QUOTED),
    Situation("a blank letter before one more digit", None, "case_format",
              subject=f"{GOOD}\u31645", history=QUOTED),
    Situation("one more digit, raised", None, "case_format",
              subject=f"{GOOD}\u2075", history=QUOTED),
    Situation("a soft hyphen within another number", None, "case_ambiguous",
              subject=f"{GOOD} 24-00\u00ad1240"),
    *(
        Situation(f"in short: {text}", None, "case_ambiguous", subject=text)
        for text in (
            f"cases {GOOD}/240", f"{GOOD} and -240", f"{GOOD}, 001240", f"{GOOD} & 1240",
            f"{GOOD},240", f"{GOOD}+240", f"{GOOD} und 240", f"{GOOD} (and 240)", f"{GOOD}/40",
            f"{GOOD}/-40", f"{GOOD}, 24-1240", f"{GOOD}/2040", f"{GOOD} and 201240", f"{GOOD}; 240",
            f"{GOOD} and no. 240", f"{GOOD}/240-250", f"{GOOD}, 240,250", f"{GOOD}, {GOOD}/240",
            f"{GOOD} and 1240 for the court", f"Claim no. {GOOD} and 1240",
            f"{GOOD} as well as 240",
        )
    ),
    Situation("in short, over a line's end", None, "case_ambiguous", new=f"{GOOD} and\n240"),
    Situation("in short, in a file name", None, "case_ambiguous", files=(f"{GOOD} and 240.pdf",)),
    # -- rights
    Situation("another firm's case", None, "case_not_found", subject=THEIRS),
    Situation("another firm's case, history good", None, "case_not_found",
              subject=THEIRS, history=QUOTED),
    Situation("another firm's case beside a good one", None, "case_ambiguous",
              subject=f"{GOOD} {THEIRS}"),
    Situation("no such case", None, "case_not_found", subject="24-009999"),
    # -- not a number of ours
    Situation("a telephone number that is a case", None, "consultant_unknown", new="Fax 30-123456"),
    Situation("a date that is a case", None, "consultant_unknown", new="Hearing on 21-112026"),
    Situation("an invoice that is a case", None, "consultant_unknown", subject=f"Invoice {GOOD}"),
    Situation("a longer number", None, "consultant_unknown", subject=f"WC-{GOOD}"),
    Situation("a Message-ID", None, "consultant_unknown", new=f"<{GOOD}@mail.example>"),
    Situation("nothing at all", None, "consultant_unknown"),
    Situation("one of ours, and the end of it", GOOD, "subject", subject=GOOD,
              new="As to #001234:"),
    Situation("one of ours, and the numbers of pages", GOOD, "subject", subject=GOOD,
              new="Bates #001235 - #001240 and Exhibit no. 001241"),
    Situation("one of ours, and the end of another", None, "case_ambiguous", subject=GOOD,
              new="As to no. 001240:"),
    # -- words that say that a number is not the right one
    *(
        Situation(f"doubted: {text[:40]}", None, "case_doubted", subject=GOOD, new=text)
        for text in (
            "Wrong case number in the subject line, sorry.",
            "Please disregard the subject.",
            f"{GOOD} is wrong.",
            f"Case {GOOD} is not for this.",
            "The number in the subject is wrong",
            "New matter! Ignore the subject line, the claimant is Roe.",
            "This is for a different claim, the one of Ms. Roe.",
            "These records are another patient's.",
            "Sorry, this\nis a new matter.",
            "This is about the other case.",
            "There is a typo in the case number.",
            "It should be ...240.",
            "The right one ends in 240.",
            "Should read 1240 rather than 1234.",
            "I am not sure which claim this belongs to.",
            "I don\u2019t know if this is the right case.",
            f"Perhaps {OTHER[:2]}-009999, perhaps another.",
            "Der Betreff ist falsch.",
            f"[struck out: {GOOD}] Roe",
        )
    ),
    Situation("doubted: with a question mark", None, "case_doubted", subject=f"Claim {GOOD}?"),
    Situation("doubted: with a guess", None, "case_doubted", subject=f"I think {GOOD}"),
    Situation("doubted: over an old thread", None, "consultant_unknown",
              new="This is for the Doe case, not the one below.", history=QUOTED),
    Situation("doubted: a quoted doubt is none", GOOD, "subject", subject=GOOD,
              history="\n> I am not sure which claim this belongs to."),
    *(
        Situation(f"no doubt: {text[:40]}", GOOD, "subject", subject=GOOD, new=text)
        for text in (
            f"This is a new claim, and its number is {GOOD}.",
            "We do not know what the case is worth, nor if the claim is covered.",
            "The wrong file was attached to my last message; here is the right one.",
            "The number of pages was wrong. Disregard the number of days.",
            "I think the claim will settle. The account ends in 4421.",
            "The case number ends in 1234.",
            "This is another claimant in the same suit.",
            "This is a separate claim for loss of consortium.",
            "Ignore the subject of liability for now.",
            "We do not know the claim number of the co-defendant's carrier.",
            "The hearing about the other claim was adjourned.",
            "These are two separate matters procedurally, but the judge joined them.",
            "The amount should be 1500, not 1200.",
            "Do you have what you need for this case?",
            "The claimant has a new patient portal; these are the records from it.",
            "[struck out: Smith] Jones",
        )
    ),
    # -- who it is
    Situation("a stranger", None, "sender_not_known", subject=GOOD, sender="eve@evil.example",
              envelope={"sender": "eve@evil.example"}),
    Situation("a sub-domain", None, "sender_not_known", subject=GOOD,
              sender="pat@mail.bakerllp.example", envelope={"sender": "pat@mail.bakerllp.example"}),
    Situation("several From addresses", None, "sender_not_known", subject=GOOD, sender=None),
    Situation("no proof", None, "sender_not_proven", subject=GOOD, envelope={"proof": Proof.NONE}),
    Situation("another envelope sender", None, "sender_not_proven", subject=GOOD,
              envelope={"sender": "pat@evil.example"}),
    Situation("proof that failed", None, "sender_not_proven", subject=GOOD,
              envelope={"proof": Proof.FAILED}),
    Situation("From proven, a mailing service's envelope", GOOD, "subject", subject=GOOD,
              envelope={"proof": Proof.ALIGNED, "sender": "b-1@mailer.example"}),
    Situation("From proven by a relay", GOOD, "subject", subject=GOOD,
              envelope={"proof": Proof.RELAY, "sender": "b-1@mailer.example"}),
    Situation("a provider's domain proven, another mailbox's envelope", None, "sender_not_proven",
              subject=GOOD, sender=PUBLIC,
              envelope={"proof": Proof.ALIGNED, "sender": "attacker@postbox.example"}),
    Situation("known by its whole address", GOOD, "subject", subject=GOOD, sender=PUBLIC,
              envelope={"sender": PUBLIC}),
    Situation("another mailbox at its public provider", None, "sender_not_proven", subject=GOOD,
              sender=PUBLIC, envelope={"sender": "attacker@postbox.example"}),
    Situation("known by its whole address, imported", GOOD, "subject", subject=GOOD, sender=PUBLIC,
              envelope={"proof": Proof.OPERATOR, "sender": ""}),
    Situation("the null sender", None, "sender_not_proven", subject=GOOD, envelope={"sender": ""}),
    Situation("to postmaster alone", None, "consultant_unknown", subject=GOOD,
              envelope={"recipients": ("postmaster@casebridge.example",)}),
    Situation("a case without a consultant", None, "consultant_unknown", subject="25-000345"),
]  # fmt: skip


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.what.replace(" ", "-"))
def test_a_package_goes_to_its_case_or_waits(situation: Situation) -> None:
    resolved = resolve(situation.package(), Listed(), SHAPE, TODAY, tags=situation.tags)
    resolution = resolved.resolution
    if situation.case is None:
        assert resolution.hold == situation.code
        assert situation.code in {one.code for one in resolved.troubles}
    else:
        assert resolution.hold is None
        assert (resolution.case_number, resolution.found_in) == (situation.case, situation.code)
        assert resolution.consultant_email == DANA.email
        assert resolution.how == "case"
    assert all(one.why and one.text for one in resolution.candidates)


def test_the_table_is_as_long_as_it_was_and_misfiles_nothing() -> None:
    assert len(SITUATIONS) >= 55
    misfiled = [
        one.what
        for one in SITUATIONS
        for said in [resolve(one.package(), Listed(), SHAPE, TODAY, tags=one.tags).resolution]
        if said.hold is None and said.case_number != one.case
    ]
    assert misfiled == []


def test_another_firms_case_and_no_case_get_the_same_answer() -> None:
    def answer(number: str) -> Any:
        said = resolve(package(subject=number), Listed(), SHAPE, TODAY)
        return said.resolution.hold, [(one.code, list(one.fields)) for one in said.troubles]

    assert answer(THEIRS) == answer("24-009999")


def test_an_unproven_sender_is_tied_to_no_firm_and_told_nothing_of_cases() -> None:
    for sent in ({"proof": Proof.NONE}, {"sender": "x@evil.example"}):
        said = resolve(package(subject=GOOD, envelope=envelope(**sent)), Listed(), SHAPE, TODAY)
        assert said.resolution.firm_id is None
        assert said.resolution.case_id is None
        assert [one.code for one in said.troubles] == ["sender_not_proven"]


def test_every_candidate_keeps_its_place_and_its_why() -> None:
    said = resolve(
        package(
            part("2", "24-009999.pdf"),
            subject=f"Smith {GOOD}",
            words=(words(f"see below\n> {THEIRS}", new="see below"),),
        ),
        Listed(),
        SHAPE,
        TODAY,
    )
    lower = " It is a suggestion only: a more trusted place goes before it."
    found = [(one.number, one.found_in, one.why) for one in said.resolution.candidates]
    assert found == [
        (GOOD, "subject", "Baker LLP may send to this case. It was taken."),
        (
            "24-009999",
            "file_name",
            f"There is no such case.{lower}",
        ),
        (
            THEIRS,
            "history",
            f"There is such a case, but Baker LLP may not send to it.{lower}",
        ),
    ]


def test_a_document_whose_name_names_another_case_is_flagged() -> None:
    parts = part("2", f"{GOOD}.pdf"), part("3", f"{OTHER} bill.pdf"), part("4", "24-009999.pdf")
    said = resolve(package(*parts, subject=GOOD), Listed(), SHAPE, TODAY)
    assert said.resolution.case_number == GOOD
    flagged = [(one.code, one.part, one.fields) for one in said.troubles]
    assert flagged == [
        ("document_names_other_case", "3", {"name": f"{OTHER} bill.pdf"}),
        ("document_names_other_case", "4", {"name": "24-009999.pdf"}),
    ]


def test_a_closed_case_is_filed_to_and_flagged() -> None:
    said = resolve(package(subject="24-001402"), Listed(), SHAPE, TODAY)
    assert said.resolution.hold is None
    (trouble,) = said.troubles
    assert trouble.code == "case_closed"
    assert trouble.fields == {"value": "24-001402", "consultant": "Dana Reyes"}


CLAIMS = "claims@casebridge.example"


@pytest.mark.parametrize(
    ("answered", "subject", "case", "code"),
    [
        (("bakers",), "Re: your receipt", GOOD, "thread"),
        (("bakers",), f"Re: Filed, case {GOOD}", GOOD, "thread"),
        (("bakers",), f"New: {OTHER}", None, "case_ambiguous"),
        (("bakers",), "New: 24-009999", None, "case_ambiguous"),
        (("bakers", "bakers-other"), "Both", None, "case_ambiguous"),
        (("bakers-held",), "Any news?", None, "consultant_unknown"),
        (("bakers-held",), OTHER, OTHER, "subject"),
        (("bakers-no-more",), "Documents", None, "case_not_found"),
        (("quills",), "Documents", None, "consultant_unknown"),
        (("quills",), GOOD, GOOD, "subject"),
        (("strangers",), "Documents", None, "consultant_unknown"),
        (("nobodys",), GOOD, GOOD, "subject"),
    ],
)
def test_the_thread_of_the_firms_own_receipts_ranks_with_the_subject(
    answered: tuple[str, ...], subject: str, case: str | None, code: str
) -> None:
    said = resolve(package(subject=subject), Listed(), SHAPE, TODAY, answered=answered).resolution
    assert said.hold == (None if case else code)
    assert (said.case_number, said.found_in) == ((case, code) if case else (None, None))


def test_anothers_receipt_shows_nothing_of_theirs() -> None:
    said = resolve(package(), Listed(), SHAPE, TODAY, answered=("quills", "strangers")).resolution
    (candidate,) = said.candidates
    assert (candidate.text, candidate.number, candidate.found_in) == (
        "an earlier receipt",
        None,
        "thread",
    )
    assert candidate.why == "It answers a receipt of somebody else."


def test_anothers_receipt_stops_what_ranks_below() -> None:
    sent = package(part("2", f"{GOOD}.pdf"))
    said = resolve(sent, Listed(), SHAPE, TODAY, answered=("quills",)).resolution
    assert (said.hold, said.case_number, said.suggestions) == ("consultant_unknown", None, (GOOD,))


@pytest.mark.parametrize(
    ("subject", "suggested"),
    [
        ("24-O01234", (GOOD,)),
        ("24-001243", (GOOD,)),  # no such case; two digits have changed places
        ("24-003177", ()),  # near to another firm's: nothing is said of it
        ("24-00123", ()),
        (f"{GOOD} and {OTHER}", (GOOD, OTHER)),
    ],
)
def test_what_may_be_meant_is_suggested_and_never_taken(
    subject: str, suggested: tuple[str, ...]
) -> None:
    said = resolve(package(subject=subject), Listed(), SHAPE, TODAY).resolution
    assert said.case_id is None
    assert said.suggestions == suggested


@pytest.mark.parametrize(
    ("subject", "name", "meant"),
    [
        ("24-O01234", "a.pdf", GOOD),
        ("24-001243", "a.pdf", GOOD),
        ("24-003177", "a.pdf", None),  # near to another firm's
        ("24-O01234", f"{OTHER}.pdf", None),  # a file names another case of theirs
        ("24-O01234", f"{GOOD}.pdf", GOOD),  # a file names that very case
        ("Records", f"{GOOD} 24-O01234.pdf", None),
        (f"{GOOD} and {OTHER}", "a.pdf", None),
    ],
)
def test_a_mail_asks_about_the_one_case_that_a_number_is_near_to(
    subject: str, name: str, meant: str | None
) -> None:
    sent = package(part("2", name), subject=subject)
    assert resolve(sent, Listed(), SHAPE, TODAY).resolution.meant == meant


def test_a_stranger_is_asked_about_no_case_and_none_is_looked_up_for_them() -> None:
    directory = Listed()
    sent = package(subject="24-001243", envelope=envelope(proof=Proof.NONE))
    said = resolve(sent, directory, SHAPE, TODAY).resolution
    assert said.suggestions == ()
    assert directory.asked == ["24-001243"]


def test_whoever_covers_the_consultant_today_is_told_too() -> None:
    said = resolve(package(subject=GOOD), Listed(), SHAPE, TODAY).resolution
    assert (said.consultant_email, said.cover_email) == (DANA.email, LEE.email)
    assert DANA.cover_on(date(2026, 11, 22)) is None
    assert DANA.cover_on(date(2026, 11, 20)) is None
    assert LEE.cover_on(TODAY) is None
    always = Consultant(1, "A", "a@x.example", "b@x.example")
    assert always.cover_on(TODAY) == "b@x.example"


@pytest.mark.parametrize(
    ("new", "to", "name", "how"),
    [
        ("Dear Ms. Reyes,\nattached.", (), "Dana Reyes", "greeting"),
        ("Attached.", (Mailbox("Lee Park", CLAIMS),), "Lee Park", "to"),
        ("Attached.", (Mailbox("", LEE.email),), "Lee Park", "to"),
        ("Dear Lee,", (Mailbox("", LEE.email),), "Lee Park", "to"),
        ("Dear Dana,", (Mailbox("", LEE.email),), None, "unknown"),
        ("Dear Dana and Lee,", (), None, "unknown"),
        ("Dear Dr. Lee,", (), None, "unknown"),  # a doctor of this last name, not Lee Park
        ("Dear Mr. Park,", (), "Lee Park", "greeting"),
        ("I spoke to Lee Park.", (), None, "unknown"),
        ("Attached.\n\nLee Park", (), None, "unknown"),
        ("Attached.", (Mailbox("Lee", CLAIMS),), None, "unknown"),  # a first name in To is nobody
    ],
)
def test_a_name_stands_in_where_the_case_has_no_consultant(
    new: str, to: tuple[Mailbox, ...], name: str | None, how: str
) -> None:
    sent = package(subject="25-000345", words=(words(new),), addressed=to)
    said = resolve(sent, Listed(), SHAPE, TODAY).resolution
    assert (said.consultant_name, said.how) == (name, how)
    assert said.hold == (None if name else "consultant_unknown")


def test_a_name_never_takes_a_package_from_the_cases_consultant() -> None:
    sent = package(subject=GOOD, words=(words("Dear Ms. Okafor,\nattached."),))
    said = resolve(sent, Listed(), SHAPE, TODAY)
    assert (said.resolution.consultant_name, said.resolution.how) == ("Dana Reyes", "case")
    (trouble,) = said.troubles
    assert trouble.code == "consultant_named_other"
    assert trouble.fields == {"named": "Imani Okafor", "consultant": "Dana Reyes"}
    (name,) = (one for one in said.resolution.candidates if one.consultant_id is not None)
    assert (name.text, name.found_in, name.consultant_id) == ("Okafor", "greeting", IMANI.id)


def test_naming_the_cover_is_no_trouble() -> None:
    sent = package(subject=GOOD, words=(words("Dear Lee,\nattached."),))
    assert resolve(sent, Listed(), SHAPE, TODAY).troubles == ()


def test_a_restricted_case_is_opened_to_nobody_by_a_name() -> None:
    sent = package(subject="25-000346", words=(words("Dear Lee,\nattached."),))
    said = resolve(sent, Listed(), SHAPE, TODAY).resolution
    assert (said.hold, said.consultant_id) == ("consultant_unknown", None)


def test_a_name_without_a_case_files_nothing_and_is_kept_for_triage() -> None:
    sent = package(words=(words("Dear Ms. Reyes,\nLee Park asked for this."),))
    said = resolve(sent, Listed(), SHAPE, TODAY).resolution
    assert (said.hold, said.consultant_id, said.how) == ("consultant_unknown", None, "unknown")
    names = [(one.consultant_id, one.found_in, one.why) for one in said.candidates]
    assert names == [
        (DANA.id, "greeting", "The message greets Dana Reyes."),
        (LEE.id, "words", "Lee Park is named here: a hint, no choice of the sender's."),
    ]


def attached(name: str | None, text: str) -> tuple[Part, Part, Any]:
    message = part("2", "forwarded.eml", "message/rfc822", reason="opened")
    inner = part("2.2", name, container="2")
    return message, inner, words(text, path="2.1", container="2", subject=f"Old matter {OTHER}")


def test_an_attached_message_ranks_with_the_history() -> None:
    message, inner, its_words = attached(f"{OTHER}.pdf", "text")
    said = resolve(
        package(message, inner, subject=GOOD, words=(words(), its_words)), Listed(), SHAPE, TODAY
    )
    assert said.resolution.case_number == GOOD
    assert [one.part for one in said.troubles] == ["2.2"]
    alone = resolve(package(message, inner, words=(words(), its_words)), Listed(), SHAPE, TODAY)
    assert (alone.resolution.case_number, alone.resolution.found_in) == (OTHER, "history")
    inside = resolve(
        package(message, inner, part("3", f"{GOOD}.pdf"), words=(words(), its_words)),
        Listed(),
        SHAPE,
        TODAY,
    )
    assert (inside.resolution.case_number, inside.resolution.found_in) == (GOOD, "file_name")


def test_each_number_is_looked_up_once() -> None:
    directory = Listed()
    parts = (part(str(n), f"{GOOD} page {n}.pdf") for n in range(2, 300))
    said = resolve(package(*parts, subject=GOOD), directory, SHAPE, TODAY)
    assert said.resolution.case_number == GOOD
    assert directory.asked == [GOOD]


pieces = st.sampled_from(
    [
        GOOD,
        OTHER,
        THEIRS,
        "24-009999",
        "24-00123",
        "Claim no. 24-12",
        "report",
        "Tel. 30-123456",
        "",
    ]
)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.lists(pieces, max_size=2), pieces, pieces, pieces, pieces)
def test_nothing_is_filed_beside_a_trusted_place_that_says_otherwise(
    tags: list[str], subject: str, new: str, file: str, history: str
) -> None:
    tags = [one for one in tags if SHAPE.normal(one)]
    said = resolve(
        package(
            part("2", file or None), subject=subject, words=(words(f"{new}\n> {history}", new=new),)
        ),
        Listed(),
        SHAPE,
        TODAY,
        tags=tuple(tags),
    ).resolution
    if said.hold is not None:
        return
    assert said.case_number in {GOOD, OTHER}
    spoken = {
        one for one in (*tags, subject, new) if one and one not in {"report", "Tel. 30-123456"}
    }
    if spoken:
        # "24-00123" is the sender's own number with a digit lost.
        assert spoken - {"24-00123"} == {said.case_number}
        assert said.case_number == GOOD or "24-00123" not in spoken
        assert said.found_in in {"tag", "subject", "words"}
    elif said.found_in == "history":
        assert file in {"report", "", "Tel. 30-123456"}


@pytest.mark.parametrize(
    ("name", "proof", "number", "hold"),
    [
        ("olu", Proof.ACCOUNT, GOOD, None),
        ("dana.reyes", Proof.ACCOUNT, GOOD, None),
        ("lee.park", Proof.ACCOUNT, GOOD, "case_not_found"),  # not theirs: as if it were not there
        ("lee.park", Proof.ACCOUNT, "24-009999", "case_not_found"),
        ("olu", Proof.ALIGNED, GOOD, "sender_not_known"),  # by mail nobody is staff
        ("nobody", Proof.ACCOUNT, GOOD, "sender_not_known"),
    ],
)
def test_staff_who_are_signed_in_send_to_the_cases_that_they_may_see(
    name: str, proof: Proof, number: str, hold: str | None
) -> None:
    sent = package(
        subject=number,
        sender=f"{name}@sample-mutual.example",
        envelope=envelope(proof=proof, sender=f"{name}@sample-mutual.example"),
    )
    resolution = resolve(sent, Listed(), SHAPE, TODAY).resolution
    assert resolution.hold == hold
    assert resolution.firm_id is None
    assert resolution.is_staffs is (hold != "sender_not_known")


@pytest.mark.parametrize(
    ("sender", "number", "changes", "hold"),
    [
        (REPORTER, GOOD, {}, None),
        (REPORTER, GOOD, {"proof": Proof.ALIGNED}, None),
        (REPORTER, GOOD, {"proof": Proof.CODE}, None),
        (REPORTER, OTHER, {}, "case_not_found"),
        (REPORTER, "24-009999", {}, "case_not_found"),  # as if it were not there
        (REPORTER, "no number", {}, "consultant_unknown"),  # one case is no reason to guess it
        (REPORTER, GOOD, {"proof": Proof.NONE}, "sender_not_proven"),
        (REPORTER, GOOD, {"proof": Proof.FAILED}, "sender_not_proven"),
        (REPORTER, GOOD, {"sender": "other@vendor.example"}, "sender_not_proven"),
        (REPORTER, GOOD, {"sender": "x@else.example"}, "sender_not_proven"),
        (REPORTER, GOOD, {"proof": Proof.OPERATOR}, "sender_not_known"),  # a firm's old mail
        ("other@vendor.example", GOOD, {}, "sender_not_known"),
        ("clerk@bakerllp.example", GOOD, {}, None),
        ("clerk@bakerllp.example", THEIRS, {}, "case_not_found"),
    ],
)
def test_a_contributor_sends_to_the_case_that_they_were_let_in_to_and_to_no_other(
    sender: str, number: str, changes: dict[str, Any], hold: str | None
) -> None:
    said = {"sender": sender, "proof": Proof.LOOPBACK} | changes
    sent = package(subject=number, sender=sender, envelope=envelope(**said))
    resolution = resolve(sent, Listed(), SHAPE, TODAY).resolution
    assert resolution.hold == hold
    assert (resolution.case_number == GOOD) is (hold is None)
    assert resolution.firm_id == (1 if sender.endswith("bakerllp.example") else None)


def test_a_restricted_case_is_open_to_its_consultant_and_not_to_operations() -> None:
    class Restricted(Listed):
        def case(self, number: str) -> Case | None:
            return Case(1, number, False, True, DANA)

    def hold(name: str) -> str | None:
        address = f"{name}@sample-mutual.example"
        sent = package(
            subject=GOOD, sender=address, envelope=envelope(proof=Proof.ACCOUNT, sender=address)
        )
        return resolve(sent, Restricted(), SHAPE, TODAY).resolution.hold

    assert hold("dana.reyes") is None
    assert hold("olu") == "case_not_found"


def test_what_is_told_of_a_doubt_is_its_sentence() -> None:
    new = "Hello.\nWrong case number in the subject line, this is for Roe. The rest is long."
    said = resolve(package(subject=GOOD, words=(words(new),)), Listed(), SHAPE, TODAY)
    assert [(one.code, one.fields) for one in said.troubles] == [
        ("case_doubted", {"value": "Wrong case number in the subject line, this is for Roe"})
    ]
    assert said.resolution.suggestions == (GOOD,)

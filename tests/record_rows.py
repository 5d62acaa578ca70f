"""A record filled with rich sample rows: every state and fate, hostile names, two pages of it."""

from __future__ import annotations

from datetime import timedelta

from portal import events
from portal.tables import outbox
from tests.record_sample import ARRIVED, NARRATIVE, NOW, Part, Sample, pdf

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HOSTILE_NAME = "\u202egnp.exe<script>alert(1)</script>\"';&amp.pdf"

MORE = (
    "\n\nThe chronology marks every entry that changed in yellow. The photographs were taken by "
    "our paralegal on November 18 and are not retouched.\n\nKind regards,\nPat Lee\nBaker & Holt "
    "LLP"
)


def fill(sample: Sample) -> None:
    """Fill the record: a letter in each state, and enough of them for a second page."""
    with sample.together():
        _fill(sample)


def _fill(sample: Sample) -> None:
    sample.people()
    _filed(sample)
    _held(sample)
    _others(sample)
    for number in range(26):
        arrived = ARRIVED - timedelta(hours=5 * number + 3)
        letter = sample.letter(
            f"2{number:07d}",
            arrived_at=arrived,
            state_since=arrived,
            firm_id=sample.firms["Linden Marsh Defense"],
            sender="records@lindenmarsh.example",
        )
        sample.package(letter, header_from="Records desk <records@lindenmarsh.example>")
        ids = sample.parts(
            f"2{number:07d}", letter, [Part("records.pdf", filed_name="records.pdf")]
        )
        sample.file(letter, "24-001234", "Dana Reyes", ids, read_at=arrived, filed_at=arrived)


def _filed(sample: Sample) -> None:
    letter = sample.letter("7KQ4M2XD", "filed_in_part", reason="file_password")
    sample.package(
        letter,
        narrative=NARRATIVE + MORE,
        urgent="The message says “respond by December 9”.",
        candidates=[
            {
                "text": "24-001234",
                "number": "24-001234",
                "found_in": "subject",
                "why": "An open case of the sender's firm",
            },
            {
                "text": "24-O01300",
                "number": None,
                "found_in": "history",
                "why": "Quoted history is looked at last; the subject had decided",
            },
        ],
        problems=[
            {
                "code": "document_names_other_case",
                "fields": {"name": "Chronology 24-001300.docx"},
                "part": "3",
            },
            {"code": "file_password", "fields": {"name": "records.pdf"}, "part": "5"},
        ],
    )
    ids = sample.parts(
        "7KQ4M2XD",
        letter,
        [
            Part(
                None,
                "text/html",
                b"<p>words</p>",
                "Message.pdf",
                reason="narrative",
                made=pdf("Dear Dana,"),
                stored=False,
            ),
            Part(
                "Smith deposition #2 (final).pdf",
                content=pdf("Deposition of Dr. Smith", "Page 1"),
                filed_name="Smith deposition 2 (final).pdf",
                remarks=("characters:#",),
                pages=84,
            ),
            Part(
                "Chronology 24-001300.docx",
                DOCX,
                b"PK docx",
                "Chronology 24-001300.docx",
                "converted",
                made=pdf("Chronology", "corrected"),
                warnings=("comments", "of_an_older_release"),
            ),
            Part(
                "IMG_2041.HEIC",
                "image/heic",
                b"heic",
                "IMG_2041.HEIC",
                "converted",
                made=pdf("A photograph"),
            ),
            Part(
                "records.pdf",
                content=b"%PDF-1.7 locked",
                filed_name="records.pdf",
                fate="held",
                reason="file_password",
            ),
            Part(
                "budget.xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                b"PK broken",
                "budget.xlsx",
                reason="file_convert_failed",
            ),
            Part(
                "setup.exe",
                "application/x-dosexec",
                b"MZ",
                fate="refused",
                reason="file_type_blocked",
                stored=False,
            ),
            Part(
                "image001.png",
                "image/png",
                b"\x89PNG",
                fate="left_out",
                reason="decoration",
                stored=False,
            ),
            Part(
                None,
                "text/plain",
                b"words",
                fate="left_out",
                reason="alternative",
                stored=False,
            ),
        ],
    )
    sample.file(letter, "24-001234", "Dana Reyes", ids[:6])
    sample.event(letter, "document.converted", path="3", engine="LibreOffice/24.8", pages=3)
    sample.event(letter, "letter.filed_in_part", reason="file_password", case="24-001234")
    sample.event(letter, "receipt.sent")
    sample.event(letter, "notice.sent")
    sample.event(letter, events.PACKAGE_VIEWED, events.account(sample.accounts["Lee Park"]))
    sample.insert(
        outbox,
        letter_id=letter,
        kind="receipt",
        occasion="1",
        message_id="sample-1",
        created_at=ARRIVED,
        recipient="pat.lee@bakerholt.example",
        subject="Filed, except 1 of 6 (7KQ4-M2XD)",
        text="We filed 5 of your 6 documents.\n\nReceipt:   7KQ4-M2XD\nCase:      24-001234\n"
        "Received:  Saturday, November 21, 2026 at 3:42 pm Eastern (20:42 UTC)\n\n"
        "NOT FILED: 1\n- records.pdf needs a password to open. Send a copy without one.\n",
        not_before=ARRIVED,
        tries=1,
        sent_at=ARRIVED + timedelta(seconds=5),
    )
    hostile = sample.letter("BADBAD00", firm_id=None, sender="x@y.example", proof="none")
    sample.package(
        hostile,
        header_from="\u202eEve <script>alert(1)</script> <eve@evil.example>",
        subject="<img src=x onerror=alert(1)> \u202e drowssap",
        narrative="<script>alert('narrative')</script> {{ 7*7 }} " + "unbroken" * 40,
    )
    long_name = "a-very-long-name-without-any-space-" * 5 + "end.pdf"
    ids = sample.parts(
        "BADBAD00",
        hostile,
        [
            Part(
                HOSTILE_NAME,
                content=pdf("hostile"),
                filed_name=HOSTILE_NAME,
                remarks=("bidi", "characters:<>\"'"),
            ),
            Part(long_name, content=pdf("long"), filed_name=long_name),
            Part(
                "page.html",
                "text/html",
                b"<script>alert(document.domain)</script>",
                "page.html",
            ),
            Part(
                "Größe 測試.pdf",
                content=pdf("unicode"),
                filed_name="Größe 測試.pdf",
                remarks=("normalised",),
            ),
        ],
    )
    sample.file(hostile, "24-001300", "Lee Park", ids, narrative="<script>alert(1)</script>")
    restricted = sample.letter("RESTR1CT")
    sample.package(restricted, subject="Restricted matter")
    ids = sample.parts("RESTR1CT", restricted, [Part("secret.pdf", filed_name="secret.pdf")])
    sample.file(restricted, "24-009999", "Ada Oyelaran-Whitcombe", ids)
    sample.insert(
        outbox,
        letter_id=restricted,
        kind="receipt",
        occasion="1",
        message_id="sample-2",
        created_at=ARRIVED,
        recipient="pat.lee@bakerholt.example",
        subject="Filed: 1 document (RESTR1CT)",
        text="secret.pdf",
        not_before=ARRIVED,
        tries=0,
    )


def _held(sample: Sample) -> None:
    unknown = sample.letter(
        "9HXW3T5R",
        "with_us",
        reason="case_ambiguous",
        arrived_at=NOW - timedelta(hours=2, minutes=14),
        state_since=NOW - timedelta(hours=2, minutes=10),
        firm_id=sample.firms["Ó Conaill Solicitors"],
        sender="niamh@oconaill.example",
    )
    sample.package(
        unknown,
        header_from="Niamh Ó Conaill <niamh@oconaill.example>",
        subject="Re: 24-001234 / 24-001300",
        narrative="Two statements, one for each matter.",
        consultant_how="unknown",
        candidates=[
            {
                "text": "24-001234",
                "number": "24-001234",
                "found_in": "subject",
                "why": "An open case of the sender's firm, beside another in the same place",
            },
            {
                "text": "24-001300",
                "number": "24-001300",
                "found_in": "subject",
                "why": "An open case of the sender's firm, beside another in the same place",
            },
        ],
        problems=[
            {
                "code": "case_ambiguous",
                "fields": {"n": 2, "list": "24-001234, 24-001300"},
                "part": None,
            }
        ],
    )
    sample.parts(
        "9HXW3T5R",
        unknown,
        [
            Part("statement A.pdf", content=pdf("A"), filed_name="statement A.pdf", pages=2),
            Part(
                "statement B.odt",
                "application/vnd.oasis.opendocument.text",
                b"PK odt",
                "statement B.odt",
                "converted",
                made=pdf("B"),
            ),
        ],
    )
    sample.event(unknown, "letter.with_us", reason="case_ambiguous", case=None)
    stranger = sample.letter(
        "4ZZ0QF8B",
        "with_us",
        reason="sender_not_known",
        proof="none",
        firm_id=None,
        sender="someone@elsewhere.example",
        arrived_at=NOW - timedelta(days=2),
        state_since=NOW - timedelta(days=2),
    )
    sample.package(stranger, header_from="someone@elsewhere.example", subject="", narrative="")


def _others(sample: Sample) -> None:
    sample.letter("CHECK1NG", "checking", arrived_at=NOW, state_since=NOW, firm_id=None)
    refused = sample.letter("N0TF11ED", "not_filed", reason="no_content")
    sample.package(refused, narrative="", subject="(no subject)")
    first = sample.letter("F1RST000", arrived_at=ARRIVED - timedelta(days=30))
    sample.package(first)
    ids = sample.parts("F1RST000", first, [Part("old.pdf", filed_name="old.pdf")])
    sample.file(first, "23-004410", "Dana Reyes", ids)
    sample.letter("C0PY0000", "copy", copy_of=first)

"""A record filled with rich sample rows: every state, every fate, hostile names, two pages of it."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pikepdf
import sqlalchemy as sa

from portal import events
from portal.database import Database
from portal.tables import (
    accounts,
    cases,
    consultants,
    documents,
    firms,
    letters,
    outbox,
    packages,
    parts,
    renditions,
    submissions,
)
from portal.vault import Vault

NOW = datetime(2026, 11, 21, 20, 47, tzinfo=UTC)
ARRIVED = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HOSTILE_NAME = "\u202egnp.exe<script>alert(1)</script>\"';&amp.pdf"

NARRATIVE = (
    "Dear Dana,\n\nattached are the deposition of Dr. Smith, the corrected chronology and the "
    "photographs we spoke of on Thursday. The deposition replaces the draft of October 9.\n\n"
    "Two points for your attention: the witness now puts the second scan at 4:10 pm rather than "
    "5:40 pm (page 31), and counsel for the plaintiff has asked for dates in the second week of "
    "December. We would like to offer the 9th or the 10th if that suits you."
)
MORE = (
    "\n\nThe chronology marks every entry that changed in yellow. The photographs were taken by "
    "our paralegal on November 18 and are not retouched.\n\nKind regards,\nPat Lee\nBaker & Holt "
    "LLP"
)


def pdf(*lines: str) -> bytes:
    """Make a real PDF of one page that shows these lines."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    text = " ".join(f"({line}) Tj T*" for line in lines)
    page.Contents = document.make_stream(f"BT /F1 18 Tf 24 TL 72 760 Td {text} ET".encode())
    target = io.BytesIO()
    document.save(target, deterministic_id=True)
    return target.getvalue()


@dataclass
class Part:
    """A part to write, with the bytes that the vault holds for it."""

    original_name: str | None
    detected_type: str = "application/pdf"
    content: bytes = b"%PDF-1.4 sample"
    filed_name: str | None = None
    fate: str = "filed"
    reason: str | None = None
    remarks: tuple[str, ...] = ()
    made: bytes | None = None
    pages: int | None = None
    stored: bool = True


@dataclass
class Sample:
    """The record and the vault, and the writing of rows into them."""

    database: Database
    vault: Vault
    accounts: dict[str, int] = field(default_factory=dict)
    consultants: dict[str, int] = field(default_factory=dict)
    cases: dict[str, int] = field(default_factory=dict)
    firms: dict[str, int] = field(default_factory=dict)
    part_ids: dict[str, list[int]] = field(default_factory=dict)
    _open: sa.Connection | None = None

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Write everything within in one transaction: each alone waits for the disk."""
        with self.database.write() as connection:
            self._open = connection
            yield
        self._open = None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        if self._open is not None:
            yield self._open
        else:
            with self.database.write() as connection:
                yield connection

    def insert(self, table: sa.Table, **values: Any) -> int:
        """Insert a row and return its id."""
        with self._writing() as connection:
            inserted = sa.insert(table).values(values).returning(*table.primary_key.columns)
            number: int = connection.execute(inserted).scalar_one()
            return number

    def people(self) -> None:
        """Write firms, consultants, cases and accounts."""
        for name in ("Baker & Holt LLP", "Linden Marsh Defense", "Ó Conaill Solicitors"):
            self.firms[name] = self.insert(firms, name=name)
        for name, cover in (
            ("Dana Reyes", None),
            ("Lee Park", "dana@sample.example"),
            ("Ada Oyelaran-Whitcombe", None),
        ):
            email = f"{name.split()[0].lower()}@sample.example"
            self.consultants[name] = self.insert(
                consultants,
                email=email,
                name=name,
                cover_email=cover,
                cover_from=date(2026, 11, 20) if cover else None,
                cover_until=date(2026, 12, 1) if cover else None,
            )
            self.accounts[name] = self.insert(
                accounts,
                email=email,
                name=name,
                role="consultant",
                consultant_id=self.consultants[name],
            )
        self.accounts["Olu Adeyemi"] = self.insert(
            accounts, email="olu@sample.example", name="Olu Adeyemi", role="operations"
        )
        for number, name, restricted in (
            ("24-001234", "Dana Reyes", False),
            ("24-001300", "Lee Park", False),
            ("24-009999", "Ada Oyelaran-Whitcombe", True),
            ("23-004410", "Dana Reyes", False),
        ):
            self.cases[number] = self.insert(
                cases,
                number=number,
                state="closed" if number.startswith("23") else "open",
                consultant_id=self.consultants[name],
                restricted=restricted,
            )

    def letter(self, receipt: str, state: str = "filed", **changes: Any) -> int:
        """Write a letter's row."""
        raw = f"raw {receipt}".encode()
        row: dict[str, Any] = {
            "receipt": receipt,
            "door": "smtp",
            "sender": "pat.lee@bakerholt.example",
            "recipients": ["claims@casebridge.example"],
            "proof": "loopback",
            "quiet": False,
            "fingerprint": hashlib.sha256(raw).hexdigest(),
            "raw_sha256": hashlib.sha256(raw).hexdigest(),
            "raw_bytes": 2_413_553,
            "arrived_at": ARRIVED,
            "state": state,
            "reason": None,
            "state_since": ARRIVED + timedelta(seconds=4),
            "attempt": 1,
            "firm_id": self.firms["Baker & Holt LLP"],
            "copy_of": None,
        }
        return self.insert(letters, **(row | changes))

    def package(self, letter_id: int, **changes: Any) -> None:
        """Write what a letter says."""
        row: dict[str, Any] = {
            "letter_id": letter_id,
            "header_from": "Pat Lee <pat.lee@bakerholt.example>",
            "subject": "Case 24-001234: deposition and chronology",
            "message_id": "<1@bakerholt.example>",
            "narrative": NARRATIVE,
            "consultant_how": "case",
            "urgent": None,
            "candidates": [],
            "problems": [],
        }
        self.insert(packages, **(row | changes))

    def parts(self, receipt: str, letter_id: int, rows: list[Part]) -> list[int]:
        """Write parts, their bytes and their PDFs, and return their ids."""
        ids = []
        for position, part in enumerate(rows, 1):
            blob = self.vault.add(io.BytesIO(part.content))
            rendition = None
            if part.made is not None:
                made = self.vault.add(io.BytesIO(part.made))
                rendition = self.insert(
                    renditions,
                    source_sha256=hashlib.sha256(f"{letter_id} {position}".encode()).hexdigest(),
                    engine="LibreOffice/24.8",
                    settings="1",
                    pdf_sha256=made.sha256,
                    pages=3,
                    bytes=made.bytes,
                    warnings=[],
                    made_at=ARRIVED,
                )
            ids.append(
                self.insert(
                    parts,
                    letter_id=letter_id,
                    position=position,
                    path=str(position),
                    container=None,
                    original_name=part.original_name,
                    filed_name=part.filed_name,
                    declared_type=part.detected_type,
                    detected_type=part.detected_type,
                    bytes=blob.bytes,
                    sha256=blob.sha256,
                    pages=part.pages,
                    stored=part.stored,
                    fate=part.fate,
                    reason=part.reason,
                    remarks=list(part.remarks),
                    rendition_id=rendition,
                )
            )
        self.part_ids[receipt] = ids
        return ids

    def file(
        self, letter_id: int, case: str, consultant: str | None, part_ids: list[int], **changes: Any
    ) -> int:
        """Write a submission with its documents."""
        row: dict[str, Any] = {
            "letter_id": letter_id,
            "case_id": self.cases[case],
            "sequence": 1,
            "consultant_id": self.consultants[consultant] if consultant else None,
            "narrative": NARRATIVE[:500],
            "filed_at": ARRIVED + timedelta(seconds=4),
            "read_at": None,
        }
        submission = self.insert(submissions, **(row | changes))
        for position, part_id in enumerate(part_ids, 1):
            self.insert(documents, submission_id=submission, part_id=part_id, position=position)
        return submission

    def event(
        self, letter_id: int | None, kind: str, actor: str = events.GATEWAY, **detail: Any
    ) -> None:
        """Write an event, four seconds after the arrival."""
        with self._writing() as connection:
            events.record(
                connection,
                letter_id=letter_id,
                actor=actor,
                kind=kind,
                detail=detail,
                at=ARRIVED + timedelta(seconds=4),
            )

    def everything(self) -> None:
        """Fill the record: a letter in each state, and enough of them for a second page."""
        with self.together():
            self._everything()

    def _everything(self) -> None:
        self.people()
        self._filed()
        self._held()
        self._others()
        for number in range(26):
            arrived = ARRIVED - timedelta(hours=5 * number + 3)
            letter = self.letter(
                f"2{number:07d}",
                arrived_at=arrived,
                state_since=arrived,
                firm_id=self.firms["Linden Marsh Defense"],
                sender="records@lindenmarsh.example",
            )
            self.package(letter, header_from="Records desk <records@lindenmarsh.example>")
            ids = self.parts(
                f"2{number:07d}", letter, [Part("records.pdf", filed_name="records.pdf")]
            )
            self.file(letter, "24-001234", "Dana Reyes", ids, read_at=arrived, filed_at=arrived)

    def _filed(self) -> None:
        letter = self.letter("7KQ4M2XD", "filed_in_part", reason="file_password")
        self.package(
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
        ids = self.parts(
            "7KQ4M2XD",
            letter,
            [
                Part(None, "text/html", b"<p>words</p>", "Message.pdf", reason="narrative", made=pdf("Dear Dana,"), stored=False),
                Part("Smith deposition #2 (final).pdf", content=pdf("Deposition of Dr. Smith", "Page 1"), filed_name="Smith deposition 2 (final).pdf", remarks=("characters:#",), pages=84),
                Part("Chronology 24-001300.docx", DOCX, b"PK docx", "Chronology 24-001300.docx", "converted", made=pdf("Chronology", "corrected")),
                Part("IMG_2041.HEIC", "image/heic", b"heic", "IMG_2041.HEIC", "converted", made=pdf("A photograph")),
                Part("records.pdf", content=b"%PDF-1.7 locked", filed_name="records.pdf", fate="held", reason="file_password"),
                Part("budget.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK broken", "budget.xlsx", reason="file_convert_failed"),
                Part("setup.exe", "application/x-dosexec", b"MZ", fate="refused", reason="file_type_blocked", stored=False),
                Part("image001.png", "image/png", b"\x89PNG", fate="left_out", reason="decoration", stored=False),
                Part(None, "text/plain", b"words", fate="left_out", reason="alternative", stored=False),
            ],
        )  # fmt: skip
        self.file(letter, "24-001234", "Dana Reyes", ids[:6])
        self.event(letter, "document.converted", path="3", engine="LibreOffice/24.8", pages=3)
        self.event(letter, "letter.filed_in_part", reason="file_password", case="24-001234")
        self.event(letter, "receipt.sent")
        self.event(letter, "notice.sent")
        self.event(letter, events.PACKAGE_VIEWED, events.account(self.accounts["Lee Park"]))
        self.insert(
            outbox,
            letter_id=letter,
            kind="receipt",
            recipient="pat.lee@bakerholt.example",
            subject="Filed, except 1 of 6 (7KQ4-M2XD)",
            text="We filed 5 of your 6 documents.\n\nReceipt:   7KQ4-M2XD\nCase:      24-001234\n"
            "Received:  Saturday, November 21, 2026 at 3:42 pm Eastern (20:42 UTC)\n\n"
            "NOT FILED: 1\n- records.pdf needs a password to open. Send a copy without one.\n",
            not_before=ARRIVED,
            tries=1,
            sent_at=ARRIVED + timedelta(seconds=5),
        )
        hostile = self.letter("BADBAD00", firm_id=None, sender="x@y.example", proof="none")
        self.package(
            hostile,
            header_from="\u202eEve <script>alert(1)</script> <eve@evil.example>",
            subject="<img src=x onerror=alert(1)> \u202e drowssap",
            narrative="<script>alert('narrative')</script> {{ 7*7 }} " + "unbroken" * 40,
        )
        long_name = "a-very-long-name-without-any-space-" * 5 + "end.pdf"
        ids = self.parts(
            "BADBAD00",
            hostile,
            [
                Part(HOSTILE_NAME, content=pdf("hostile"), filed_name=HOSTILE_NAME, remarks=("bidi", "characters:<>\"'")),
                Part(long_name, content=pdf("long"), filed_name=long_name),
                Part("page.html", "text/html", b"<script>alert(document.domain)</script>", "page.html"),
                Part("Größe 測試.pdf", content=pdf("unicode"), filed_name="Größe 測試.pdf", remarks=("normalised",)),
            ],
        )  # fmt: skip
        self.file(hostile, "24-001300", "Lee Park", ids, narrative="<script>alert(1)</script>")
        restricted = self.letter("RESTR1CT")
        self.package(restricted, subject="Restricted matter")
        ids = self.parts("RESTR1CT", restricted, [Part("secret.pdf", filed_name="secret.pdf")])
        self.file(restricted, "24-009999", "Ada Oyelaran-Whitcombe", ids)
        self.insert(
            outbox,
            letter_id=restricted,
            kind="receipt",
            recipient="pat.lee@bakerholt.example",
            subject="Filed: 1 document (RESTR1CT)",
            text="secret.pdf",
            not_before=ARRIVED,
            tries=0,
        )

    def _held(self) -> None:
        unknown = self.letter(
            "9HXW3T5R",
            "with_us",
            reason="case_ambiguous",
            arrived_at=NOW - timedelta(hours=2, minutes=14),
            state_since=NOW - timedelta(hours=2, minutes=10),
            firm_id=self.firms["Ó Conaill Solicitors"],
            sender="niamh@oconaill.example",
        )
        self.package(
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
                    "why": "An open case of the sender's firm, beside another one in the same place",
                },
                {
                    "text": "24-001300",
                    "number": "24-001300",
                    "found_in": "subject",
                    "why": "An open case of the sender's firm, beside another one in the same place",
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
        self.parts(
            "9HXW3T5R",
            unknown,
            [
                Part("statement A.pdf", content=pdf("A"), filed_name="statement A.pdf", pages=2),
                Part("statement B.odt", "application/vnd.oasis.opendocument.text", b"PK odt", "statement B.odt", "converted", made=pdf("B")),
            ],
        )  # fmt: skip
        self.event(unknown, "letter.with_us", reason="case_ambiguous", case=None)
        stranger = self.letter(
            "4ZZ0QF8B",
            "with_us",
            reason="sender_not_known",
            proof="none",
            firm_id=None,
            sender="someone@elsewhere.example",
            arrived_at=NOW - timedelta(days=2),
            state_since=NOW - timedelta(days=2),
        )
        self.package(stranger, header_from="someone@elsewhere.example", subject="", narrative="")

    def _others(self) -> None:
        self.letter("CHECK1NG", "checking", arrived_at=NOW, state_since=NOW, firm_id=None)
        refused = self.letter("N0TF11ED", "not_filed", reason="no_content")
        self.package(refused, narrative="", subject="(no subject)")
        first = self.letter("F1RST000", arrived_at=ARRIVED - timedelta(days=30))
        self.package(first)
        ids = self.parts("F1RST000", first, [Part("old.pdf", filed_name="old.pdf")])
        self.file(first, "23-004410", "Dana Reyes", ids)
        self.letter("C0PY0000", "copy", copy_of=first)

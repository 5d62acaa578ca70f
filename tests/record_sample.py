"""The writing of a sample record: rows, and the bytes of the vault behind them."""

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
    packages,
    parts,
    renditions,
    submissions,
)
from portal.vault import Vault

NOW = datetime(2026, 11, 21, 20, 47, tzinfo=UTC)
ARRIVED = datetime(2026, 11, 21, 20, 42, tzinfo=UTC)

NARRATIVE = (
    "Dear Dana,\n\nattached are the deposition of Dr. Smith, the corrected chronology and the "
    "photographs we spoke of on Thursday. The deposition replaces the draft of October 9.\n\n"
    "Two points for your attention: the witness now puts the second scan at 4:10 pm rather than "
    "5:40 pm (page 31), and counsel for the plaintiff has asked for dates in the second week of "
    "December. We would like to offer the 9th or the 10th if that suits you."
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
    warnings: tuple[str, ...] = ()  # of what was made
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
                    owner=f"letter {letter_id}",
                    source_sha256=hashlib.sha256(f"{letter_id} {position}".encode()).hexdigest(),
                    engine="LibreOffice/24.8",
                    settings="1",
                    pdf_sha256=made.sha256,
                    pages=3,
                    bytes=made.bytes,
                    warnings=list(part.warnings),
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

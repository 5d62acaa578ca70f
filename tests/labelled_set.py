"""The labelled set: messages as people write them, each with what a careful clerk would do.

tests/labelled/*.toml holds them; the labels were written before the road was run on them. Each
becomes the bytes of a mail, goes through the wall, and is carried down the whole road.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from gateway.numbers.case_number import CaseShape
from gateway.stores import Stores
from portal.directory_import import import_directory
from portal.tables import cases, consultants, letters, outbox, packages, submissions
from tests.carrying import PDF, Carrier

FOLDER = Path(__file__).parent / "labelled"
PAT = "Pat Hall <pat.hall@bakerllp.example>"
# What was sent before, by name: `answers` and `references` mean the receipt of one of these.
_EARLIER = {
    "smith": (PAT, "Smith 24-001234"),
    "jones": (PAT, "Jones 24-001301"),
    "nothing": (PAT, "Records"),
    "quill": ("Jo Quill <jo@quillmarsh.example>", "24-001377"),
}
_ASKED = {
    "case_format",
    "case_not_found",
    "case_ambiguous",
    "case_doubted",
    "case_by_address_alone",
}


class Attached(BaseModel):
    """A message that is attached to one."""

    model_config = ConfigDict(extra="forbid")

    subject: str
    body: str


class Labelled(BaseModel):
    """One message, and what a careful clerk would do with it."""

    model_config = ConfigDict(extra="forbid")

    what: str
    case: str  # a case number to file to, "asked", "unknown" or "aside"
    subject: str = "Documents"
    body: str = "Attached is the report."
    from_: str = Field(PAT, alias="from")
    sender: str | None = None  # of the envelope; that of From where none is said
    to: str = "claims@casebridge.example"
    cc: str = ""
    rcpt: str | list[str] = "claims@casebridge.example"
    html: bool = False
    alternative: str = ""
    charset: str = "utf-8"
    files: list[str] = ["report.pdf"]
    attached: Attached | None = None
    calendar: str = ""  # the method of a calendar part
    report: str = ""  # the message is given back in a report of this type
    headers: dict[str, str] = {}
    answers: str = ""
    references: str = ""
    at: str = "casebridge.example"
    in_reply_to: str = ""
    # What the road may do instead, where it takes a person to read on: it waits, and never files.
    program: Literal["", "asked", "unknown"] = ""
    # -- what must be so beside the case --
    found_in: str | None = None
    consultant: str | None = None
    flagged: bool = False  # the message is meant for another consultant
    urgent: bool = False
    near: list[str] = []  # the numbers that the sender may be asked about
    kind: str | None = None  # of what is no submission
    silent: bool = False  # the sender is told nothing

    def mail(self, number: int, receipts: dict[str, str]) -> bytes:
        """Return the bytes of the message."""
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = self.from_, self.to, self.subject
        if self.cc:
            mail["Cc"] = self.cc
        mail["Message-ID"] = f"<{number}@labelled.example>"
        if answered := self.in_reply_to or self._receipt(self.answers, receipts):
            mail["In-Reply-To"] = answered
        if self.references:
            mail["References"] = f"<1@else.example> {self._receipt(self.references, receipts)}"
        for name, value in self.headers.items():
            mail[name] = value
        mail.set_content(self.body, subtype="html" if self.html else "plain", charset=self.charset)
        if self.alternative:
            mail.add_alternative(self.alternative, subtype="html")
        for name in self.files:
            mail.add_attachment(PDF, "application", "pdf", filename=name)
        if self.attached is not None:
            inner = EmailMessage(policy=SMTP)
            inner["From"], inner["To"] = (
                "Clerk <clerk@lakeside.example>",
                "pat.hall@bakerllp.example",
            )
            inner["Subject"] = self.attached.subject
            inner.set_content(self.attached.body)
            mail.add_attachment(inner)
        if self.calendar:
            text = f"BEGIN:VCALENDAR\r\nMETHOD:{self.calendar}\r\nEND:VCALENDAR\r\n"
            mail.add_attachment(text.encode(), "text", "calendar")
        return mail.as_bytes() if not self.report else self._reported(mail)

    def _reported(self, mail: EmailMessage) -> bytes:
        head = f"From: {self.from_}\r\nSubject: {self.subject}\r\n"
        parts = ("text/plain", self.body), (f"message/{self.report}", "Action: failed\r\n")
        told = "".join(f"--r\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts)
        kind = f'multipart/report; report-type={self.report}; boundary="r"'
        back = f"--r\r\nContent-Type: message/rfc822\r\n\r\n{mail.as_string()}\r\n--r--\r\n"
        return f"{head}Content-Type: {kind}\r\n\r\n{told}{back}".encode()

    def _receipt(self, name: str, receipts: dict[str, str]) -> str:
        return f"<{receipts[name]}@{self.at}>" if name else ""


@dataclass(frozen=True)
class Became:
    """What the road made of a message, as the record has it."""

    labelled: Labelled
    case: str  # a case number, "asked", "unknown" or "aside"
    reason: str | None
    consultant: str | None
    urgent: str | None
    problems: tuple[str, ...]
    candidates: tuple[dict[str, Any], ...]
    told: bool  # whether its sender gets a receipt

    @property
    def is_misfiled(self) -> bool:
        """Whether it is in a case that is not the labelled one: the worst fault there is."""
        return self.case not in {"asked", "unknown", "aside", self.labelled.case}

    @property
    def is_lost_from_sight(self) -> bool:
        """Whether it was set aside, and is a submission."""
        return self.case == "aside" != self.labelled.case

    @property
    def found_in(self) -> str | None:
        """The place whose number was taken."""
        taken = (one for one in self.candidates if one["why"].endswith(" It was taken."))
        return next((str(one["found_in"]) for one in taken), None)

    @property
    def near(self) -> list[str]:
        """The numbers that may be meant."""
        return [str(one["number"]) for one in self.candidates if one["why"].startswith("Perhaps ")]


def labelled() -> tuple[Labelled, ...]:
    """Read every message of the set, in the order of files and lines."""
    return tuple(
        Labelled.model_validate(one)
        for file in sorted(FOLDER.glob("*.toml"))
        for one in tomllib.loads(file.read_text("utf-8"))["letters"]
    )


def carried(stores: Stores, messages: Iterable[Labelled]) -> Iterator[Became]:
    """Carry the messages on stores that are empty but for the schema; say what became of each."""
    shape = CaseShape.of(stores.settings.cases)
    report = import_directory(stores.database, FOLDER / "directory", shape.normal)
    assert not report.rejected, report.rejected
    carrier = Carrier(stores)
    receipts = {name: _earlier(carrier, *said) for name, said in _EARLIER.items()}
    for number, one in enumerate(messages, len(_EARLIER) + 1):
        recipients = (one.rcpt,) if isinstance(one.rcpt, str) else tuple(one.rcpt)
        carrier.accept(
            one.mail(number, receipts),
            sender=parseaddr(one.from_)[1] if one.sender is None else one.sender,
            recipients=recipients,
        )
        carrier.carry(number)
        yield _became(stores, number, one)


def shares(
    results: Iterable[Became],
) -> dict[Literal["found", "asked", "unknown", "aside"], float]:
    """Return which shares of the messages were filed, asked about, Unknown and set aside."""
    named = {"asked", "unknown", "aside"}
    counts = Counter(one.case if one.case in named else "found" for one in results)
    return {
        "found": counts["found"] / counts.total(),
        "asked": counts["asked"] / counts.total(),
        "unknown": counts["unknown"] / counts.total(),
        "aside": counts["aside"] / counts.total(),
    }


def _earlier(carrier: Carrier, sender: str, subject: str) -> str:
    """Carry an earlier letter and return the Message-ID of its receipt, as the outbox has it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["Subject"] = sender, subject
    mail.set_content("Attached.")
    mail.add_attachment(PDF, "application", "pdf", filename="report.pdf")
    carrier.accept(mail.as_bytes(), sender=parseaddr(sender)[1])
    with carrier.stores.database.read() as connection:
        number = connection.execute(sa.select(sa.func.max(letters.c.id))).scalar_one()
    carrier.carry(number)
    with carrier.stores.database.read() as connection:
        found: str = connection.execute(
            sa.select(outbox.c.message_id).where(
                outbox.c.letter_id == number, outbox.c.kind == "receipt"
            )
        ).scalar_one()
    return found


def _became(stores: Stores, number: int, one: Labelled) -> Became:
    query = (
        sa.select(
            letters.c.state,
            letters.c.reason,
            letters.c.home_id,
            packages.c.urgent,
            packages.c.problems,
            packages.c.candidates,
            cases.c.number,
            consultants.c.name,
        )
        .join(packages, packages.c.letter_id == letters.c.id)
        # What is said about an earlier package is where that one is.
        .outerjoin(
            submissions,
            submissions.c.letter_id == sa.func.coalesce(letters.c.home_id, letters.c.id),
        )
        .outerjoin(cases, submissions.c.case_id == cases.c.id)
        .outerjoin(consultants, submissions.c.consultant_id == consultants.c.id)
        .where(letters.c.id == number)
    )
    with stores.database.read() as connection:
        row = connection.execute(query).one()
        receipt = sa.select(outbox.c.id).where(
            outbox.c.letter_id == number, outbox.c.kind == "receipt"
        )
        told = connection.execute(receipt).first() is not None
    case = row.number or ("asked" if row.reason in _ASKED else "unknown")
    if row.state == "set_aside" and row.home_id is None:
        case = "aside"
    return Became(
        one,
        case,
        row.reason,
        row.name,
        row.urgent,
        tuple(problem["code"] for problem in row.problems),
        tuple(row.candidates),
        told,
    )

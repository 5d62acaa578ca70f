"""Conversations: mails that answer our mails, each with what becomes of it and who is told what.

tests/conversations/*.toml holds them; the labels were written before the road was run on them. Each
mail goes through the wall and down the whole road, and what it has decided is carried out.
"""

from __future__ import annotations

import io
import re
import tomllib
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from converters.fault import EngineFailed
from converters.workshop import Rendition, Source
from gateway.letter import Proof
from gateway.stores import Stores
from portal.tables import cases, document_erasures, documents, letters, outbox, parts, submissions
from tests.carrying import Carrier, OnePageWorkshop
from tests.deciding import Team

FOLDER = Path(__file__).parent / "conversations"
_LETTERS = Path(__file__).parent / "letters"
PEOPLE = {
    "pat": "Pat Hall <pat.hall@bakerllp.example>",
    "ann": "Ann Cole <ann.cole@bakerllp.example>",
    "jo": "Jo Quill <jo@quillmarsh.example>",
    "eve": "Eve <eve@nowhere.example>",
}
_CONSULTANTS = ("Dana Reyes", "Lee Park", "Imani Okafor", "Tomas Lindqvist")
_NUMBER = re.compile(r"\b\d\d-\d{6}\b")


class Mail(BaseModel):
    """One mail, and what a careful clerk would do with it."""

    model_config = ConfigDict(extra="forbid")

    from_: str = Field("pat", alias="from")
    subject: str = "Re: your mail"
    body: str = "Here it is."
    files: list[str] = []  # "name: kind", the kind one of _kinds
    signed: str = ""  # its body and files are signed: a kind of signature, one of _kinds
    answers: int | None = None  # the mail to whose latest answer from us it is a reply
    replies: int | None = None  # the same, and to the first answer
    thread: list[int] = []  # earlier mails whose latest answers stand in its References
    proven: bool = True
    headers: dict[str, str] = {}
    # -- what becomes of it --
    state: str  # and behind a colon the reason, where one is asked for
    case: str = ""  # where what it brought or says is filed; "" for nowhere
    package: int | None = None  # the mail in whose package that is; its own where none is said
    files_as: list[str] | None = None  # the names that its documents have in that package
    told: list[str] = []  # "who: how the subject begins", for each mail that is owed
    says: list[str] = []  # what stands in the mail to its sender
    follows: int | None = None  # the mail whose package its own one points to
    hidden: list[str] | None = None  # the documents that are hidden by then
    then: dict[str, str] = {}  # the states of earlier mails' letters by then
    cases: dict[str, str] = {}  # the cases that earlier mails' letters are filed in by then
    silent: bool = False  # no mail suggests a case


class Conversation(BaseModel):
    """Mails in their order."""

    model_config = ConfigDict(extra="forbid")

    what: str
    mails: list[Mail]


def conversations() -> tuple[Conversation, ...]:
    """Read every conversation, in the order of files and lines."""
    return tuple(
        Conversation.model_validate(one)
        for file in sorted(FOLDER.glob("*.toml"))
        for one in tomllib.loads(file.read_text("utf-8"))["conversations"]
    )


@cache
def _attachment(letter: str, name: str) -> bytes:
    raw = (_LETTERS / letter / "letter.eml").read_bytes()
    mail = message_from_bytes(raw, policy=policy.default)
    found = next(one for one in mail.walk() if one.get_filename() == name)
    content = found.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


@cache
def _kinds() -> dict[str, bytes]:
    return {
        "good": _attachment("17-program", "imaging.pdf"),
        "locked": _attachment("28-password", "records.pdf"),
        "damaged": _attachment("29-damaged", "chart.pdf"),
        "program": b"MZ\x90\x00" + b"\x00" * 56 + b"\x80\x00\x00\x00" + b"\x00" * 64,
        "empty": b"",
        "text": b"Some notes.\r\n",
        "unprintable": b"unprintable notes\r\n",
        "scan": _picture("JPEG", (850, 1100)),
        "screen": _picture("PNG", (1280, 720)),
        "pdf-as-signature": _attachment("17-program", "imaging.pdf"),
        "logo": _picture("JPEG", (240, 90)),
        "card": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Pat Hall\r\nEND:VCARD\r\n",
        "event": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n",
        # The beginning of signed data without content (RFC 5652, 5), as in each S/MIME signature.
        "pkcs7-signature": b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80"
        + b"\x31" * 900,
        "pgp-signature": b"-----BEGIN PGP SIGNATURE-----\n\niQIzBAABCAAd\n=abcd\n"
        b"-----END PGP SIGNATURE-----\n",
    }


_TYPES = {
    "card": ("text", "vcard"),
    "event": ("text", "calendar"),
    "pkcs7-signature": ("application", "pkcs7-signature"),
    "pgp-signature": ("application", "pgp-signature"),
    "pdf-as-signature": ("application", "pkcs7-signature"),
}
_ANY = ("application", "octet-stream")


def _picture(form: str, size: tuple[int, int]) -> bytes:
    drawn = io.BytesIO()
    picture = Image.radial_gradient("L").resize(size)
    picture.save(drawn, form)
    return drawn.getvalue()


def _signed(message: EmailMessage, kind: str) -> Message:
    """Return a message signed: its content, and beside it the signature (RFC 1847, 2.1)."""
    whole = MIMEMultipart("signed", protocol="/".join(_TYPES[kind]), micalg="sha-256")
    for name, value in message.items():
        if not name.lower().startswith(("content-", "mime-")):
            whole[name] = value
            del message[name]
    whole.attach(message)
    name = "smime.p7s" if kind == "pkcs7-signature" else "signature.asc"
    whole.attach(MIMEApplication(_kinds()[kind], _TYPES[kind][1], name=name))
    return whole


class _Workshop(OnePageWorkshop):
    def convert(
        self, source: Source, into: Path, *, last_chance: bool, owner: str | None
    ) -> Rendition:
        if b"unprintable" in source.file.read_bytes():
            raise EngineFailed
        return super().convert(source, into, last_chance=last_chance, owner=owner)


@dataclass
class Talk:
    """A conversation that goes on, mail by mail."""

    stores: Stores
    team: Team = field(init=False)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.team = Team(Carrier(self.stores, workshop=_Workshop()))

    def take(self, conversation: Conversation) -> list[str]:
        """Take every mail, and return what is not as its label says."""
        for number, mail in enumerate(conversation.mails, 1):
            before = len(self.team.rows(outbox))
            self._carry(number, mail)
            owed = self.team.rows(outbox)[before:]
            self.faults += [f"mail {number}: {one}" for one in self._differences(number, mail)]
            self._compare(number, mail, owed)
        return self.faults

    def send(self, **mail: Any) -> int:
        """Take one more mail, whatever becomes of it, and return the number of its letter."""
        number = len(self.team.rows(letters)) + 1
        self._carry(number, Mail.model_validate({"state": "", **mail}))
        return number

    def bytes_of(self, number: int, mail: Mail) -> bytes:
        """Return a mail as it is sent."""
        message = EmailMessage(policy=policy.SMTP)
        message["From"], message["Subject"] = PEOPLE[mail.from_], mail.subject
        message["Message-ID"] = f"<{number}@talk.example>"
        if (told := mail.answers or mail.replies) is not None:
            mine = self._told_about(told)
            message["In-Reply-To"] = mine[-1] if mail.replies is None else mine[0]
        if mail.thread:
            message["References"] = " ".join(self._told_about(one)[-1] for one in mail.thread)
        for name, value in mail.headers.items():
            message[name] = value
        message.set_content(mail.body)
        for one in mail.files:
            name, _, kind = one.partition(": ")
            main, sub = _TYPES.get(kind, _ANY)
            message.add_attachment(_kinds()[kind], main, sub, filename=name)
        if mail.signed:
            return _signed(message, mail.signed).as_bytes(policy=policy.SMTP)
        return message.as_bytes()

    def _told_about(self, number: int) -> list[str]:
        domain = self.stores.settings.intake.domain
        return [
            f"<{one.message_id}@{domain}>"
            for one in self.team.rows(outbox)
            if one.letter_id == number and one.kind == "receipt"
        ]

    def _carry(self, number: int, mail: Mail) -> None:
        carrier = self.team.carrier
        carrier.accept(
            self.bytes_of(number, mail),
            sender=parseaddr(PEOPLE[mail.from_])[1],
            proof=Proof.LOOPBACK if mail.proven else Proof.NONE,
        )
        carrier.carry(number)
        if self.team.carrying.decisions():
            for row in self.team.rows(letters):
                if row.state == "checking":
                    carrier.carry(row.id, row.attempt)

    def _row(self, number: int) -> Any:
        return next(one for one in self.team.rows(letters) if one.id == number)

    def _differences(self, number: int, mail: Mail) -> list[str]:
        row = self._row(number)
        became = row.state if ":" not in mail.state else f"{row.state}: {row.reason}"
        home = number if row.home_id is None else row.home_id
        found = {
            "state": (became, mail.state),
            "case": (self._cases(home), mail.case),
            "package": (home, mail.package or number),
            "follows": (row.follows_id, mail.follows),
        }
        if mail.files_as is not None:
            found["files"] = (self._files(number), mail.files_as)
        if mail.hidden is not None:
            found["hidden"] = (self._hidden(), mail.hidden)
        for earlier, wanted in mail.then.items():
            found[f"then {earlier}"] = (self._row(int(earlier)).state, wanted)
        for earlier, wanted in mail.cases.items():
            found[f"case of {earlier}"] = (self._cases(int(earlier)), wanted)
        return [
            f"{what} is {got!r}, not {is_!r}" for what, (got, is_) in found.items() if got != is_
        ]

    def _cases(self, letter_id: int) -> str:
        with self.stores.database.read() as connection:
            numbers = connection.scalars(
                sa.select(cases.c.number)
                .join(submissions, submissions.c.case_id == cases.c.id)
                .where(submissions.c.letter_id == letter_id)
                .distinct()
            )
            return ", ".join(numbers)

    def _files(self, letter_id: int) -> list[str]:
        with self.stores.database.read() as connection:
            return list(
                connection.scalars(
                    sa.select(parts.c.filed_name)
                    .join(documents, documents.c.part_id == parts.c.id)
                    .where(parts.c.letter_id == letter_id)
                    .order_by(documents.c.position)
                )
            )

    def _hidden(self) -> list[str]:
        with self.stores.database.read() as connection:
            return list(
                connection.scalars(
                    sa.select(parts.c.filed_name)
                    .join(document_erasures, document_erasures.c.part_id == parts.c.id)
                    .where(document_erasures.c.hidden_at.is_not(None))
                    .order_by(parts.c.id)
                )
            )

    def _compare(self, number: int, mail: Mail, owed: list[Any]) -> None:
        told = [f"{one.recipient.partition('@')[0]}: {one.subject}" for one in owed]
        fits = len(told) == len(mail.told) and all(
            any(one.startswith(label) for one in told) for label in mail.told
        )
        if not fits:
            self.faults.append(f"mail {number}: told {told}, not {mail.told}")
        words = " ".join(" ".join(one.text.split()) for one in owed if one.kind == "receipt")
        self.faults += [
            f"mail {number}: {one!r} not in {words}" for one in mail.says if one not in words
        ]
        suggests = "Did you mean" in words or any(one.suggested for one in owed)
        if mail.silent and suggests:
            self.faults.append(f"mail {number}: suggests a case: {words}")
        for one in owed:
            if one.kind == "receipt" and self._row(one.letter_id).firm_id is None:
                self._tells_nothing(number, mail, one)

    def _tells_nothing(self, number: int, mail: Mail, told: Any) -> None:
        """Somebody unproven reads no number, name or file that their own mail did not say."""
        text = f"{told.subject} {told.text} {told.html}"
        names = {one for mail in self._earlier(number) for one in mail}
        secret = [*_NUMBER.findall(text), "Did you mean", *_CONSULTANTS, *names]
        leaked = [one for one in secret if one in text and one not in mail.body + mail.subject]
        if leaked:
            self.faults.append(f"mail {number}: tells {leaked} to somebody unproven")

    def _earlier(self, number: int) -> list[list[str]]:
        return [
            [row.original_name]
            for row in self.team.rows(parts)
            if row.letter_id <= number and row.original_name
        ]

"""Every automatic mail: to whom none goes, what each says of itself, and that no two never stop.

Whom nobody answers is filed all the same: "do not reply" never means "do not file".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from config.settings import CONFIG_FOLDER, Devices, Intake, ListedDevice, Settings, Storage
from gateway import assembly
from gateway.letter import Proof
from gateway.sending.outbound import Outbound
from gateway.sending.patience import Patience
from gateway.sending.way import IsOwed, Note, Outcome, Verdict
from gateway.stores import Stores, open_stores
from gateway.telling.message import Message
from gateway.upkeep.alarm import Alarm
from gateway.watch import Metrics
from portal.directory_import import import_directory
from portal.tables import firms, identifiers, letters, outbox
from tests.carrying import MAIL, Carrier
from tests.deciding import NO_CASE, Team, agrees, filed, mails

pytestmark = pytest.mark.record

PAT = "pat.hall@bakerllp.example"
OURS = "claims@casebridge.example"


@pytest.fixture
def team(sample_stores: Stores) -> Team:
    return Team(Carrier(sample_stores))


def told(team: Team) -> list[str]:
    """Return to whom mails are owed, but for our own people."""
    return [to for kind, to, _ in mails(team) if kind != "notice"]


def of(address: str) -> bytes:
    return MAIL.replace(b"Pat Hall <pat.hall@bakerllp.example>", address.encode())


# -- to whom nothing is sent, and whose documents are filed ----------------------------------------


@pytest.mark.parametrize(
    "field_",
    [
        "Auto-Submitted: auto-generated",
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied (vacation); owner-email=pat@bakerllp.example",
        "Auto-Submitted: auto-notified",
        "AUTO-SUBMITTED:\r\n auto-generated",
        "Auto-Submitted: what-nobody-knows",
        "List-Id: Defence counsel <counsel.bakerllp.example>",
        "List-Unsubscribe: <mailto:leave@bakerllp.example>",
        "List-Post: <mailto:counsel@bakerllp.example>",
        "Precedence: bulk",
        "Precedence: junk",
        "Precedence: list",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: scanned",
        "Return-Path: <>",
    ],
)
def test_a_machines_documents_are_filed_and_the_machine_is_not_answered(
    team: Team, field_: str
) -> None:
    assert team.wait(field_.encode() + b"\r\n" + MAIL) == "filed"
    assert told(team) == []
    ((case, names),) = filed(team)
    assert (case, names) == ("24-001234", ["notes.txt", "film.mp3"])
    assert agrees(team)


@pytest.mark.parametrize(
    "name",
    [
        *("mailer-daemon", "postmaster", "noreply", "no-reply", "no.reply", "do-not-reply"),
        *("donotreply", "dontreply", "no_reply+17", "bounces+17=x", "auto-reply", "majordomo"),
    ],
)
def test_whose_name_says_that_nobody_reads_it_is_filed_and_not_answered(
    team: Team, name: str
) -> None:
    sender = f"{name}@bakerllp.example"
    assert team.wait(of(sender), sender=sender) == "filed"
    assert told(team) == []
    assert len(filed(team)) == 1


def test_the_null_sender_is_filed_and_not_answered(team: Team) -> None:
    assert team.wait(MAIL, sender="", proof=Proof.ALIGNED) == "filed"
    assert told(team) == []


@pytest.mark.parametrize(
    "address", [OURS, "try@casebridge.example", "24-001234@casebridge.example"]
)
def test_our_own_addresses_are_not_written_to(team: Team, address: str) -> None:
    assert team.wait(of(address), sender=address) == "with_us"
    assert told(team) == []


def test_whose_proof_failed_is_kept_and_the_address_that_it_claims_hears_nothing(
    team: Team,
) -> None:
    assert team.wait(MAIL, proof=Proof.FAILED) == "with_us"
    assert mails(team) == []


@pytest.mark.parametrize(
    "field_",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: No (a person wrote it)",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: All",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "Reply-To: noreply@bakerllp.example",
        "Sender: noreply@bakerllp.example",
        "Cc: noreply@bakerllp.example, mailer-daemon@bakerllp.example",
    ],
)
def test_what_says_nothing_of_a_machine_is_answered(team: Team, field_: str) -> None:
    assert team.wait(field_.encode() + b"\r\n" + MAIL) == "filed"
    assert told(team) == [PAT]


@pytest.mark.parametrize(
    "words",
    [
        b"Please do not reply to this e-mail.",
        b"DO NOT REPLY. This mailbox is not monitored.",
        b"This is an automatically generated message. No reply is necessary.",
        b"Diese Nachricht wurde automatisch erstellt. Bitte nicht antworten.",
    ],
)
def test_do_not_reply_never_means_do_not_file(team: Team, words: bytes) -> None:
    """In the words of a person, of a machine, and where there is nothing but words."""
    said = MAIL.replace(b"Two files.", words)
    assert team.wait(said) == "filed"
    assert team.wait(b"Auto-Submitted: auto-generated\r\n" + said) == "filed"
    sender = "noreply@bakerllp.example"
    assert team.wait(said.replace(b"pat.hall", b"noreply"), sender=sender) == "filed"
    bare = (
        b"From: Pat Hall <pat.hall@bakerllp.example>\r\nSubject: Case 24-001234: do not reply\r\n"
        b"Message-ID: <2@bakerllp.example>\r\n\r\n" + words + b"\r\nThe hearing is on May 3.\r\n"
    )
    assert team.wait(bare) == "filed"
    assert told(team) == [PAT, PAT]
    assert len(filed(team)) == 4


# -- what each mail says of itself -----------------------------------------------------------------


@dataclass
class Collected:
    """A way out that keeps what it is given."""

    messages: list[Message] = field(default_factory=list)

    def carry(self, messages: Sequence[Message], is_owed: IsOwed, note: Note) -> None:
        self.messages += [one for one in messages if is_owed(one.outbox_id)]
        note([Outcome(one.outbox_id, Verdict.SENT) for one in messages])


def send(team: Team, way: Collected) -> None:
    stores = team.carrier.stores
    out = Outbound(stores.database, way, stores.settings, lambda: team.now, Metrics())
    while out.send_due():
        pass


@pytest.fixture
def everything(sample_stores: Stores) -> dict[str, Message]:
    """One mail of every kind that the road and the chores owe, by kind."""
    with sample_stores.database.write() as connection:
        connection.execute(
            firms.update()
            .where(firms.c.name == "Baker LLP")
            .values(copy_address="copies@bakerllp.example", second_contact="lee@bakerllp.example")
        )
    devices = Devices(listed=(ListedDevice(address="scans@bakerllp.example", contact=PAT),))
    settings = sample_stores.settings.model_copy(update={"devices": devices})
    stores = dataclasses.replace(sample_stores, settings=settings)
    team, way = Team(Carrier(stores)), Collected()
    team.carrier.accept(MAIL)
    team.now += timedelta(minutes=5)
    road, raw = team.carrier.worker.road, stores.raw()
    Patience(stores.database, raw, road, settings, stores.work, lambda: team.now)._look_at(
        team.rows(letters)[0]
    )
    send(team, way)
    team.carrier.carry()
    for number in range(6):
        team.wait(MAIL + b"%d\r\n" % number)
    team.wait(NO_CASE)
    team.wait(of("scans@bakerllp.example"), sender="scans@bakerllp.example")
    send(team, way)
    promise = assembly.office_calendar(settings).promise
    for _ in range(2):
        team.now = promise(team.now)
        assert team.unanswered.look() == 1
    team.now += timedelta(days=4)
    assert Alarm(stores.database, settings, lambda: team.now).sound() == 1
    send(team, way)
    return {one.kind: one for one in way.messages}


ANSWERS = {"receipt", "progress"}


def test_there_is_a_mail_of_every_kind(everything: dict[str, Message]) -> None:
    assert set(everything) == {
        *("receipt", "progress", "receipt_copy", "second_question", "digest", "daily"),
        *("notice", "alarm"),
    }


def parsed(message: Message) -> EmailMessage:
    mail = message_from_bytes(message.content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_no_mail_of_ours_is_a_machines_to_answer(everything: dict[str, Message]) -> None:
    """RFC 3834, 3.1 and 5: its kind, and a return path that is nobody's or answers nothing."""
    for kind, message in everything.items():
        mail = parsed(message)
        is_answer = kind in ANSWERS
        assert mail["Auto-Submitted"] == ("auto-replied" if is_answer else "auto-generated"), kind
        assert mail["X-Auto-Response-Suppress"] == "All", kind
        assert ("In-Reply-To" in mail) == ("References" in mail) == is_answer, kind
        begun = message.sender.startswith("bounce+") and message.sender.endswith(
            "@casebridge.example"
        )
        assert message.sender == "" or begun, kind
        assert begun or is_answer, "what we begin is known where it comes back"


def test_every_mail_says_who_writes_in_which_language_and_is_known_again(
    everything: dict[str, Message],
) -> None:
    identities = set()
    for kind, message in everything.items():
        mail = parsed(message)
        assert mail["From"] == f"Sample Mutual documents <{OURS}>", kind
        assert mail["To"] == message.recipient, kind
        assert "Cc" not in mail
        assert "Bcc" not in mail
        assert mail["Content-Language"] == "en", kind
        token, _, domain = str(mail["Message-ID"]).strip("<>").partition("@")
        assert (domain, len(token) >= 20) == ("casebridge.example", True), kind
        identities.add(token)
        assert message.content.isascii(), kind
        assert b"\n" not in message.content.replace(b"\r\n", b""), kind
    assert len(identities) == len(everything)


def test_no_mail_has_a_picture_an_attachment_or_anything_to_load(
    everything: dict[str, Message],
) -> None:
    for kind, message in everything.items():
        mail = parsed(message)
        forms = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
        assert forms in (["text/plain", "text/html"], ["text/plain"]), kind
        assert list(mail.iter_attachments()) == [], kind
        html = mail.get_body(("html",))
        said = "" if html is None else html.get_content()
        for loads in ("<img", "<link", "<script", "src=", "url(", "@import", "cid:"):
            assert loads not in said, kind


def test_no_mail_repeats_subject_narrative_or_content(sample_stores: Stores) -> None:
    with sample_stores.database.write() as connection:
        connection.execute(
            firms.update().values(
                copy_address="copies@bakerllp.example", second_contact="lee@bakerllp.example"
            )
        )
    team = Team(Carrier(sample_stores))
    marked = MAIL.replace(b"Two files.", b"MARKWORDS.").replace(
        b"\r\nnotes\r\n", b"\r\nMARKFILE\r\n"
    )
    team.wait(marked.replace(b"Case 24-001234", b"MARKSUBJECT 24-001234"))
    team.wait(marked.replace(b"Case 24-001234", b"MARKSUBJECT"))
    team.now += timedelta(days=3)
    team.unanswered.look()
    rows = team.rows(outbox)
    assert {one.kind for one in rows} == {"receipt", "receipt_copy", "notice", "second_question"}
    for one in rows:
        assert "MARK" not in f"{one.subject}{one.text}{one.html}", one.kind


# -- two that never stop ---------------------------------------------------------------------------


@pytest.fixture
def neighbour(tmp_path: Path) -> Iterator[Team]:
    """Another gateway of the same kind, at another domain."""
    settings = Settings(
        storage=Storage(path=tmp_path / "other"),
        intake=Intake(address="files@neighbour.example"),
    )
    with open_stores(settings, migrating=True) as stores:
        import_directory(stores.database, CONFIG_FOLDER / "directory")
        yield Team(Carrier(stores))


def trusting(team: Team, domain: str) -> None:
    """Have a gateway take another's domain for a firm's, with contacts there."""
    with team.carrier.stores.database.write() as connection:
        firm = connection.execute(firms.select().where(firms.c.name == "Baker LLP")).one().id
        connection.execute(
            identifiers.insert().values(firm_id=firm, type="mail_domain", value=domain)
        )
        name = team_name(domain)
        connection.execute(
            firms.update()
            .where(firms.c.id == firm)
            .values(copy_address=f"{name}@{domain}", second_contact=f"{name}@{domain}")
        )


def team_name(domain: str) -> str:
    return "files" if domain.startswith("neighbour") else "claims"


@pytest.mark.slow
@pytest.mark.parametrize("content", [MAIL, NO_CASE, b"From: x\r\nSubject: nothing\r\n\r\n"])
def test_two_gateways_that_write_to_each_other_stop_after_one_exchange(
    team: Team, neighbour: Team, content: bytes
) -> None:
    """Each takes the other for a firm, and for that firm's copy address and second contact."""
    trusting(team, "neighbour.example")
    trusting(neighbour, "casebridge.example")
    begun = content.replace(b"Pat Hall <pat.hall@bakerllp.example>", b"files@neighbour.example")
    team.wait(begun, sender="files@neighbour.example")
    exchanged = []
    for _ in range(10):
        for here, there in ((team, neighbour), (neighbour, team)):
            way = Collected()
            here.now += timedelta(days=1)
            here.unanswered.look()
            send(here, way)
            domain = there.carrier.stores.settings.intake.domain
            for mail in way.messages:
                if mail.recipient.endswith(f"@{domain}"):
                    exchanged.append(mail.kind)
                    there.wait(mail.content, sender=mail.sender, recipients=(mail.recipient,))
    assert len(exchanged) <= 1 + ("second_question" in exchanged)
    assert agrees(team)
    assert agrees(neighbour)

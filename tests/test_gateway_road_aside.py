"""Aside: a rehearsal files and keeps nothing; what comes back is matched and never answered."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import Settings
from gateway.letter import Proof
from gateway.moving.sweep import Sweep
from gateway.sending.outbound import Outbound
from gateway.sending.way import FolderWay
from gateway.stores import Stores
from gateway.trial import Trial
from gateway.verification import conservation, damages, disagreements
from gateway.watch import Metrics
from portal.tables import (
    answer_links,
    documents,
    events,
    letters,
    outbox,
    packages,
    parts,
    pouch,
    renditions,
    submissions,
)
from tests.carrying import MAIL, NOW, Carrier

TRY, CLAIMS = "try@casebridge.example", "claims@casebridge.example"
REPORT = (
    b"From: MAILER-DAEMON@relay.example\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="r"\r\n\r\n'
    b"--r\r\n\r\nIt is Dana Reyes's old address.\r\n"
    b"--r\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns; relay.example\r\n\r\n"
    b"Final-Recipient: rfc822; dana.reyes@sample-mutual.example\r\nAction: %s\r\n"
    b"Status: %s\r\nDiagnostic-Code: smtp; 550 5.1.1 <dana.reyes@sample-mutual.example> gone\r\n"
    b"--r\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: New package\r\n--r--\r\n"
)


@pytest.fixture
def carrier(sample_stores: Stores) -> Carrier:
    return Carrier(sample_stores)


def rows(carrier: Carrier, table: sa.Table) -> list[Any]:
    with carrier.stores.database.read() as connection:
        return list(connection.execute(table.select().order_by(table.primary_key.columns[0])))


def send(carrier: Carrier) -> None:
    stores = carrier.stores
    way = FolderWay(stores.folder / "outbox")
    Outbound(
        stores.database, way, stores.settings, lambda: NOW + timedelta(seconds=1), Metrics()
    ).send_due()


def sweep(carrier: Carrier) -> int:
    """Sweep two days later, as far as the blobs' time stamps go."""
    stores = carrier.stores
    for blob in stores.vault.blobs():
        path = stores.vault._path(blob.sha256)
        os.utime(path, (path.stat().st_mtime - 172_800,) * 2)
    worker = carrier.worker
    sweeper = Sweep(
        stores.database,
        stores.queue(),
        stores.vault,
        stores.settings,
        lambda: NOW,
        worker.give_up,
    )
    return sweeper.blobs(threading.Event())


# -- rehearsals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipients", "trial"),
    [
        ((CLAIMS,), Trial.NONE),
        ((TRY,), Trial.ALONE),
        ((TRY, CLAIMS), Trial.BESIDE),
        (("24-001234@casebridge.example", TRY), Trial.BESIDE),
        ((), Trial.NONE),
    ],
)
def test_what_the_rehearsal_address_means(recipients: tuple[str, ...], trial: Trial) -> None:
    assert Trial.of(recipients, Settings().intake) is trial


def test_a_rehearsal_is_answered_as_if_and_files_nothing(carrier: Carrier) -> None:
    carrier.accept(recipients=(TRY,))
    assert carrier.carry() == "rehearsed"
    carrier.accept()
    assert carrier.carry(2) == "filed"
    rehearsal, receipt, _notice = rows(carrier, outbox)
    assert rehearsal.subject.startswith("Rehearsal: Filed: ")
    banner, _, rest = rehearsal.text.partition("\n\n")
    assert banner.startswith("Rehearsal: nothing was filed.")
    shown = [f"{one.receipt[:4]}-{one.receipt[4:]}" for one in rows(carrier, letters)]
    assert rest.replace(shown[0], shown[1]) == receipt.text, "exactly what it would have been"
    for table in (packages, parts, submissions):
        assert {row.letter_id for row in rows(carrier, table)} == {2}
    assert len(rows(carrier, documents)) == 2
    assert carrier.stores.settings.intake.rehearsal_address == TRY


def test_a_rehearsal_says_what_would_be_asked(carrier: Carrier) -> None:
    unknown = MAIL.replace(b"24-001234", b"24-999999")
    carrier.accept(unknown, recipients=(TRY,))
    assert carrier.carry() == "rehearsed"
    carrier.accept(unknown)
    assert carrier.carry(2) == "needs_you"
    rehearsal, receipt = rows(carrier, outbox)
    shown = [f"{one.receipt[:4]}-{one.receipt[4:]}" for one in rows(carrier, letters)]
    assert rehearsal.subject == f"Rehearsal: {receipt.subject}".replace(shown[1], shown[0])
    said, real = (text.splitlines() for text in (rehearsal.text, receipt.text))
    only = [line for line in said if line.replace(shown[0], shown[1]) not in real]
    assert only == [
        "Rehearsal: nothing was filed. This is the receipt that you would have got.",
        "Here the receipt has a link to the page on which you choose the case.",
    ]
    with carrier.stores.database.read() as connection:
        links = connection.execute(answer_links.select()).all()
    assert [link.letter_id for link in links] == [2]


@pytest.mark.parametrize("pouched", [False, True])
def test_a_rehearsal_leaves_no_blob_behind_once_it_is_answered(
    carrier: Carrier, *, pouched: bool
) -> None:
    carrier.accept(recipients=(TRY,), pouched=pouched)
    carrier.carry()
    stores = carrier.stores
    assert rows(carrier, pouch) == []
    assert rows(carrier, renditions) == []
    assert sweep(carrier) == 0, "its receipt is not told yet"
    send(carrier)
    assert [row.sent_at is not None for row in rows(carrier, outbox)] == [True]
    assert sweep(carrier) == 1
    assert list(stores.vault.blobs()) == []
    assert [row.state for row in rows(carrier, letters)] == ["rehearsed"]
    assert list(damages(stores.database, stores.vault)) == []
    assert list(disagreements(stores.database)) == []
    with stores.database.read() as connection:
        assert conservation(connection).places["set_aside"] == 1


def test_a_rehearsal_shares_its_bytes_with_a_real_letter(carrier: Carrier) -> None:
    carrier.accept(recipients=(TRY,))
    carrier.carry()
    carrier.accept()
    carrier.carry(2)
    send(carrier)
    sweep(carrier)
    assert list(damages(carrier.stores.database, carrier.stores.vault)) == []


def test_a_stranger_who_rehearses_reads_counts(carrier: Carrier) -> None:
    carrier.accept(recipients=(TRY,), proof=Proof.NONE)
    assert carrier.carry() == "rehearsed"
    (mail,) = rows(carrier, outbox)
    assert "24-001234" not in mail.text
    assert "notes.txt" not in mail.text


def test_beside_a_real_address_it_counts_as_real_and_says_so(carrier: Carrier) -> None:
    carrier.accept(recipients=(TRY, CLAIMS))
    assert carrier.carry() == "filed"
    receipt = next(row for row in rows(carrier, outbox) if row.kind == "receipt")
    assert receipt.subject.startswith("Filed: ")
    assert "This was no rehearsal: your message went to a real address as well." in receipt.text


def test_a_rehearsal_that_cannot_be_carried_is_answered_and_not_kept(carrier: Carrier) -> None:
    carrier.accept(recipients=(TRY,))
    assert carrier.worker.give_up(1, 1)
    assert [row.state for row in rows(carrier, letters)] == ["rehearsed"]
    assert rows(carrier, packages) == []


# -- what comes back -------------------------------------------------------------------------------


def come_back(carrier: Carrier, content: bytes, **changes: Any) -> Any:
    """File a letter, send its mails, and take a machine's answer to the notice."""
    carrier.accept()
    carrier.carry()
    send(carrier)
    (notice,) = (row for row in rows(carrier, outbox) if row.return_token is not None)
    recipient = f"bounce+{notice.return_token}@casebridge.example"
    carrier.accept(content, **({"sender": "", "recipients": (recipient,)} | changes))
    return notice


def test_a_bounce_is_matched_to_its_mail_and_set_aside(carrier: Carrier) -> None:
    notice = come_back(carrier, REPORT % (b"failed", b"5.1.1"))
    assert carrier.carry(2) == "set_aside"
    after = rows(carrier, outbox)
    assert len(after) == 2, "nobody is answered"
    (mail,) = (row for row in after if row.id == notice.id)
    assert (mail.failed_at, mail.failure, mail.kind) == (NOW, "5.1.1", "notice")
    letter = rows(carrier, letters)[1]
    assert (letter.state, letter.reason) == ("set_aside", "machine_answered")
    assert [row.letter_id for row in rows(carrier, packages)] == [1, 2], "who and what can be seen"
    said = [(row.letter_id, row.kind) for row in rows(carrier, events)]
    assert said[-2:] == [(2, "letter.set_aside"), (1, "notice.came_back")]
    assert list(disagreements(carrier.stores.database)) == []


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (REPORT % (b"delayed", b"4.4.1"), {}),
        (REPORT % (b"delivered", b"2.0.0"), {}),
        (REPORT % (b"failed", b"5.1.1 dana.reyes"), {"sender": "eve@evil.example"}),
        (b"Auto-Submitted: auto-replied\r\n\r\nI am away.\r\n", {"sender": "dana@x.example"}),
        (b"\r\nStatus: 5.1.1\r\nAction: failed\r\n", {}),
        (
            REPORT % (b"failed", b"5.1.1"),
            {"recipients": ("bounce+" + "0" * 32 + "@casebridge.example",)},
        ),
    ],
)
def test_what_is_no_failure_of_ours_is_set_aside_and_marks_nothing(
    carrier: Carrier, content: bytes, changes: dict[str, Any]
) -> None:
    come_back(carrier, content, **changes)
    assert carrier.carry(2) == "set_aside"
    assert [row.failed_at for row in rows(carrier, outbox)] == [None, None]


def test_a_person_who_writes_to_a_return_path_is_heard(carrier: Carrier) -> None:
    come_back(carrier, MAIL + b"again", sender="pat.hall@bakerllp.example")
    assert carrier.carry(2) == "filed"


def test_only_the_first_report_is_kept(carrier: Carrier) -> None:
    notice = come_back(carrier, REPORT % (b"failed", b"5.1.1"))
    carrier.carry(2)
    recipient = f"bounce+{notice.return_token}@casebridge.example"
    carrier.accept(REPORT % (b"failed", b"5.2.2"), sender="", recipients=(recipient,))
    assert carrier.carry(3) == "set_aside"
    assert [row.failure for row in rows(carrier, outbox) if row.failure] == ["5.1.1"]

"""casebridge sent-check: a firm's sent folder beside what was filed, held, and never arrived."""

from __future__ import annotations

import csv
import errno
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings, Storage
from gateway.bulk.messages import Message
from gateway.command import DONE, PROBLEM, USAGE
from gateway.letter import Envelope, Letter, Proof
from gateway.stores import open_stores
from portal.pouch import blob_of
from tests.carrying import NOW, Carrier
from tests.served import storage_with
from tests.test_commands import Run, run, storage
from tests.test_gateway_command_import import everything, mailbox

pytestmark = pytest.mark.record

__all__ = ["run", "storage"]  # fixtures

US = "claims@casebridge.example"
RECEIVED = b"Return-Path: <pat.hall@bakerllp.example>\r\nReceived: from a by b; now\r\n"


def sent(number: int, subject: str, *, to: str = US, message_id: bool = True) -> bytes:
    """A message as it lies in a sent folder: no trace of a way, and LF."""
    named = f"Message-ID: <{number}@bakerllp.example>\n" if message_id else ""
    return (
        f"From: Pat Hall <pat.hall@bakerllp.example>\nTo: {to}\n{named}"
        f"Date: Tue, 4 Mar 2025 10:00:{number:02} -0500\nSubject: {subject}\n\nReport {number}.\n"
    ).encode()


def arrived(storage: Path, *messages: bytes, carry: bool = True) -> None:
    """Let messages come by mail: with a way in their header, and CRLF."""
    with open_stores(Settings(storage=Storage(path=storage))) as stores:
        for one in messages:
            content = RECEIVED + one.replace(b"\n", b"\r\n")
            sender = "pat.hall@bakerllp.example"
            envelope = Envelope("smtp", sender, (US,), NOW, Proof.LOOPBACK)
            stores.intake().accept(Letter(envelope, blob_of(content), content))
        if carry:
            worker = Carrier(stores).worker
            for number in range(1, len(messages) + 1):
                worker.carry(number, 1)


def test_each_message_that_was_sent_to_us_is_filed_held_or_never_arrived(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    filed, held, lost = sent(1, "Case 24-001234"), sent(2, "hello"), sent(3, "Case 24-001240")
    elsewhere = sent(4, "lunch", to="kim@elsewhere.example")
    arrived(storage, filed, held)
    box = mailbox(tmp_path / "Sent.mbox", [filed, held, lost, elsewhere])
    before = everything(storage)
    ended = run("sent-check", box, "--json")
    assert everything(storage) == before
    assert ended.code == PROBLEM
    first, second, third = ended.objects
    assert (first["fate"], first["cases"], first["same_body"]) == ("filed", ["24-001234"], True)
    assert first["receipt"]
    assert (second["fate"], second["why"]) == ("held", "consultant_unknown")
    assert (third["fate"], third["receipt"], third["index"]) == ("never_arrived", None, 2)
    assert third["sent_at"] == "2025-03-04T15:00:03+00:00"
    assert ended.err.splitlines() == [
        "1 filed",
        "1 still held",
        "1 never arrived",
        "1 not sent to us",
    ]
    spoken = run("sent-check", box).out.splitlines()
    assert len(spoken) == 2, "what is filed needs nobody"
    assert spoken[1] == "never arrived: 2025-03-04 15:00 UTC, 'Case 24-001240', Sent.mbox [2]"


def test_a_folder_whose_messages_are_all_filed_is_no_problem(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    arrived(storage, sent(1, "Case 24-001234"))
    box = mailbox(tmp_path / "Sent.mbox", [sent(1, "Case 24-001234")])
    ended = run("sent-check", box)
    assert (ended.code, ended.out, ended.err) == (DONE, "", "1 filed\n")


def test_a_body_that_was_changed_on_the_way_is_told(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    message = sent(1, "Case 24-001234")
    arrived(storage, message + b"-- \nThis mail was scanned.\n")
    (one,) = run("sent-check", mailbox(tmp_path / "Sent.mbox", [message]), "--json").objects
    assert (one["fate"], one["same_body"]) == ("filed", False)


def test_a_copy_without_a_message_id_is_found_by_its_date_and_its_body(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    arrived(storage, sent(1, "Case 24-001234"))
    there = sent(1, "Case 24-001234", message_id=False)
    other = there.replace(b"Report 1", b"Report 2")
    first, second = run(
        "sent-check", mailbox(tmp_path / "Sent.mbox", [there, other]), "--json"
    ).objects
    assert (first["fate"], first["same_body"]) == ("filed", True)
    assert second["fate"] == "never_arrived"


def test_a_number_that_another_sender_wrote_finds_nothing(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    arrived(storage, sent(1, "Case 24-001234"))
    forged = sent(1, "Case 24-001234").replace(b"<pat.hall@", b"<pat.hall@x.")
    (one,) = run("sent-check", mailbox(tmp_path / "Sent.mbox", [forged]), "--json").objects
    assert one["fate"] == "never_arrived"


@pytest.mark.parametrize(
    "name", [b'"Hall, Pat"', b"=?utf-8?q?Hall=2C_Pat?=", b"", b"Pat Hall (Baker LLP)"]
)
def test_the_name_beside_an_address_is_each_programs_own(
    name: bytes, run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    arrived(storage, sent(1, "Case 24-001234").replace(b"Pat Hall", name))
    box = mailbox(tmp_path / "Sent.mbox", [sent(1, "Case 24-001234")])
    assert [one["fate"] for one in run("sent-check", box, "--json").objects] == ["filed"]


def test_what_was_deleted_was_sent_and_a_draft_was_not(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    there = sent(1, "Case 24-001234")
    arrived(storage, there)
    deleted = [b"X-Mozilla-Status: 0009\n" + there, b"X-Status: D\n" + there]
    box = mailbox(tmp_path / "Sent.mbox", [*deleted, b"X-Status: T\n" + sent(2, "x")])
    ended = run("sent-check", box)
    assert (ended.code, ended.out) == (DONE, "")
    assert ended.err == "2 filed\n1 marked as drafts\n"
    for folder in ("new", "cur"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    (tmp_path / "Maildir" / "cur" / "1.host:2,ST").write_bytes(there)
    (tmp_path / "Maildir" / "cur" / "2.host:2,D").write_bytes(there)
    assert run("sent-check", tmp_path / "Maildir").err == "1 filed\n1 marked as drafts\n"


def test_what_is_too_large_or_cannot_be_read_is_named_and_the_next_one_compared(
    run: Run, storage: Path, sampled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage_with(sampled, storage)
    there = sent(1, "Case 24-001234")
    arrived(storage, there)
    large = sent(2, "x") + b"x" * 100_000
    box = mailbox(tmp_path / "Sent.mbox", [large, sent(3, "torn"), there])
    monkeypatch.setenv("CASEBRIDGE_INTAKE__MAX_MESSAGE_BYTES", "90000")
    whole = Message.chunks

    def chunks(message: Message) -> Iterator[bytes]:
        if message.index == 1:
            raise OSError(errno.EIO, "a sector")
        assert message.octets < 90_000, "nothing of it is copied"
        return whole(message)

    monkeypatch.setattr(Message, "chunks", chunks)
    ended = run("sent-check", box, "--json")
    assert [(one["fate"], one["why"]) for one in ended.objects] == [
        ("unreadable", "email_too_large"),
        ("unreadable", "file_unreadable"),
        ("filed", None),
    ]


def test_an_old_address_counts_where_it_is_named_and_a_blind_copy_always(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    old = sent(1, "x", to="desk@old-insurer.example")
    blind = sent(2, "y", to="kim@elsewhere.example").replace(
        b"Subject", b"Bcc: " + US.encode() + b"\nSubject"
    )
    box = mailbox(tmp_path / "Sent.mbox", [old, blind])
    assert len(run("sent-check", box, "--json").objects) == 1
    named = run("sent-check", box, "--json", "--to", "Desk@Old-Insurer.example")
    assert [one["fate"] for one in named.objects] == ["never_arrived", "never_arrived"]
    assert run("sent-check", box, "--to", "nothing").code == USAGE


def test_what_is_still_being_checked_is_said_beside_what_seems_lost(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    arrived(storage, sent(1, "Case 24-001234"), carry=False)
    ended = run("sent-check", mailbox(tmp_path / "Sent.mbox", [sent(1, "x")]))
    assert "1 letters are being checked" in ended.err


def test_the_table_is_one_that_a_spreadsheet_takes_for_text(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    box = mailbox(tmp_path / "Sent.mbox", [sent(1, '=HYPERLINK("http://x")')])
    head, row = csv.reader(io.StringIO(run("sent-check", box, "--csv").out))
    told = dict(zip(head, row, strict=True))
    assert (told["fate"], told["index"]) == ("never_arrived", "0")
    assert told["subject"] == '\'=HYPERLINK("http://x")'
    assert run("sent-check", box, "--csv", "--json").objects[0]["fate"] == "never_arrived"


def test_what_cannot_be_read_is_told(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    (tmp_path / "a.msg").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    ended = run("sent-check", tmp_path / "a.msg", "--json")
    assert ended.code == PROBLEM
    assert [one["fate"] for one in ended.objects] == ["unreadable"]

"""casebridge import and its dry run: what they say, what they keep, and what an end leaves."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import Settings, Storage
from gateway.bulk.messages import Message as Found
from gateway.command import DONE, PROBLEM
from gateway.command.moving_line import Course, left
from gateway.stores import open_stores
from gateway.verification import damages, disagreements
from portal.receipt_number import shown
from portal.tables import letters, outbox, packages
from tests.carrying import Carrier
from tests.outlook_files import Message, msg, words
from tests.served import COMMAND, environment, storage_with
from tests.test_commands import Run, run, storage
from tests.test_gateway_bulk_outlook import free, readpst

__all__ = ["readpst", "run", "storage"]  # fixtures

LINE = b"From pat.hall@bakerllp.example Fri Feb 22 17:06:23 2008\n"


def mail(number: int, subject: str, sender: str = "pat.hall@bakerllp.example") -> bytes:
    return (
        f"From: Pat Hall <{sender}>\nDate: Tue, 4 Mar 2008 10:00:00 -0500\n"
        f"Message-ID: <{number}@bakerllp.example>\nSubject: {subject}\n\nReport {number}.\n"
    ).encode()


def mailbox(file: Path, messages: list[bytes]) -> Path:
    file.write_bytes(b"".join(LINE + one + b"\n" for one in messages))
    return file


def everything(storage: Path) -> Mapping[str, str]:
    """Return a hash of each file of a storage folder that lasts."""
    return {
        str(file.relative_to(storage)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(storage.rglob("*"))
        if file.is_file() and not file.name.endswith(("-wal", "-shm"))
    }


def letters_of(storage: Path) -> list[sa.Row[Any]]:
    with (
        open_stores(Settings(storage=Storage(path=storage))) as stores,
        stores.database.read() as connection,
    ):
        return list(connection.execute(letters.select().order_by(letters.c.id)))


# -- taking ----------------------------------------------------------------------------------------


def test_each_message_of_a_mailbox_is_told_with_its_place_and_what_is_deleted_too(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    box = mailbox(
        tmp_path / "old.mbox",
        [mail(1, "Case 24-001234"), b"X-Mozilla-Status: 0009\n" + mail(2, "x"), mail(3, "y")],
    )
    ended = run("import", box, "--json")
    assert ended.code == DONE
    first, second, third, report = ended.objects
    assert [(one["file"], one["index"]) for one in (first, second, third)] == [
        ("old.mbox", 0),
        ("old.mbox", 1),
        ("old.mbox", 2),
    ]
    assert second["passed"] == "deleted"
    assert report["report"]["passed"] == {"deleted": 1}
    assert [first["receipt"], third["receipt"]] == [
        shown(row.receipt) for row in letters_of(storage)
    ]


def test_a_person_is_told_the_sums_and_no_bar_where_nobody_looks(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    box = mailbox(tmp_path / "old.mbox", [mail(number, "x") for number in range(3)])
    ended = run("import", box)
    assert ended.out == "3 taken, 0 were there before, 0 not taken\n"
    assert ended.err == ""


def test_a_second_import_files_none_and_one_that_grew_files_what_is_new(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    old = [mail(number, "x") for number in range(5)]
    box = mailbox(tmp_path / "old.mbox", old)
    run("import", box)
    before = everything(storage)
    assert "0 taken, 5 were there before" in run("import", box).out
    assert everything(storage) == before
    mailbox(box, [mail(9, "first"), *old, mail(10, "last")])
    assert "2 taken, 5 were there before" in run("import", box).out


def test_a_firm_that_the_directory_does_not_know_is_no_firm(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    box = mailbox(tmp_path / "old.mbox", [mail(1, "x")])
    ended = run("import", box, "--firm", "Nobody & Sons")
    assert ended.code == PROBLEM
    assert "The directory has no firm 'Nobody & Sons'." in ended.err
    assert letters_of(storage) == []


def test_a_file_name_of_any_bytes_is_told(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / os.fsdecode(b"caf\xe9.eml")).write_bytes(mail(1, "x"))
    (folder / os.fsdecode(b"empty\xff.eml")).write_bytes(b"")
    ended = run("import", folder, "--json")
    assert [one.get("file") for one in ended.objects] == ["caf\ufffd.eml", "empty\ufffd.eml", None]
    assert ended.code == PROBLEM
    assert "empty\ufffd.eml: " in run("import", folder).out


def test_an_outlook_data_file_says_what_to_install(
    run: Run, storage: Path, sampled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage_with(sampled, storage)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    (tmp_path / "old.pst").write_bytes(b"!BDN")
    ended = run("import", tmp_path / "old.pst")
    assert ended.code == PROBLEM
    assert "apt install pst-utils" in ended.out


@pytest.mark.slow
def test_a_person_hears_before_that_there_is_little_room_for_a_data_file(
    readpst: Path,
    run: Run,
    storage: Path,
    sampled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage_with(sampled, storage)
    (tmp_path / "old.pst").write_bytes(b"!BDN")
    free(monkeypatch, Storage().minimum_free_bytes + 900_000)
    ended = run("import", tmp_path / "old.pst", "--dry-run")
    said = "has room for 900 KB of what is in 'old.pst', which may need 268 MB"
    assert said in ended.err
    assert ended.code == DONE


def test_a_file_that_is_named_and_holds_no_mail_ends_it_with_a_problem(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    (tmp_path / "notes.txt").write_text("no mail")
    for command in ("import", "sent-check"):
        ended = run(command, tmp_path / "notes.txt")
        assert ended.code == PROBLEM
        assert "holds no mail that we can read" in ended.out


def test_of_many_problems_the_first_are_named_and_the_others_counted(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    for number in range(25):
        (tmp_path / f"{number:02}.eml").write_bytes(b"")
    ended = run("import", tmp_path)
    assert ended.out.count(".eml: ") == 20
    assert "5 more: --json names every one." in ended.err


# -- what becomes of it ----------------------------------------------------------------------------


def carried(storage: Path) -> list[sa.Row[Any]]:
    """Carry every letter, and return the letters."""
    with open_stores(Settings(storage=Storage(path=storage))) as stores:
        worker = Carrier(stores).worker
        for row in letters_of(storage):
            worker.carry(row.id, row.attempt)
    return letters_of(storage)


def told(storage: Path) -> list[tuple[str, str]]:
    with (
        open_stores(Settings(storage=Storage(path=storage))) as stores,
        stores.database.read() as connection,
    ):
        return [
            (row.kind, row.recipient)
            for row in connection.execute(outbox.select().order_by(outbox.c.id))
        ]


def test_another_firms_message_in_a_firms_mailbox_waits_for_a_person(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    box = mailbox(
        tmp_path / "old.mbox",
        [
            mail(1, "Case 24-001234"),
            mail(2, "Case 24-001377", "ana@quillmarsh.example"),
            mail(3, "Case 24-001234", "patient@elsewhere.example"),
        ],
    )
    run("import", box, "--firm", "Baker LLP")
    assert [(row.state, row.reason) for row in carried(storage)] == [
        ("filed", None),
        ("with_us", "sender_of_other_firm"),
        ("with_us", "sender_not_known"),
    ]
    assert told(storage) == []


def test_what_outlook_kept_without_an_address_is_the_firms_whose_mail_it_is(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    kept = [mail(number, "Case 24-001234", "MAILER-DAEMON") for number in (1, 2)]
    box = mailbox(tmp_path / "sent.mbox", [kept[0], b"Received: from x by y\n" + kept[1]])
    run("import", box, "--firm", "Baker LLP")
    assert [(row.state, row.reason) for row in carried(storage)] == [
        ("filed", None),
        ("with_us", "sender_not_known"),
    ]


def test_with_receipts_a_known_sender_hears_and_no_consultant_and_no_stranger(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    box = mailbox(
        tmp_path / "old.mbox",
        [mail(1, "Case 24-001234"), mail(2, "Case 24-001234", "patient@elsewhere.example")],
    )
    run("import", box, "--receipts")
    assert [row.state for row in carried(storage)] == ["filed", "with_us"]
    assert told(storage) == [("receipt", "pat.hall@bakerllp.example")]


def test_when_it_was_sent_is_kept_beside_when_it_came(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    undated = mail(2, "y").replace(b"Date: ", b"X-Date: ")
    run("import", mailbox(tmp_path / "old.mbox", [mail(1, "x"), undated]))
    carried(storage)
    with (
        open_stores(Settings(storage=Storage(path=storage))) as stores,
        stores.database.read() as connection,
    ):
        sent = connection.execute(sa.select(packages.c.sent_at).order_by(packages.c.letter_id))
        moments = [one.isoformat() for one in sent.scalars()]
    assert moments == ["2008-03-04T15:00:00+00:00", "2008-02-22T17:06:23+00:00"]


# -- the dry run -----------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_become_of_each_and_keeps_nothing(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    there = mail(7, "Case 24-001301")
    run("import", mailbox(tmp_path / "before.mbox", [there]))
    folder = tmp_path / "mails"
    folder.mkdir()
    mailbox(
        folder / "old.mbox",
        [
            mail(1, "Case 24-001234"),
            mail(2, "Case 24-001234"),
            mail(3, "Case 24-001240"),
            mail(4, "hello"),
            mail(5, "Case 24-001234", "patient@elsewhere.example"),
            b"X-Status: T\n" + mail(6, "x"),
            there,
        ],
    )
    (folder / "empty.eml").write_bytes(b"")
    (folder / "damaged.msg").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    (folder / "words.msg").write_bytes(msg(Message(words("Case 24-001234", "Report."))))
    (folder / "notes.txt").write_bytes(b"no mail")
    before = everything(storage)
    ended = run("import", folder, "--dry-run", "--json")
    assert everything(storage) == before
    assert ended.code == PROBLEM
    # The log, which says why a message cannot be read, stands there too: `run` starts no logs.
    *each, report = [json.loads(one) for one in ended.out.splitlines() if one.startswith("{")]
    assert report["report"] == {
        "would_file": 3,
        "except_some": 0,
        "cases": {"24-001234": 2, "24-001240": 1},
        "unknown": 4,
        "unknown_why": {
            "consultant_unknown": 1,
            "message_unreadable": 1,
            "sender_not_known": 2,
        },
        "not_filed": {},
        "not_taken": {"file_empty": 1},
        "passed": {"draft": 1, "no_mail": 1},
        "there_before": 1,
    }
    assert {
        "file": "old.mbox",
        "index": 2,
        "state": "filed",
        "reason": None,
        "case": "24-001240",
    } in each
    spoken = run("import", folder, "--dry-run").out
    assert "3 would be filed" in spoken
    assert "  24-001234  2\n" in spoken
    assert spoken.endswith("Nothing was kept.\n")


def test_a_dry_run_foretells_what_the_import_does(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    box = mailbox(
        tmp_path / "old.mbox",
        [mail(1, "Case 24-001234"), mail(2, "hello"), mail(3, "Cases 24-001234, 24-001240")],
    )
    *foretold, _ = run("import", box, "--dry-run", "--json", "--firm", "Baker LLP").objects
    run("import", box, "--firm", "Baker LLP")
    became = [(row.state, row.reason) for row in carried(storage)]
    assert [(one["state"], one["reason"]) for one in foretold] == became


def test_a_dry_run_counts_what_comes_twice_and_what_another_door_has_filed_once(
    run: Run, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    there, twice = mail(1, "Case 24-001234"), mail(2, "Case 24-001234")
    with open_stores(Settings(storage=Storage(path=storage))) as stores:
        carrier = Carrier(stores)
        carrier.accept(there.replace(b"\n", b"\r\n"), sender="pat.hall@bakerllp.example")
        assert carrier.carry(1) == "filed"
    box = mailbox(tmp_path / "old.mbox", [there, twice, twice])
    *foretold, report = run("import", box, "--dry-run", "--json").objects
    assert [one["state"] for one in foretold] == ["copy", "filed", "there_before"]
    assert report["report"]["would_file"] == 1
    run("import", box)
    assert [row.state for row in carried(storage)] == ["filed", "copy", "filed"]


@pytest.mark.parametrize("pouch_bytes", [0, Storage().pouch_bytes])
def test_a_dry_run_names_what_cannot_be_read_and_goes_on(
    pouch_bytes: int,
    run: Run,
    storage: Path,
    sampled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage_with(sampled, storage)
    box = mailbox(tmp_path / "old.mbox", [mail(1, "torn"), mail(2, "Case 24-001234")])
    monkeypatch.setenv("CASEBRIDGE_STORAGE__POUCH_BYTES", str(pouch_bytes))
    whole, asked = Found.chunks, Counter[int]()

    def chunks(message: Found) -> Iterator[bytes]:
        asked[message.index or 0] += 1
        # Hashed, a large one is read again, and that may fail as well.
        if message.index == 0 and asked[0] == (1 if pouch_bytes else 2):
            raise OSError(errno.EIO, "a sector")
        return whole(message)

    monkeypatch.setattr(Found, "chunks", chunks)
    first, second, _ = run("import", box, "--dry-run", "--json").objects
    assert first["error"] == "file_unreadable"
    assert second["state"] == "filed"
    assert asked[1] == (1 if pouch_bytes else 2), "a small one is read once"


# -- an end in the middle --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pouch_bytes", "kill_at"),
    [
        *((Storage().pouch_bytes, at) for at in (1, 9)),
        # Around the fsync, the rename, and the fsync of the folder of a blob.
        *(
            (0, at)
            for at in ((9, 11, 12, 13, 14) if os.environ.get("CASEBRIDGE_LONG") else (11, 13))
        ),
    ],
)
def test_kill_at_a_durable_call_and_import_again_loses_and_doubles_nothing(
    kill_at: int, pouch_bytes: int, storage: Path, sampled: Path, tmp_path: Path
) -> None:
    storage_with(sampled, storage)
    messages = [mail(number, "Case 24-001234") for number in range(30)]
    box = mailbox(tmp_path / "old.mbox", messages)
    settings = environment(storage, {"CASEBRIDGE_STORAGE__POUCH_BYTES": str(pouch_bytes)})
    killed = subprocess.run(
        [sys.executable, "-m", "tests.crash.importing", str(kill_at), str(box), "--json"],
        env=settings,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -9
    again = subprocess.run(
        [COMMAND, "import", str(box)], env=settings, capture_output=True, check=True
    )
    assert b", 0 not taken" in again.stdout
    rows = letters_of(storage)
    expected = [hashlib.sha256(one).hexdigest() for one in messages]
    assert [row.raw_sha256 for row in rows] == expected, "each once, in order"
    said = killed.stdout.count(b"receipt")
    assert all(shown(row.receipt).encode() in killed.stdout for row in rows[:said])
    with open_stores(Settings(storage=Storage(path=storage))) as stores:
        assert stores.queue().depth() == 30
        assert list(disagreements(stores.database)) == []
        assert list(damages(stores.database, stores.vault)) == []


# -- how far it is ---------------------------------------------------------------------------------


def test_the_moving_line_says_the_rate_and_the_time_left() -> None:
    course = Course(total=10_000)
    assert course.said(0.0, 0, 0) == "[............................]   0%  0 messages"
    assert course.said(10.0, 2_500, 1_000) == (
        "[#######.....................]  25%  1,000 messages, 100/s, 30 s left"
    )


def test_the_rate_is_that_of_the_last_seconds() -> None:
    course = Course(total=100_000)
    course.said(0.0, 0, 0)
    course.said(1.0, 50_000, 10_000)  # what was there before
    for second in range(2, 60):
        said = course.said(float(second), 50_000 + second * 100, 10_000 + second * 10)
    assert ", 10/s, " in said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "0 s"), (59.4, "59 s"), (60, "1 min"), (7_500, "2 h 05 min")]
)
def test_the_time_left_is_said_in_words(seconds: float, said: str) -> None:
    assert left(seconds) == said


@pytest.mark.slow
def test_on_a_terminal_a_bar_moves(storage: Path, sampled: Path, tmp_path: Path) -> None:
    storage_with(sampled, storage)
    box = mailbox(tmp_path / "old.mbox", [mail(number, "x") for number in range(200)])
    seen = subprocess.run(
        ["script", "-qec", f"{COMMAND} import {box}", "/dev/null"],
        env=environment(storage),
        capture_output=True,
        check=True,
    ).stdout
    assert b"messages" in seen
    assert b"\r[" in seen
    assert b"200 taken" in seen

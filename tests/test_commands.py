"""The command line: what it prints, where, and the exit code it ends with."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from config.settings import CONFIG_FOLDER
from gateway import lock
from gateway.command import DONE, NOT_READY, PROBLEM, REFUSED, USAGE, main
from gateway.stores import Stores
from portal.receipt_number import shown
from portal.tables import letters, outbox, submissions
from samples.make import FOLDER as SAMPLES
from samples.make import INTAKE
from tests.carrying import MAIL
from tests.served import COMMAND, Served, environment, serving, storage_with

# What the first run shows of each sample letter.
STATES = {
    "01-one-pdf": ("filed", None),
    "02-word-and-opendocument": ("filed", None),
    "03-photographs": ("filed", None),
    "04-forwarded": ("filed", None),
    "05-names": ("filed", None),
    "06-long-message": ("filed", None),
    "07-unknown-case": ("with_us", "case_not_found"),
    "08-two-cases": ("with_us", "case_ambiguous"),
    "09-logo-and-program": ("filed_in_part", "file_type_blocked"),
}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[Any]:
        """One JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ended]


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands of this test keep things; nothing is there yet."""
    folder = tmp_path / "var"
    monkeypatch.setenv("CASEBRIDGE_STORAGE__PATH", str(folder))
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, without changing how this process logs and what it may."""
    monkeypatch.setattr("gateway.command.start_logs", lambda _logs: None)
    monkeypatch.setattr("os.umask", lambda _mask: 0o022)

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["casebridge", *map(str, arguments)])
        code: object = DONE
        capsys.readouterr()
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        assert isinstance(code, int)
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    folder = tmp_path / "mails"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.eml").write_bytes(MAIL + b"%d\r\n" % number)
    return folder


# -- usage, settings, schema -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("explain",),
        ("queue", "--colour"),
        ("import", "/no/such/folder"),
        ("directory", "import"),
    ],
)
def test_what_is_no_command_is_a_matter_of_usage(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (USAGE, "")
    assert "Usage: casebridge" in ended.err


@pytest.mark.parametrize("command", [("queue",), ("verify",), ("migrate",), ("serve",)])
def test_settings_that_cannot_be_used_stop_a_command(
    run: Run, tmp_path: Path, storage: Path, command: tuple[str, ...]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[smtp]\nprt = 2525\n")
    ended = run("--settings", file, *command)
    assert (ended.code, ended.out) == (NOT_READY, "")
    assert "smtp.prt: no such setting: remove it or correct its name" in ended.err
    assert not storage.exists()


@pytest.mark.parametrize("command", [("queue",), ("verify",), ("import", "."), ("serve",)])
def test_a_missing_schema_stops_a_command_and_names_the_fix(
    run: Run, storage: Path, command: tuple[str, ...]
) -> None:
    ended = run(*command)
    assert (ended.code, ended.out) == (NOT_READY, "")
    assert "casebridge migrate" in ended.err


def test_migrate_makes_the_schema_and_then_changes_nothing(run: Run, storage: Path) -> None:
    assert run("migrate").code == DONE
    before = (storage / "casebridge.db").read_bytes()
    assert run("migrate").code == DONE
    assert (storage / "casebridge.db").read_bytes() == before
    assert run("queue") == Ended(DONE, "", "")


# -- check -----------------------------------------------------------------------------------------


def test_check_of_a_bad_settings_file_is_a_problem_found(
    run: Run, tmp_path: Path, storage: Path
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[smtp]\nprt = 1\n")
    ended = run("--settings", file, "check", "--json")
    assert ended.code == PROBLEM
    assert all(set(one) == {"weight", "text", "fix"} for one in ended.objects)
    assert "smtp.prt: no such setting" in ended.out


def test_check_of_a_sound_machine_touches_nothing(run: Run, storage: Path) -> None:
    ended = run("check")
    assert ended.code == DONE, ended.out
    assert "0 errors" in ended.out
    assert not storage.exists()


def test_check_names_the_fix_where_there_is_no_sandbox(
    run: Run, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    ended = run("check", "--json")
    assert ended.code == PROBLEM
    (sandbox,) = (one for one in ended.objects if "sandbox" in one["text"])
    assert (sandbox["weight"], "bubblewrap" in sandbox["fix"]) == ("error", True)


# -- directory import ------------------------------------------------------------------------------


def test_the_directory_is_loaded_and_again_unchanged(
    run: Run, storage: Path, migrated: Path
) -> None:
    storage_with(migrated, storage)
    assert run("directory", "import", CONFIG_FOLDER / "directory").code == DONE
    again = run("directory", "import", CONFIG_FOLDER / "directory", "--json")
    assert again.code == DONE
    (report,) = again.objects
    assert report


def test_a_directory_with_a_bad_line_loads_nothing_and_names_it(
    run: Run, storage: Path, migrated: Path, tmp_path: Path
) -> None:
    storage_with(migrated, storage)
    folder = tmp_path / "directory"
    shutil.copytree(CONFIG_FOLDER / "directory", folder)
    with (folder / "cases.csv").open("a") as file:
        file.write("24-99,open,dana.reyes@sample-mutual.example,no\n")
    ended = run("directory", "import", folder)
    assert ended.code == PROBLEM
    last = len((folder / "cases.csv").read_text().splitlines())
    assert ended.out.startswith(f"cases.csv:{last}: ")
    with sa.create_engine(f"sqlite:///{storage}/casebridge.db").connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM cases")).scalar() == 0


# -- import, queue, verify -------------------------------------------------------------------------


def test_import_takes_a_folder_once(run: Run, storage: Path, sampled: Path, mails: Path) -> None:
    storage_with(sampled, storage)
    first = run("import", mails, "--json")
    assert first.code == DONE
    assert [one["file"] for one in first.objects] == ["0.eml", "1.eml", "2.eml"]
    assert not any(one["repeated"] for one in first.objects)
    again = run("import", mails, "--json")
    assert again.code == DONE
    assert [one | {"repeated": False} for one in again.objects] == first.objects
    queued = run("queue", "--json")
    assert queued.code == DONE
    assert [one["receipt"] for one in queued.objects] == [one["receipt"] for one in first.objects]
    assert {one["state"] for one in queued.objects} == {"checking"}
    assert set(queued.objects[0]) == {"receipt", "state", "reason", "attempt", "door", "since"}
    assert "bakerllp" not in queued.out + run("queue").out


def test_import_names_what_it_leaves(
    run: Run, storage: Path, sampled: Path, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage_with(sampled, storage)
    monkeypatch.setenv("CASEBRIDGE_INTAKE__MAX_MESSAGE_BYTES", "1000")
    (mails / "1.eml").write_bytes(MAIL + b"x" * 2000)
    ended = run("import", mails, "--json")
    assert ended.code == PROBLEM
    assert [one.get("error") for one in ended.objects] == [None, "email_too_large", None]


def test_verify_finds_a_sound_record_sound(
    run: Run, storage: Path, sampled: Path, mails: Path
) -> None:
    storage_with(sampled, storage)
    run("import", mails)
    ended = run("verify", "--json")
    assert ended.code == DONE
    assert ended.objects == [
        {
            "accepted": 3,
            "in_motion": 3,
            "filed": 0,
            "held": 0,
            "returned": 0,
            "set_aside": 0,
            "unreferenced_blobs": 0,
            "problems": [],
        }
    ]


def test_verify_finds_a_damaged_blob(run: Run, storage: Path, sampled: Path, mails: Path) -> None:
    storage_with(sampled, storage)
    run("import", mails)
    blob = next(path for path in (storage / "vault").rglob("*") if len(path.name) == 64)
    blob.chmod(0o600)
    blob.write_bytes(b"changed")
    ended = run("verify")
    assert ended.code == PROBLEM
    assert f"problem: blob {blob.name} has changed\n" in ended.out


# -- serve -----------------------------------------------------------------------------------------


def test_a_second_server_on_one_folder_is_refused_and_hears_who_has_it(
    run: Run, storage: Path, migrated: Path
) -> None:
    storage_with(migrated, storage)
    with lock.hold(storage / "lock", "casebridge serve"):
        ended = run("serve")
    assert (ended.code, ended.out) == (REFUSED, "")
    assert f"casebridge serve, process {os.getpid()}" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("door", ["SMTP", "WEB"])
def test_a_port_that_somebody_else_has_is_named(tmp_path: Path, migrated: Path, door: str) -> None:
    storage = storage_with(migrated, tmp_path / "var")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [COMMAND, "serve"],
            env=environment(storage, {f"CASEBRIDGE_{door}__PORT": port}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (NOT_READY, "")
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def send_samples(served: Served) -> dict[str, str]:
    """Send every sample by swaks; return the receipt number of each from its 250."""
    receipts = {}
    for file in sorted(SAMPLES.glob("*.eml")):
        sender = re.search(rb"^From: .*<(.+)>", file.read_bytes(), re.MULTILINE)
        assert sender is not None
        swaks = [
            "swaks", "--server", served.smtp, "--from", sender[1].decode(),
            "--to", INTAKE, "--data", f"@{file}",
        ]  # fmt: skip
        sent = subprocess.run(swaks, capture_output=True, text=True, timeout=60, check=True)
        received = re.search(r"^<- +250 2\.0\.0 Received as (\S+)", sent.stdout, re.MULTILINE)
        assert received is not None, sent.stdout
        receipts[file.stem] = received[1]
    return receipts


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not there")
def test_the_samples_by_swaks_into_a_server_that_drains_and_starts_again(
    tmp_path: Path, sampled: Path
) -> None:
    storage = storage_with(sampled, tmp_path / "var")
    with serving(storage) as served:
        receipts = send_samples(served)
        rested = {shown(row.receipt): row for row in served.wait_until_rested(len(receipts))}
        found = {name: rested[number] for name, number in receipts.items()}
        assert {name: (row.state, row.reason) for name, row in found.items()} == STATES
        _read_the_answers(served, receipts)
        _ask_what_machines_ask(served)
        _read_the_pages(served, receipts)
        assert served.stdout == "", "stdout is data"
        assert served.end() == DONE
    assert '"event": "draining"' in served.said
    assert list((storage / "work").glob("*")) == []
    with serving(storage) as served:
        assert len(served.wait_until_rested(len(receipts))) == len(receipts)
        with served.opened() as stores:
            assert count(stores, submissions) == 7
        assert served.end(signal.SIGINT) == DONE


def _read_the_answers(served: Served, receipts: dict[str, str]) -> None:
    mails = {path.name: path.read_bytes() for path in (served.storage / "outbox").iterdir()}
    subjects = {
        message_from_bytes(mail, policy=default)["Subject"]
        for name, mail in mails.items()
        if name.endswith("-receipt.eml")
    }
    assert len(subjects) == len(receipts)
    receipt = receipts["01-one-pdf"]
    assert f"Filed: 1 document, case 24-001234 (receipt {receipt})" in subjects
    assert sum(name.endswith("-notice.eml") for name in mails) == len(mails) - len(receipts) == 7


def _ask_what_machines_ask(served: Served) -> None:
    assert httpx.get(f"{served.web}/healthz").text == "ok\n"
    ready = httpx.get(f"{served.web}/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    figures = httpx.get(f"{served.web}/metrics").text
    assert 'casebridge_packages_total{door="smtp",outcome="filed"} 6.0' in figures
    assert 'casebridge_smtp_replies_total{code="250"}' in figures
    assert "casebridge_letters_held 2.0" in figures
    assert "casebridge_outbox_unsent 0.0" in figures


def _read_the_pages(served: Served, receipts: dict[str, str]) -> None:
    with served.signed_in("consultant") as dana:
        page = dana.get(f"/p/{receipts['01-one-pdf']}")
        assert page.status_code == 200
        assert "Weaver deposition 2 (final).pdf" in page.text
        # Lee Park's and Imani Okafor's packages are not hers, nor is what waits for operations.
        assert dana.get(f"/p/{receipts['03-photographs']}").status_code == 404
        assert dana.post(served.links["consultant"], data={"csrf": "x"}).status_code in {403, 410}
    with served.signed_in("operations") as olu:
        assert olu.get(f"/p/{receipts['08-two-cases']}").status_code == 200


def count(stores: Stores, table: sa.Table) -> int:
    with stores.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


@pytest.mark.slow
def test_import_beside_a_server_files_and_tells_nobody(
    tmp_path: Path, sampled: Path, mails: Path
) -> None:
    storage = storage_with(sampled, tmp_path / "var")
    with serving(storage) as served:
        for _ in range(2):
            taken = subprocess.run(
                [COMMAND, "import", mails, "--json"],
                env=environment(storage),
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            assert len(taken.stdout.splitlines()) == 3
        assert {row.state for row in served.wait_until_rested(3)} == {"filed"}
        with served.opened() as stores:
            assert (count(stores, letters), count(stores, submissions)) == (3, 3)
            assert count(stores, outbox) == 0
        with smtplib.SMTP("127.0.0.1", served.smtp_port) as client:
            client.sendmail("pat.hall@bakerllp.example", [INTAKE], (mails / "0.eml").read_bytes())
        assert [row.state for row in served.wait_until_rested(4)] == ["filed"] * 3 + ["copy"]
        assert served.end() == DONE
    assert not (storage / "outbox").exists()


# -- explain ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_explain_goes_on_behind_a_file_that_cannot_be_opened(
    run: Run, storage: Path, mails: Path, tmp_path: Path
) -> None:
    mailbox = tmp_path / "old.mbox"
    mailbox.write_bytes(
        b"".join(b"From pat Mon Nov  2 09:14:00 2026\n" + MAIL + b"\n\n" for _ in "ab")
    )
    files = [mails / "0.eml", tmp_path / "gone.eml", mailbox]
    ended = run("explain", "--json", "--proven", *files)
    assert ended.code == PROBLEM
    first, gone, *rest = ended.objects
    assert (first["file"], first["case"]["number"]) == (str(files[0]), "24-001234")
    assert gone == {"error": "file_not_found", "file": str(files[1])}
    assert [(one["file"], one["index"]) for one in rest] == [(str(mailbox), 0), (str(mailbox), 1)]
    assert not storage.exists(), "nothing is stored"


@pytest.mark.slow
def test_explain_speaks_to_people_too(run: Run, storage: Path, mails: Path) -> None:
    ended = run("explain", mails / "0.eml")
    assert ended.code == DONE
    assert "problem     sender_not_proven" in ended.out
    assert "    We received your message and kept it." in ended.out

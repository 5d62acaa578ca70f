"""The command line: what it prints, where, and the exit code it ends with."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from config.settings import CONFIG_FOLDER, load
from gateway import lock
from gateway.command import DONE, NOT_READY, PROBLEM, REFUSED, USAGE, main
from gateway.reader import libarchive
from gateway.stores import open_stores
from portal.tables import letters
from tests.carrying import MAIL, mail_folder
from tests.outlook_files import Attachment, Message, msg, named, words
from tests.served import storage_with
from tests.test_converters_detect import a_pdf


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
    return mail_folder(tmp_path / "mails")


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


@pytest.mark.parametrize("command", ["queue", "serve"])
def test_where_there_is_no_database_nothing_is_said_of_a_copy(
    run: Run, storage: Path, command: str
) -> None:
    assert run(command).err == "There is no database yet.\nRun: casebridge migrate.\n"


@pytest.mark.parametrize("command", ["serve", "migrate"])
@pytest.mark.parametrize("below", ["here", "file/below"])
def test_a_storage_folder_that_cannot_be_made_is_named_with_the_fix(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, below: str
) -> None:
    (tmp_path / "file").write_text("no folder")
    folder = Path("/proc/casebridge") if below == "here" else tmp_path / below
    monkeypatch.setenv("CASEBRIDGE_STORAGE__PATH", str(folder))
    ended = run(command)
    assert (ended.code, ended.out) == (NOT_READY, "")
    assert f"The storage folder {folder} cannot be used: " in ended.err
    assert "name another in storage.path" in ended.err


def test_check_says_that_the_storage_folder_cannot_be_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CASEBRIDGE_STORAGE__PATH", str(tmp_path / "file/below"))
    ended = run("check", "--json")
    assert ended.code == PROBLEM
    (found,) = (one for one in ended.objects if "storage folder" in one["text"])
    assert found["weight"] == "error"
    assert f"{tmp_path}/file is not a folder" in found["text"]


def test_help_names_each_command_in_a_whole_sentence(run: Run) -> None:
    ended = run("--help")
    assert (ended.code, ended.err) == (DONE, "")
    listed = ended.out.partition("Commands:\n")[2]
    assert "..." not in listed
    assert len(re.findall(r"^  [a-z-]+ {2,}[A-Z].+[.]$", listed, re.MULTILINE)) == 10
    assert "  casebridge explain --proven letter.eml\n" in listed


def test_the_version_is_said(run: Run) -> None:
    assert re.fullmatch(r"casebridge \d+\.\d+\S*\n", run("--version").out)


def test_a_command_that_is_mistyped_is_suggested(run: Run) -> None:
    ended = run("serv")
    assert ended.code == USAGE
    assert "No such command 'serv'. Did you mean 'serve'?" in ended.err
    assert "Did you mean" not in run("nothing").err


@pytest.mark.slow
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
    missing = run("--settings", tmp_path / "none.toml", "check")
    assert "the file is not there: name another with --settings\n" in missing.out
    assert "edit" not in missing.out


def test_check_of_a_sound_machine_touches_nothing(run: Run, storage: Path) -> None:
    ended = run("check")
    assert ended.code == DONE, ended.out
    assert "Errors: 0" in ended.out
    assert not storage.exists()


def test_check_names_the_fix_where_there_is_no_sandbox(
    run: Run, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    ended = run("check", "--json")
    assert ended.code == PROBLEM
    (sandbox,) = (one for one in ended.objects if "sandbox" in one["text"])
    assert (sandbox["weight"], "bubblewrap" in sandbox["fix"]) == ("error", True)


def test_check_names_the_fix_where_a_library_is_missing(
    run: Run, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libarchive, "LIBRARY", "libarchive.so.0")
    monkeypatch.setattr(libarchive, "_library", libarchive._library.__wrapped__)
    libarchive.call.cache_clear()
    ended = run("check", "--json")
    assert ended.code == PROBLEM
    (library,) = (one for one in ended.objects if "libarchive" in one["text"])
    assert (library["weight"], library["fix"]) == ("error", "Install libarchive13")


# -- directory import ------------------------------------------------------------------------------


@pytest.mark.slow
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


def half_a_directory(storage: Path, migrated: Path, run: Run, folder: Path) -> None:
    """Load the sample, and leave the copy of it in `folder` without most of its rights."""
    storage_with(migrated, storage)
    assert run("directory", "import", CONFIG_FOLDER / "directory").code == DONE
    shutil.copytree(CONFIG_FOLDER / "directory", folder)
    rights = (folder / "rights.csv").read_text().splitlines(keepends=True)
    (folder / "rights.csv").write_text("".join(rights[:4]))


@pytest.mark.slow
def test_an_export_that_broke_off_is_rejected_unless_it_is_meant(
    run: Run, storage: Path, migrated: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "directory"
    half_a_directory(storage, migrated, run, folder)
    ended = run("directory", "import", folder)
    assert (ended.code, ended.out.startswith("rights.csv:0: look whether")) == (PROBLEM, True)
    assert run("directory", "import", folder, "--allow-removals", "--dry-run").code == DONE
    ended = run("directory", "import", folder, "--allow-removals")
    assert (ended.code, ended.out) == (DONE, "")
    assert "rights removed" in ended.err


def test_every_rejected_line_goes_into_the_report_and_the_first_are_printed(
    run: Run, storage: Path, migrated: Path, tmp_path: Path
) -> None:
    storage_with(migrated, storage)
    folder, report = tmp_path / "directory", tmp_path / "rejected.csv"
    shutil.copytree(CONFIG_FOLDER / "directory", folder)
    with (folder / "cases.csv").open("a") as file:
        file.writelines(f"24-{number},open,,\n" for number in range(1_200))
    ended = run("directory", "import", folder, "--report", report)
    assert ended.code == PROBLEM
    assert len(ended.out.splitlines()) == 1_000
    assert f"200 more lines are rejected: {report} has them all." in ended.err
    assert len(report.read_text().splitlines()) == 1_201
    without = run("directory", "import", folder)
    assert "--report FILE writes them all to a file" in without.err
    with sa.create_engine(f"sqlite:///{storage}/casebridge.db").connect() as connection:
        rows = connection.execute(sa.text("SELECT source, outcome FROM directory_runs")).all()
    assert [tuple(row) for row in rows] == [("command", "rejected")] * 2


def test_a_report_that_cannot_be_written_is_a_matter_of_usage(
    run: Run, storage: Path, migrated: Path, tmp_path: Path
) -> None:
    storage_with(migrated, storage)
    report = tmp_path / "no" / "rejected.csv"
    ended = run("directory", "import", CONFIG_FOLDER / "directory", "--report", report)
    assert ended.code == USAGE
    assert f"'{report}': No such file or directory" in ended.err


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_moves_on_a_terminal_and_is_quiet_elsewhere(
    run: Run, storage: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    storage_with(migrated, storage)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    ended = run("directory", "import", CONFIG_FOLDER / "directory")
    assert ("\rcases.csv: 13 lines, 100%" in ended.err) is terminal
    assert ended.err.splitlines()[-1].strip().startswith("Loaded: ")
    assert ended.out == ""


# -- import, queue, verify -------------------------------------------------------------------------


def test_import_takes_a_folder_once(run: Run, storage: Path, sampled: Path, mails: Path) -> None:
    storage_with(sampled, storage)
    first = run("import", mails, "--json")
    assert first.code == DONE
    *taken, report = first.objects
    assert [one["file"] for one in taken] == ["0.eml", "1.eml", "2.eml"]
    assert not any(one["repeated"] for one in taken)
    assert report == {
        "report": {"messages": 3, "taken": 3, "there_before": 0, "not_taken": {}, "passed": {}}
    }
    again = run("import", mails, "--json")
    assert again.code == DONE
    assert [one | {"repeated": False} for one in again.objects[:-1]] == taken
    assert again.objects[-1]["report"] | {"taken": 3, "there_before": 0} == report["report"]
    assert (again.objects[-1]["report"]["taken"]) == 0
    queued = run("queue", "--json")
    assert queued.code == DONE
    assert [one["receipt"] for one in queued.objects] == [one["receipt"] for one in taken]
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
    *told, report = ended.objects
    assert [one.get("error") for one in told] == [None, "email_too_large", None]
    assert report["report"]["not_taken"] == {"email_too_large": 1}
    spoken = run("import", mails)
    assert spoken.code == PROBLEM
    assert "1.eml: This email is larger than" in spoken.out
    assert "0 taken, 2 were there before, 1 not taken" in spoken.out


def test_the_queue_lists_what_is_in_motion_or_held_and_nothing_that_rests(
    run: Run, storage: Path, sampled: Path, mails: Path
) -> None:
    storage_with(sampled, storage)
    run("import", mails)
    with open_stores(load()) as stores, stores.database.write() as connection:
        for number, state in enumerate(("set_aside", "rehearsed", "with_us"), 1):
            connection.execute(letters.update().where(letters.c.id == number).values(state=state))
    (line,) = run("queue").out.splitlines()
    assert re.fullmatch(r"\w{4}-\w{4}  with_us   since \d{4}-\d\d-\d\d \d\d:\d\d UTC", line)


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


def test_verify_finds_a_damaged_blob(
    run: Run, storage: Path, sampled: Path, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage_with(sampled, storage)
    monkeypatch.setenv("CASEBRIDGE_STORAGE__POUCH_BYTES", "0")
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
    assert "problem     sender_not_proven: We could not prove" in ended.out
    assert "(0000-0000 stands for the number that a letter gets" in ended.out
    assert "    We received your message and kept it." in ended.out
    assert "            text/plain by its declared type" in ended.out


@pytest.mark.slow
def test_explain_takes_a_message_of_outlook(run: Run, storage: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.msg"
    attached = [Attachment(named("report.pdf"), a_pdf())]
    file.write_bytes(msg(Message(words("Case 24-001234", "See it."), attachments=attached)))
    ended = run("explain", "--json", "--proven", file)
    assert ended.code == DONE
    (trail,) = ended.objects
    assert (trail["subject"], trail["narrative"]) == ("Case 24-001234", "See it.")
    assert [each["filed_name"] for each in trail["parts"]] == [None, "report.pdf"]
    said = run("explain", file).out
    assert "            application/pdf by its bytes" in said


@pytest.mark.slow
def test_explain_says_what_is_no_submission_by_which_rule_and_what_a_device_has_sent(
    run: Run, storage: Path, tmp_path: Path
) -> None:
    away, scan = tmp_path / "away.eml", tmp_path / "scan.eml"
    away.write_bytes(
        b"From: Pat Hall <pat.hall@bakerllp.example>\r\nSubject: Re: Case 24-001234\r\n"
        b"Auto-Submitted: auto-replied\r\n\r\nI am away until Monday.\r\n"
    )
    scan.write_bytes(MAIL.replace(b"Pat Hall <pat.hall@", b"Scanner <scanner@"))
    absence, device = run("explain", "--json", "--proven", away, scan).objects
    assert absence["not_submission"] == {"kind": "out_of_office", "rule": "answers_by_itself"}
    assert absence["receipt"]["subject"], "what it would be, if it were filed after all"
    assert "device" not in absence
    assert device["device"] == {"rule": "mailbox", "contact": None}
    assert "not_submission" not in device
    assert device["receipt"]["subject"].startswith("Filed: ")
    said = run("explain", "--proven", away, scan).out
    assert (
        "set aside   no submission (out_of_office): Out-of-office reply. Its header says that a "
        "program answers by itself."
    ) in said
    assert "receipt     none: nobody is told" in said
    assert "device      by mailbox; nobody hears in its place" in said
